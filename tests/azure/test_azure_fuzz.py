"""Do the Azure sources stay honest when answers are not what they were? Over answers of the simulated subscription."""

import copy
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drcheck.discovery import ArmAsk, ArmCollector
from drcheck.discovery.driver import sources
from drcheck.lab.azure import landscape
from drcheck.lab.azure.build import boot_group, runbook_action
from drcheck.topology.base import Seen, Target
from drcheck.transport.arm import Page
from drcheck.transport.arm_ask import AskArm
from drcheck.transport.arm_values import BodyDigest
from tests.lab_vault import AT, Served, served
from tests.recorded_vaults import decode
from tests.spoiling import NAMED, REMOVED, Said, changed, places, values

T = TypeVar("T")

Heard = dict[str, Any]
"""What was answered, by path: a list's elements under its path, a resource under its own."""


class Hearing:
    """Asks the lab, and remembers every answer as it came."""

    def __init__(self, ask: ArmAsk, heard: Heard) -> None:
        self._ask = ask
        self._heard = heard

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        self._heard[path] = {"value": list(self._ask.every(path, api_version, dict[str, Any]))}
        return Replay(self._heard).every(path, api_version, of)

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        if of is BodyDigest:
            digest = self._ask.one(path, api_version, BodyDigest)
            self._heard[path] = {"sha256": digest.sha256, "size_bytes": digest.size_bytes}
        else:
            self._heard[path] = self._ask.one(path, api_version, dict[str, Any])
        return Replay(self._heard).one(path, api_version, of)

    def each(self, paths: Iterable[str], api_version: str, of: type[T]) -> Iterator[T]:
        return (self.one(path, api_version, of) for path in paths)

    def seen(self, path: str) -> Seen:
        return self._ask.seen(path)


class Replay:
    """Answers with what was remembered; anything else was never said."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        yield from decode(self._heard[path], Page[of]).value  # type: ignore[valid-type]  # found at run time

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        return decode(self._heard[path], of)

    def each(self, paths: Iterable[str], api_version: str, of: type[T]) -> Iterator[T]:
        return (self.one(path, api_version, of) for path in paths)

    def seen(self, path: str) -> Seen:
        return Seen(source="x", endpoint="y", query=f"GET {path}", at=AT)


def furnish(lab: Served) -> None:
    """One of everything that the sources read."""
    here, found = "rg-network", lab.landscape
    vnet = next(iter(lab.azure.vnets.values())).id
    found.security_groups.append(
        landscape.SecurityGroup(
            name="nsg", resource_group=here, rules=[landscape.Rule(name="r", priority=100, ports=["80", "443"])]
        )
    )
    route = landscape.Route(name="r", prefix="0.0.0.0/0", hop="10.1.1.4")
    found.route_tables.append(landscape.RouteTable(name="rt", resource_group=here, routes=[route]))
    found.gateways.append(landscape.Gateway(name="gw", resource_group=here, vnet=vnet))
    found.public_addresses.append(landscape.PublicAddress(name="pip", resource_group=here, used_by=f"{vnet}/x"))
    found.load_balancers.append(
        landscape.LoadBalancer(name="lb", resource_group=here, subnet=f"{vnet}/subnets/web", address="10.1.1.9")
    )
    found.zones.append(landscape.Zone(name="contoso.internal", resource_group=here, vnets=[vnet]))
    found.locks.append(landscape.Lock(name="keep", scope=vnet))
    found.denials.append(landscape.Denial(name="stack", scope=vnet, actions=["*/delete"], excluded=["me"]))
    found.storage_accounts["stcache"] = "Standard_LRS"
    found.sizes["Standard_A2_v2"].restriction = "NotAvailableForSubscription"
    account = f"{lab.azure.group_id('rg-auto')}/providers/Microsoft.Automation/automationAccounts/aa"
    action = runbook_action("dns", f"{account}/runbooks/Dns")
    boot_group(lab.azure.vaults[0].plans[0], 1).end.append(action)


Case = tuple[ArmCollector, Target, Heard]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Every collector of the Azure sources with all that it was answered."""
    found: list[Case] = []
    with served("fabrikam", tmp_path_factory.mktemp("azure")) as lab, lab.client() as client:
        furnish(lab)
        for role, target in (("vault", lab.vault), ("azure", lab.subscription)):
            for sourced in sources()[role]:
                if isinstance(sourced.collector, ArmCollector):
                    heard: Heard = {}
                    ask = Hearing(AskArm(client, target, sourced.source, lambda: AT), heard)
                    facts = list(sourced.collector.read(ask, target))
                    assert facts or sourced.kind in EMPTY, sourced.kind
                    found.append((sourced.collector, target, heard))
    return found


EMPTY = {
    "AzureVm",
    "ManagedDisk",
    "NetworkInterface",
    "SiteRecoveryJob",
    "SiteRecoveryEvent",
    "StorageClassification",
    "StorageMapping",
}
"""What a healthy subscription that no drill has visited has none of."""


def untrue(collector: ArmCollector, target: Target, heard: Heard) -> list[Any]:
    """What a collector tells that was not said."""
    said = Said([*heard, *heard.values()], target.endpoint)
    found: list[Any] = []
    with suppress(*NAMED):
        for fact in collector.read(Replay(heard), target):
            found += said.unsaid(fact)
    return found


@given(st.data())
@settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_every_collector_tells_what_was_said_or_names_what_is_wrong(cases: list[Case], data: st.DataObject) -> None:
    collector, target, heard = data.draw(st.sampled_from(cases))
    spoilt = copy.deepcopy(heard)
    for _ in range(data.draw(st.integers(1, 3))):
        answer = spoilt[data.draw(st.sampled_from(sorted(spoilt)))]
        found = list(places(answer))
        if found:
            changed(answer, data.draw(st.sampled_from(found)), data.draw(values))
    assert untrue(collector, target, spoilt) == []


@pytest.mark.parametrize("value", [REMOVED, None], ids=["removed", "null"])
def test_no_field_is_made_up_when_it_is_missing(cases: list[Case], value: Any) -> None:
    """Every field of the first element of every answer, one at a time."""
    for collector, target, heard in cases:
        done: set[tuple[Any, ...]] = set()
        for path, answer in heard.items():
            for place in places(answer):
                shape = (path.rpartition("/")[2], *(step for step in place if isinstance(step, str)))
                if shape in done:
                    continue
                done.add(shape)
                spoilt = {**heard, path: copy.deepcopy(answer)}
                changed(spoilt[path], place, value)
                assert untrue(collector, target, spoilt) == [], (collector.kind.__name__, path, place)


def test_what_the_lab_answers_is_what_the_facts_say(cases: list[Case]) -> None:
    """Without it, the two above would hold for collectors that tell nothing."""
    for collector, target, heard in cases:
        assert untrue(collector, target, heard) == [], collector.kind.__name__
        assert msgspec.json.encode(heard)
