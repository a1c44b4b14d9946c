"""Do dates, numbers and ids of the service mean the same however they are written, and nothing when they are wrong?"""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drcheck.transport.arm_clock import clock_of, closest
from drcheck.transport.arm_values import Count, Moment, arm_id, parent_id

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1754, 1, 2), datetime(9998, 12, 30), timezones=zones)  # noqa: DTZ001


@given(moments)
def test_a_moment_is_the_same_in_every_zone(moment: datetime) -> None:
    found = Moment.of(moment.isoformat()).at
    assert found == moment
    assert found is not None
    assert found.tzinfo is UTC


@given(moments, st.integers(0, 9))
def test_digits_after_the_microsecond_are_dropped(moment: datetime, digit: int) -> None:
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rjust(26, "0")
    assert Moment.of(f"{text}{digit}Z").at == moment
    assert Moment.of(f"{text}{digit}").at == moment, "no zone is UTC"


@given(st.datetimes(), st.sampled_from(["", "Z", "+05:30", "-11:00"]))
def test_no_date_overflows(moment: datetime, zone: str) -> None:
    found = Moment.of(moment.isoformat() + zone).at
    assert (found is None) == (not 1753 < moment.year < 9999)


@given(st.text() | st.integers() | st.booleans() | st.lists(st.integers()))
def test_what_is_no_date_is_refused_and_never_a_wrong_moment(value: object) -> None:
    try:
        found = Moment.of(value)
    except ValueError:
        return
    assert isinstance(value, str)
    assert found.at is None or found.at.tzinfo is UTC


@given(st.integers())
def test_numbers_may_be_text(number: int) -> None:
    assert Count.of(str(number)).value == Count.of(number).value == number


@pytest.mark.parametrize("value", [True, False, 1.5, "x", "1,5", [], {}])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"not|invalid"):
        Count.of(value)


@given(st.text(), st.text(min_size=1))
def test_ids_compare_without_case_and_parents_are_prefixes(head: str, tail: str) -> None:
    key = f"/{head}/replicationFabrics/{tail}"
    assert arm_id(key) == arm_id(key).lower()
    assert arm_id(key).startswith(parent_id(key, "replicationFabrics"))


def test_a_slash_at_the_end_is_no_part_of_an_id() -> None:
    assert arm_id("/subscriptions/1/resourceGroups/RG-DR/") == arm_id("/subscriptions/1/resourceGroups/RG-DR")
    assert arm_id("/") == "/"  # the scope above all others
    assert arm_id(None) == ""


@given(st.floats(-600, 600), st.floats(0, 30), st.floats(0, 30), st.floats(0, 0.999))
def test_azures_clock_lies_within_what_the_date_header_bounds(
    ahead: float, out: float, back: float, part: float
) -> None:
    sent = datetime(2026, 11, 23, 10, tzinfo=UTC) + timedelta(seconds=part)
    dated = sent + timedelta(seconds=out)
    answered = dated + timedelta(seconds=back)
    header = format_datetime((dated + timedelta(seconds=ahead)).replace(microsecond=0), usegmt=True)
    clock = clock_of("arm", {"Date": header}, sent, answered)
    assert clock is not None
    assert abs(clock.offset_seconds - ahead) <= clock.uncertainty_seconds + 1e-5
    assert clock.uncertainty_seconds <= (out + back + 1) / 2 + 1e-5


def test_the_answer_that_bounds_the_clock_best_wins() -> None:
    sent = datetime(2026, 11, 23, 10, tzinfo=UTC)
    date = {"Date": "Mon, 23 Nov 2026 10:00:00 GMT"}
    near = clock_of("arm", date, sent, sent + timedelta(seconds=0.1))
    far = clock_of("arm", date, sent, sent + timedelta(seconds=5))
    assert closest(near, far) == closest(far, near) == closest(near, None) == near
    for header in ("", "yesterday", "Mon, 23 Nov 2026 10:00:00 -0000"):
        assert clock_of("arm", {"Date": header}, sent, sent) is None
