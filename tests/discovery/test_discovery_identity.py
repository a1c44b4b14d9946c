"""What a domain controller answers, and what it means."""

from datetime import UTC, datetime

import pytest

from drcheck.discovery.identity import COLLECTORS
from drcheck.query import Cmdlet
from drcheck.topology.base import Target
from drcheck.topology.identity import AdSubnet, ControllerService, DomainController, ReplicationPartner
from tests.pretend_machines import Rows, Values, read, reasons

DC = "dc1.lds.lab"
CONTROLLERS, PARTNERS, SUBNETS = (f"{name}@{DC}" for name in ("ad-controllers", "ad-partners", "ad-subnets"))
NETLOGON, TIME = f"netlogon@{DC}", f"w32time@{DC}"
CONTROLLER: Values = {
    "HostName": "DC1.lds.lab",
    "Name": "DC1",
    "Domain": "LAB",
    "Forest": "LAB",
    "Site": "Leeds",
    "IPv4Address": "10.20.0.10",
    "IsGlobalCatalog": True,
    "IsReadOnly": False,
    "Enabled": True,
    "OperationMasterRoles": ["PDCEmulator"],
    "OperatingSystem": "Windows Server 2022 Standard",
}
PARTNER: Values = {
    "Partition": "DC=lab",
    "Partner": "CN=NTDS Settings,CN=DC9,CN=Servers,CN=London,CN=Sites,CN=Configuration,DC=lab",
    "PartnerType": "Inbound",
    "LastReplicationAttempt": "2026-11-23T09:58:00.0000000Z",
    "LastReplicationSuccess": None,
    "LastReplicationResult": 1722,
    "ConsecutiveReplicationFailures": 3,
}


def told(query: str, row: Values, **values: object) -> Rows:
    return {query: [{**row, **values}]}


def without(query: str, row: Values, name: str) -> Rows:
    return {query: [{key: value for key, value in row.items() if key != name}]}


def test_a_controller() -> None:
    (one,) = read("identity", DC, told(CONTROLLERS, CONTROLLER)).all(DomainController)
    assert (one.key, one.domain, one.ad_site, one.address) == (DC, "lab", "Leeds", "10.20.0.10")
    assert (one.global_catalog, one.read_only, one.enabled, one.fsmo_roles) == (True, False, True, ("PDCEmulator",))


def test_a_controller_of_which_little_is_known() -> None:
    rows = told(CONTROLLERS, CONTROLLER, Site=None, IPv4Address=None, Enabled=None, OperationMasterRoles=None)
    (one,) = read("identity", DC, rows).all(DomainController)
    assert (one.ad_site, one.address, one.enabled, one.fsmo_roles) == ("", "", None, ())


@pytest.mark.parametrize("name", ["IsGlobalCatalog", "IsReadOnly", "Site", "HostName"])
def test_a_controller_that_does_not_say_what_checks_need_is_a_gap(name: str) -> None:
    topology = read("identity", DC, without(CONTROLLERS, CONTROLLER, name))
    assert topology.seen(DomainController) == ()
    assert any(name in reason for reason in reasons(topology))


def test_a_partner_that_never_succeeded() -> None:
    (one,) = read("identity", DC, told(PARTNERS, PARTNER)).all(ReplicationPartner)
    assert (one.host, one.last_result, one.consecutive_failures) == (DC, 1722, 3)
    assert one.last_attempt == datetime(2026, 11, 23, 9, 58, tzinfo=UTC)
    assert one.last_success is None
    assert one.title == f"DC9 -> {DC}"


def test_a_partner_without_its_failures_is_a_gap() -> None:
    topology = read("identity", DC, without(PARTNERS, PARTNER, "ConsecutiveReplicationFailures"))
    assert topology.seen(ReplicationPartner) == ()
    assert topology.missing(ReplicationPartner)


def test_subnets_name_their_site() -> None:
    rows: Rows = {
        SUBNETS: [
            {"Name": "10.20.0.0/16", "Site": "CN=Leeds,CN=Sites,CN=Configuration,DC=lab"},
            {"Name": "10.30.0.0/16", "Site": None},
        ]
    }
    found = {one.key: one.ad_site for one in read("identity", DC, rows).all(AdSubnet)}
    assert found == {"10.20.0.0/16": "Leeds", "10.30.0.0/16": ""}


def test_services_as_the_registry_has_them() -> None:
    rows: Rows = {NETLOGON: [{"SysvolReady": 1}], TIME: [{"Type": "NTP", "NtpServer": "a.lab,0x9 b.lab"}]}
    (one,) = read("identity", DC, rows).all(ControllerService)
    assert (one.sysvol_ready, one.time_type, one.time_servers) == (True, "NTP", ("a.lab", "b.lab"))


def test_values_that_do_not_exist_are_not_told() -> None:
    (one,) = read("identity", DC, {}).all(ControllerService)
    assert (one.sysvol_ready, one.time_type, one.time_servers) == (None, None, None)


def test_a_controller_is_asked_about_itself_by_name() -> None:
    target = Target(role="identity", endpoint=DC)
    asked = [query for collector in COLLECTORS for query in collector.asked(target)]
    named = [query.params.get("Server") or query.params.get("Target") for query in asked if isinstance(query, Cmdlet)]
    assert named == [DC, DC, DC]
    assert len({query.id for query in asked}) == len(asked)
