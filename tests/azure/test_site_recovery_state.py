"""Does the Site Recovery source read what runs and ran, how far back a machine can go, and where that leads?"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import unquote

import pytest

from drcheck.discovery.site_recovery.items import read_items, read_protectables, read_recovery_points
from drcheck.discovery.site_recovery.plans import read_plans
from drcheck.discovery.site_recovery.state import DAYS, MOST_JOBS, read_events, read_health, read_jobs
from drcheck.discovery.site_recovery.vault import read_logical_networks, read_providers, read_vault
from drcheck.topology.base import Seen, Target
from drcheck.topology.site_recovery_state import SiteRecoveryJob
from drcheck.topology.subscriptions import subscriptions_of
from tests.recorded_vaults import AT, TARGET, VAULT, Answers, decode

T = TypeVar("T")
FABRIC = f"{VAULT}/replicationFabrics/f"
CLOUD = f"{FABRIC}/replicationProtectionContainers/c"
ITEM = f"{CLOUD}/replicationProtectedItems/i"
OTHER = "/subscriptions/22222222-3333-4444-5555-666666666666"
NETWORK = f"{OTHER}/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/v"


def resource(key: str, **properties: Any) -> dict[str, Any]:
    return {"id": key, "name": key.rpartition("/")[2], "properties": properties}


def answers(*resources: dict[str, Any], **single: Any) -> Answers:
    return Answers({one["id"].lower(): one for one in resources}, single)


def item(**details: Any) -> dict[str, Any]:
    given = {"instanceType": "HyperVReplicaAzure", "vmId": "x", **details}
    return resource(
        ITEM,
        friendlyName="PAY-WEB01",
        protectionState="Protected",
        replicationHealth="Normal",
        providerSpecificDetails=given,
    )


class Jobs:
    """A vault with many jobs, whose list ends after two hundred without saying so."""

    def __init__(self, begun: list[datetime], state: str = "Succeeded") -> None:
        self.begun = begun
        self.state = state
        self.lists: list[int] = []
        self.read: list[str] = []

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        start, end = map(datetime.fromisoformat, re.findall(r"eq '([^']*)'", unquote(path)))
        chosen = [number for number, at in enumerate(self.begun) if start <= at <= end][:MOST_JOBS]
        self.lists.append(len(chosen))
        return (decode(self._job(number), of) for number in chosen)

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        self.read.append(path)
        job = self._job(int(path.rpartition("/")[2]))
        error = {"serviceErrorDetails": {"code": "28061", "message": "Not  ready."}}
        return decode({**job, "properties": {**job["properties"], "errors": [error]}}, of)

    def each(self, paths: Iterable[str], api_version: str, of: type[T]) -> Iterator[T]:
        return (self.one(path, api_version, of) for path in paths)

    def seen(self, path: str) -> Seen:
        return Seen(source="x", endpoint=VAULT, query=f"GET {path}", at=AT)

    def _job(self, number: int) -> dict[str, Any]:
        begun = f"{self.begun[number]:%Y-%m-%dT%H:%M:%S.%f}0Z"
        return resource(
            f"{VAULT}/replicationJobs/{number}", state=self.state, startTime=begun, scenarioName="TestFailover"
        )


def minutes_ago(count: int) -> list[datetime]:
    return [AT - timedelta(minutes=number) for number in range(count)]


def test_more_jobs_than_a_list_holds_are_read_in_halves() -> None:
    ask = Jobs(minutes_ago(900))
    found = list(read_jobs(ask, TARGET))
    assert len({job.key for job in found}) == len(found) == 900
    assert max(ask.lists) == MOST_JOBS
    assert ask.read == [], "what succeeded is not read again"


def test_jobs_of_one_moment_end_the_halving() -> None:
    ask = Jobs([AT] * 300)
    assert len(list(read_jobs(ask, TARGET))) == MOST_JOBS
    assert len(ask.lists) < 50


def test_jobs_are_read_as_far_back_as_is_said() -> None:
    begun = [AT - timedelta(days=DAYS, minutes=-1), AT - timedelta(days=DAYS, minutes=1)]
    assert len(list(read_jobs(Jobs(begun), TARGET))) == 1


def test_a_job_that_did_not_succeed_is_read_alone() -> None:
    ask = Jobs(minutes_ago(2), state="PartiallySucceeded")
    first, _ = read_jobs(ask, TARGET)
    assert isinstance(first, SiteRecoveryJob)
    assert first.problems == ("28061: Not ready.",)
    assert ask.read == [f"{VAULT}/replicationJobs/0", f"{VAULT}/replicationJobs/1"]
    assert first.seen.query == f"GET {VAULT}/replicationJobs/0"


def point(number: int, at: str, kind: str) -> dict[str, Any]:
    return resource(f"{ITEM}/recoveryPoints/{number}", recoveryPointTime=at, recoveryPointType=kind)


POINTS = [
    point(1, "2026-11-23T09:55:00.0000000Z", "CrashConsistent"),
    point(2, "2026-11-23T09:00:00.0000000Z", "ApplicationConsistent"),
    point(3, "2026-11-23T08:00:00.0000000Z", "ApplicationConsistent"),
    point(4, "2026-11-23T07:55:00.0000000Z", "CrashConsistent"),
]


def with_points(page: dict[str, Any]) -> Answers:
    return Answers(
        {ITEM.lower(): item(), **{one["id"].lower(): one for one in POINTS}}, {f"{ITEM}/recoverypoints".lower(): page}
    )


@pytest.mark.parametrize("link", [{}, {"nextLink": None}])
def test_how_far_back_a_machine_can_go(link: dict[str, Any]) -> None:
    (found,) = read_recovery_points(with_points({"value": POINTS, **link}), TARGET)
    assert (found.key, found.name, found.count) == (ITEM.lower(), "PAY-WEB01", 4)
    assert [moment.hour for moment in (found.newest, found.newest_app_consistent, found.oldest) if moment] == [9, 9, 7]
    assert found.newest != found.newest_app_consistent


def test_points_of_more_than_one_page_are_all_read() -> None:
    (found,) = read_recovery_points(with_points({"value": POINTS[:1], "nextLink": "https://x/?p=2"}), TARGET)
    assert found.count == 4


def test_a_machine_without_points_has_none() -> None:
    (found,) = read_recovery_points(with_points({"value": []}), TARGET)
    assert (found.count, found.newest, found.newest_app_consistent, found.oldest) == (0, None, None, None)


def test_only_what_goes_to_azure_is_asked_for_points() -> None:
    ask = answers(item(instanceType="HyperVReplica2012R2"))
    assert list(read_recovery_points(ask, TARGET)) == []


def plan(**action: Any) -> Answers:
    key = f"{VAULT}/replicationRecoveryPlans/rp"
    given = {"actionName": "dns", "failoverTypes": ["TestFailover"], "failoverDirections": [], **action}
    group = {
        "groupType": "Boot",
        "startGroupActions": [given],
        "endGroupActions": None,
        "replicationProtectedItems": [],
    }
    return answers(resource(key, friendlyName="rp", groups=[group]))


def test_what_nobody_taught_us_about_an_action_is_kept() -> None:
    details = {
        "instanceType": "AutomationRunbookActionDetails",
        "runbookId": "/r",
        "timeout": "PT1M",
        "webhook": {"b": 1, "a": None},
    }
    (found,) = read_plans(plan(customDetails=details, retries=3, note=None), TARGET)
    (action,) = found.groups[0].start_actions
    assert action.unknown == (("customDetails.webhook", '{"a":null,"b":1}'), ("retries", "3"))
    assert (action.detail, action.timeout, action.location) == ("/r", "PT1M", "")


def test_a_plan_is_another_one_when_anything_in_its_groups_is() -> None:
    details = {"instanceType": "ManualActionDetails", "description": "Ask"}

    def digest(**changes: Any) -> str:
        (found,) = read_plans(plan(customDetails={**details, **changes}), TARGET)
        return found.groups_sha256

    assert digest() == digest()
    assert len({digest(), digest(description="Ask twice"), digest(new=1)}) == 3


def test_providers_tell_their_version_in_two_ways() -> None:
    def provider(**properties: Any) -> Any:
        key = f"{FABRIC}/replicationRecoveryServicesProviders/p"
        (found,) = read_providers(
            answers(resource(key, friendlyName="vmm", connectionStatus="Connected", **properties)), TARGET
        )
        return found

    newer = provider(
        providerVersionDetails={"version": "5", "expiryDate": "2027-01-01T00:00:00Z", "status": "UpdateRequired"},
        lastHeartBeat="2026-11-23T09:59:00Z",
    )
    assert (newer.version_status, newer.version_expires.year, newer.fabric) == ("UpdateRequired", 2027, FABRIC.lower())
    older = provider(
        providerVersionExpiryDate="2026-12-01T00:00:00Z", providerVersionState="Latest", lastHeartBeat=None
    )
    assert (older.version_status, older.version_expires.month, older.last_heartbeat) == ("", 12, None)


def test_logical_networks_are_asked_of_vmm_only() -> None:
    vmm = resource(FABRIC, friendlyName="vmm", customDetails={"instanceType": "VMM"})
    site = resource(f"{VAULT}/replicationFabrics/s", friendlyName="s", customDetails={"instanceType": "HyperVSite"})
    network = resource(f"{FABRIC}/replicationLogicalNetworks/n", friendlyName="core", logicalNetworkUsage="Dedicated")
    ask = answers(vmm, site, network)
    (found,) = read_logical_networks(ask, TARGET)
    assert (found.name, found.usage, found.virtualization) == ("core", "Dedicated", "")
    assert [path for path in ask.asked if "LogicalNetworks" in path] == [f"{FABRIC}/replicationLogicalNetworks"]


def test_containers_that_nobody_paired_are_not_searched_for_machines() -> None:
    container = resource(CLOUD, friendlyName="c", fabricType="VMM", pairingStatus="NotPaired")
    machine = resource(f"{CLOUD}/replicationProtectableItems/m", friendlyName="m")
    assert list(read_protectables(answers(container, machine), TARGET)) == []
    container["properties"]["pairingStatus"] = "Paired"
    machine["properties"]["protectionReadinessErrors"] = ["Operating system disk unknown"]
    (found,) = read_protectables(answers(container, machine), TARGET)
    assert (found.vm_id, found.readiness_errors) == ("", ("Operating system disk unknown",))


def test_an_event_keeps_its_time_and_its_errors() -> None:
    event = resource(
        f"{VAULT}/replicationEvents/JobStatusMonitoringEvent;635966_1",
        eventCode="VmMonitoringEvent",
        severity="Critical",
        eventType="VmHealth",
        affectedObjectFriendlyName="PAY-WEB01",
        timeOfOccurrence="2026-11-23T09:00:00.1234567Z",
        fabricId=FABRIC.upper(),
        healthErrors=[{"errorCode": "67512", "summaryMessage": "Behind", "errorLevel": None}],
    )
    (found,) = read_events(answers(event), TARGET)
    assert (found.name, found.severity, found.affected, found.fabric) == (
        "VmMonitoringEvent",
        "Critical",
        "PAY-WEB01",
        FABRIC.lower(),
    )
    assert found.occurred is not None
    assert [(error.code, error.message, error.level) for error in found.errors] == [("67512", "Behind", "")]


def test_issues_of_a_vaults_health() -> None:
    issue = {
        "summaryCode": "1",
        "severity": "Error",
        "category": "Replication",
        "summaryMessage": "m",
        "affectedResourceCorrelationIds": ["a", "b"],
    }
    health = resource(
        f"{VAULT}/replicationVaultHealth/Default", protectedItemsHealth={"resourceCount": 2, "issues": [issue]}
    )
    (found,) = read_health(answers(health), TARGET)
    assert found.items is not None
    assert [(one.code, one.severity, one.affected) for one in found.items.issues] == [("1", "Error", 2)]
    assert found.fabrics is None, "not told is not healthy"


def test_what_is_recovered_elsewhere_leads_there() -> None:
    nic = {"nicId": "n", "recoveryVMNetworkId": NETWORK, "tfoVMNetworkId": "bare-guid"}
    (found,) = read_items(
        answers(item(vmNics=[nic], recoveryAzureResourceGroupId=f"{OTHER}/resourceGroups/rg")), TARGET
    )
    assert list(found.leads()) == [Target(role="azure", endpoint=OTHER)]


@pytest.mark.parametrize("lost", ["", "Microsoft Azure", "/", "/subscriptions/not-a-guid/x", f"x{OTHER}", OTHER[:-1]])
def test_what_names_no_subscription_leads_nowhere(lost: str) -> None:
    assert list(subscriptions_of(lost)) == []


def test_a_vault_that_tells_nothing_is_not_taken_for_unprotected() -> None:
    bare = {"id": VAULT, "name": "v", "location": "UKSouth"}
    (found,) = read_vault(Answers({}, {VAULT: bare}), TARGET)
    assert (found.protection.soft_delete, found.protection.soft_delete_days, found.alerts.classic) == ("", None, "")
    assert (found.location, found.sku, found.identity_type) == ("uksouth", "", "")


def test_yes_and_no_may_be_text() -> None:
    def managed(value: Any) -> bool | None:
        (found,) = read_items(answers(item(useManagedDisks=value)), TARGET)
        return found.target.managed_disks

    told: list[tuple[Any, bool | None]] = [("true", True), ("False", False), (True, True), ("", None), (None, None)]
    assert [managed(value) for value, _ in told] == [meaning for _, meaning in told]


@pytest.mark.parametrize("kind", [read_items, read_plans, read_providers])
def test_an_empty_vault_has_nothing(kind: Callable[..., Iterator[object]]) -> None:
    assert list(kind(Answers({}, {}), TARGET)) == []
