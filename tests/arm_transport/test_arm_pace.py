"""Is Azure read at the pace it allows, several resources at a time, and is a failing one not asked for ever?"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from drcheck.errors import Deadline, RemoteFault, Throttled
from drcheck.topology.base import Target
from drcheck.transport.arm import ArmClient, Bounds
from drcheck.transport.arm_ask import AT_A_TIME, AskArm, Team
from drcheck.transport.arm_pace import RESTORED_SECONDS, RETRY_SECONDS, Pace, Patience
from tests.arm_transport.conftest import (
    API,
    ITEMS,
    VAULT,
    FarSide,
    Handler,
    Item,
    answer,
    arm_error,
    endpoint_of,
    names,
    page,
)
from tests.pretend_machines import START

SUBSCRIPTION = "https://arm/subscriptions/11111111-2222-3333-4444-555555555555/x?api-version=1"
OTHER = "https://arm/subscriptions/99999999-2222-3333-4444-555555555555/x"
READS = "x-ms-ratelimit-remaining-subscription-reads"
GLOBAL = "x-ms-ratelimit-remaining-subscription-global-reads"


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    moment: float = 1000.0

    def __call__(self) -> float:
        return self.moment


def taken(pace: Pace, clock: Clock, url: str = SUBSCRIPTION) -> float:
    """The time one read waits for, when it waits."""
    wait = pace.reserve(url, 3600)
    assert wait is not None
    clock.moment += wait
    return wait


def test_nobody_waits_while_plenty_is_left() -> None:
    clock = Clock()
    pace = Pace(clock)
    for remaining in ("249", "50", "11999", "", "many", "-3"):
        pace.heard(SUBSCRIPTION, {READS: remaining})
        assert [pace.reserve(SUBSCRIPTION, 1) for _ in range(100)] == [0.0] * 100


def test_the_less_is_left_the_slower_we_read_and_never_faster_than_it_refills() -> None:
    waits = []
    for remaining in (49, 25, 10, 1, 0):
        clock = Clock()
        pace = Pace(clock)
        pace.heard(SUBSCRIPTION, {READS: str(remaining)})
        taken(pace, clock)
        waits.append(taken(pace, clock))
    assert waits == sorted(waits)
    assert waits[0] >= 1 / 25
    assert waits[-1] == pytest.approx(2.0), "as long as it takes to have some in reserve again"


@given(st.integers(min_value=1, max_value=400))
def test_a_bucket_that_is_read_at_our_pace_never_runs_dry(begun: int) -> None:
    """The bucket of the documentation: 250, refilled by 25 a second."""
    clock, left, at = Clock(), float(min(begun, 250)), 1000.0
    pace = Pace(clock)
    pace.heard(SUBSCRIPTION, {READS: str(int(left))})
    for _ in range(600):
        taken(pace, clock)
        left = min(250.0, left + (clock.moment - at) * 25) - 1
        at = clock.moment
        assert left >= -1, "throttled"
        pace.heard(SUBSCRIPTION, {READS: str(max(0, int(left)))})


def test_the_limit_of_all_identities_together_counts_too() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.heard(SUBSCRIPTION, {READS: "249", GLOBAL: "3"})
    taken(pace, clock)
    assert taken(pace, clock) > 0


def test_each_subscription_has_a_pace_of_its_own() -> None:
    pace = Pace(Clock())
    pace.held(SUBSCRIPTION, 60)
    assert pace.reserve(SUBSCRIPTION, 10) is None
    assert pace.reserve(SUBSCRIPTION.upper(), 10) is None
    assert pace.reserve(SUBSCRIPTION, 61) == 60
    assert pace.reserve(OTHER, 10) == 0


def test_threads_take_turns() -> None:
    pace, waits = Pace(Clock()), list[float | None]()
    pace.heard(SUBSCRIPTION, {READS: "25"})
    threads = [threading.Thread(target=lambda: waits.append(pace.reserve(SUBSCRIPTION, 60))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wait or 0 for wait in waits) == pytest.approx([turn * 0.08 for turn in range(20)])


def test_patience_ends_and_comes_back() -> None:
    clock = Clock()
    patience = Patience(monotonic=clock)
    pauses: list[float] = []
    while (pause := patience.pause(len(pauses) % 4 + 1, 100)) is not None:
        pauses.append(pause)
    assert RETRY_SECONDS / 2 < sum(pauses) <= RETRY_SECONDS
    clock.moment += RESTORED_SECONDS + 1
    assert patience.pause(1, 100) is not None
    assert patience.pause(1, 0.1) is None, "there would be no time left for the attempt"


def test_a_visit_is_over_when_its_time_is(far: FarSide, ca_file: Path) -> None:
    clock = Clock()
    bounds = Bounds(patience=Patience(30, clock))
    far.does(page("a"))
    with ArmClient(endpoint_of(far, ca_file), bounds=bounds) as client:
        assert names(client) == ["a"]
        clock.moment += 31
        with pytest.raises(Deadline, match="in time"):
            names(client)
    assert len(far.seen) == 1


def test_a_pause_that_azure_asks_for_holds_everybody_and_costs_no_requests(far: FarSide, ca_file: Path) -> None:
    pace = Pace()
    far.does(arm_error(429, "TooManyRequests", Retry_After="3600"))
    for number in range(3):
        with (
            ArmClient(endpoint_of(far, ca_file), bounds=Bounds(pace=pace)) as client,
            pytest.raises(Throttled, match="wait 3600 s" if number == 0 else "longer than our patience"),
        ):
            names(client)
    assert len(far.seen) == 1


def test_a_short_pause_is_waited_for(far: FarSide, client: ArmClient) -> None:
    far.does(arm_error(429, "TooManyRequests", Retry_After="1"), page("a"))
    assert names(client) == ["a"]
    assert len(far.seen) == 2


def test_answers_say_how_fast_the_next_may_be_read(far: FarSide, ca_file: Path) -> None:
    clock = Clock()
    pace = Pace(clock)
    far.does(answer({"value": []}, headers={READS: "1"}))
    with ArmClient(endpoint_of(far, ca_file), bounds=Bounds(pace=pace)) as client:
        names(client)
    url = f"{far.url}{ITEMS}"
    assert pace.reserve(url, 60) == 0
    assert pace.reserve(url, 60) == pytest.approx(2.0)


def test_a_vault_that_fails_at_every_question_costs_its_patience_once(far: FarSide, ca_file: Path) -> None:
    far.does(arm_error(500, "InternalServerError"))
    questions = 20
    bounds = Bounds(patience=Patience(retry_seconds=1.0))
    with ArmClient(endpoint_of(far, ca_file), bounds=bounds) as client:
        for _ in range(questions):
            with pytest.raises(RemoteFault):
                names(client)
    again = len(far.seen) - questions
    assert 1 <= again <= 2, "pauses of half a second and more, of one second in all"


def each(far: FarSide, ca_file: Path, paths: list[str], take: Callable[[Item], None]) -> None:
    endpoint = endpoint_of(far, ca_file)
    with ArmClient(endpoint) as client, Team(lambda: ArmClient(endpoint)) as team:
        ask = AskArm(client, Target(role="vault", endpoint=VAULT), "x", lambda: START, team)
        for item in ask.each(paths, API, Item):
            take(item)


def together(size: int) -> Handler:
    """Answers with the path's last part, but not before so many have asked."""
    waiting: list[asyncio.Event] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        mine = asyncio.Event()
        waiting.append(mine)
        if len(waiting) >= size:
            for each_one in waiting:
                each_one.set()
            waiting.clear()
        await mine.wait()
        return web.json_response({"id": request.path.rpartition("/")[2]})

    return handle


