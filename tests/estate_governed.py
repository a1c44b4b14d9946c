"""Builders of what a directory, name servers, waivers and drills of the small healthy estate are made of."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from drcheck.topology.base import Clock, Fact, Target
from drcheck.topology.declared import DeclaredScenario, DeclaredWaiver
from drcheck.topology.identity import AdSubnet, ControllerService, DomainController, ReplicationPartner
from drcheck.topology.network import NameAnswer
from tests.estate_names import AUX_VM, HA_VMM, HV_LDS, VMM01
from tests.estates import READ, Change, ago, seen

DC = "dc1.lds.contoso.lab"
DC_LON = "dc0.lon.contoso.lab"
LISTENER = "ag-vmm.contoso.lab"
PARTITION = "DC=contoso,DC=lab"
PARTNER = "CN=NTDS Settings,CN=DC0,CN=Servers,CN=London,CN=Sites"
LINK = f"{DC}/{PARTITION}/{PARTNER}".lower()
CLOCKS = (Clock(endpoint=DC, offset_seconds=0.0, uncertainty_seconds=0.0, at=READ),)


def question(name: str, server: str = DC, host: str = HV_LDS) -> str:
    return f"{host}>{server}/{name}"


TARGETS = tuple(Target(role="dns", endpoint=question(name)) for name in (VMM01, HA_VMM))


def answer(name: str, server: str = DC, host: str = HV_LDS, **fields: Any) -> NameAnswer:
    given: dict[str, Any] = {
        "outcome": "answered", "addresses": ("10.20.0.20",), "aliases": (), "ttl_seconds": 300, "milliseconds": 2,
    }  # fmt: skip
    key = question(name, server, host)
    return NameAnswer(key=key, seen=seen(key), host=host, server=server, name=name, **(given | fields))


def clock(offset: float, uncertainty: float = 0.0) -> Change:
    """The controller's clock, and no other."""
    told = Clock(endpoint=DC, offset_seconds=offset, uncertainty_seconds=uncertainty, at=READ)
    return lambda estate: replace(estate, clocks=(told,))


def controller(host: str, ad_site: str, **fields: Any) -> DomainController:
    given: dict[str, Any] = {
        "domain": "contoso.lab", "forest": "contoso.lab", "address": "10.20.0.10", "global_catalog": True,
        "read_only": False, "enabled": True, "fsmo_roles": (), "operating_system": "",
    }  # fmt: skip
    name = host.partition(".")[0]
    return DomainController(key=host, seen=seen(DC), name=name, host=host, ad_site=ad_site, **(given | fields))


def inbound(partner: str = PARTNER, **fields: Any) -> ReplicationPartner:
    given: dict[str, Any] = {
        "partner_type": "Inbound", "last_attempt": ago(minutes=3), "last_success": ago(minutes=3), "last_result": 0,
        "consecutive_failures": 0,
    }  # fmt: skip
    key = f"{DC}/{PARTITION}/{partner}".lower()
    return ReplicationPartner(key=key, seen=seen(DC), host=DC, partition=PARTITION, partner=partner, **(given | fields))


def subnet(prefix: str, ad_site: str) -> AdSubnet:
    return AdSubnet(key=prefix, seen=seen(DC), name=prefix, ad_site=ad_site)


def service(host: str = DC, **fields: Any) -> ControllerService:
    given: dict[str, Any] = {"sysvol_ready": True, "time_type": "NT5DS", "time_servers": ("time.windows.com",)}
    return ControllerService(key=host, seen=seen(host), host=host, **(given | fields))


def waiver(key: str = "W-1", **fields: Any) -> DeclaredWaiver:
    given: dict[str, Any] = {
        "check": "DR-PLN-001", "subject": AUX_VM, "reason": "being rebuilt", "risk": "comes back by hand",
        "owner": "Web team", "approver": "Head of IT", "ticket": "CHG1", "start": date(2026, 11, 1),
        "expiry": date(2026, 12, 31), "compensation": "step 9 of the runbook",
    }  # fmt: skip
    return DeclaredWaiver(key=key, seen=seen("estate"), **(given | fields))


def governed_facts() -> Iterable[Fact]:
    yield controller(DC_LON, "London", address="10.10.0.10")
    yield inbound()
    yield subnet("10.20.0.0/16", "Leeds")
    yield service()
    yield waiver()
    yield DeclaredScenario(key="site-loss", seen=seen("estate"), name="site-loss")
    for name in (VMM01, HA_VMM):
        yield answer(name)