def test_resources_are_read_side_by_side_and_told_in_order(far: FarSide, ca_file: Path) -> None:
    far.does(together(AT_A_TIME))
    paths = [f"{ITEMS}/{number}" for number in range(3 * AT_A_TIME)]
    told: list[str] = []
    each(far, ca_file, paths, lambda item: told.append(item.id))
    assert told == [str(number) for number in range(3 * AT_A_TIME)]
    assert len(far.ports) <= AT_A_TIME


def test_one_that_cannot_be_read_ends_it_after_those_before(far: FarSide, ca_file: Path) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        name = request.path.rpartition("/")[2]
        return web.json_response({"id": name} if name != "7" else {"nothing": 1})

    far.does(handle)
    told: list[str] = []
    with pytest.raises(Exception, match="missing required field `id`"):
        each(far, ca_file, [f"{ITEMS}/{number}" for number in range(100)], lambda item: told.append(item.id))
    assert told == [str(number) for number in range(7)]
    assert len(far.seen) < 100, "nobody reads what nobody wants"


def test_without_a_team_one_follows_the_other(far: FarSide, client: ArmClient) -> None:
    far.does(answer({"id": "a"}), answer({"id": "b"}))
    ask = AskArm(client, Target(role="vault", endpoint=VAULT), "x", lambda: START)
    assert [item.id for item in ask.each([f"{ITEMS}/1", f"{ITEMS}/2"], API, Item)] == ["a", "b"]
