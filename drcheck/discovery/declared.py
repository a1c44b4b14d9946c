"""What has been declared: endpoints, sites, applications, recovery sequence and drill networks of estate.yaml."""

from collections.abc import Iterator

from msgspec.structs import asdict

from drcheck.data.dated import dated
from drcheck.discovery import EstateCollector
from drcheck.estate import Estate
from drcheck.topology.base import Seen
from drcheck.topology.declared import (
    Application,
    DeclaredEndpoint,
    DeclaredScenario,
    DeclaredWaiver,
    DrillNetwork,
    SequenceStep,
    Site,
)
from drcheck.topology.links import SiteLink
from drcheck.topology.prepared import BreakGlass, DataFile, DrillController, QuorumDesign, RecoveryKit
from drcheck.topology.programme import ApprovedRunbook, RehearsalDuty, SubstantiveChange

ROLE = "estate"


def endpoints(estate: Estate, seen: Seen) -> Iterator[DeclaredEndpoint]:
    """Where discovery starts."""
    for target in estate.endpoints:
        yield DeclaredEndpoint(key=target.scope, seen=seen, role=target.role, endpoint=target.endpoint, via=target.via)


def sites(estate: Estate, seen: Seen) -> Iterator[Site]:
    """Every site."""
    for site in estate.sites:
        yield Site(key=site.name, seen=seen, **asdict(site))


def links(estate: Estate, seen: Seen) -> Iterator[SiteLink]:
    """Every way between two sites."""
    for link in estate.links:
        first, second = link.sites
        yield SiteLink(
            key=f"{first}<>{second}", seen=seen, name=f"{first} - {second}", sites=link.sites, mbps=link.mbps
        )


def applications(estate: Estate, seen: Seen) -> Iterator[Application]:
    """Every application."""
    for application in estate.applications:
        fields = {name: value for name, value in asdict(application).items() if name != "probes"}
        yield Application(key=application.name, seen=seen, **fields)


def sequence(estate: Estate, seen: Seen) -> Iterator[SequenceStep]:
    """Every step of the recovery sequence, numbered from 1."""
    for number, step in enumerate(estate.sequence, start=1):
        yield SequenceStep(
            key=f"{number:04}",
            seen=seen,
            number=number,
            action=step.action,
            target=step.target,
            owner=step.owner,
            minutes=step.minutes,
            manual=step.manual,
        )


def drill_networks(estate: Estate, seen: Seen) -> Iterator[DrillNetwork]:
    """Every network that drills may use."""
    for network in estate.drill_networks:
        key = f"{network.platform}:{network.name}".lower()
        canary = network.canary
        yield DrillNetwork(
            key=key,
            seen=seen,
            platform=network.platform,
            name=network.name,
            canary=canary.vm if canary else "",
            beside=canary.beside if canary else (),
            sentinels=tuple(f"{one.host}:{one.port}" for one in canary.must_not_reach) if canary else (),
            controls=tuple(f"{one.host}:{one.port}" for one in canary.must_reach) if canary else (),
            outsider=canary.from_production.host if canary and canary.from_production else "",
            without_canary=network.without_canary,
        )


def scenarios(estate: Estate, seen: Seen) -> Iterator[DeclaredScenario]:
    """Every scenario that drills have to go through."""
    for name in estate.scenarios:
        yield DeclaredScenario(key=name, seen=seen, name=name)


def waivers(estate: Estate, seen: Seen) -> Iterator[DeclaredWaiver]:
    """Every accepted failure."""
    for waiver in estate.waivers:
        fields = {name: value for name, value in asdict(waiver).items() if name != "id"}
        yield DeclaredWaiver(key=waiver.id, seen=seen, **fields)


def data_files(_estate: Estate, seen: Seen) -> Iterator[DataFile]:
    """Every file of dated values that checks judge by."""
    for file in dated():
        yield DataFile(key=file.name, seen=seen, **asdict(file))


def quorum_designs(estate: Estate, seen: Seen) -> Iterator[QuorumDesign]:
    """How each cluster is meant to keep its quorum."""
    for design in estate.prepared.clusters:
        yield QuorumDesign(key=design.name, seen=seen, **asdict(design))


def break_glass(estate: Estate, seen: Seen) -> Iterator[BreakGlass]:
    """Every account, secret or device that the recovery needs."""
    for one in estate.prepared.break_glass:
        yield BreakGlass(key=one.name, seen=seen, **asdict(one))


def drill_controllers(estate: Estate, seen: Seen) -> Iterator[DrillController]:
    """Every domain controller whose copy is started in drills."""
    for one in estate.prepared.drill_controllers:
        yield DrillController(key=one.name.lower(), seen=seen, **asdict(one))


def recovery_kit(estate: Estate, seen: Seen) -> Iterator[RecoveryKit]:
    """The recovery kit, if there is one."""
    if estate.prepared.kit is not None:
        yield RecoveryKit(key="recovery kit", seen=seen, parts=estate.prepared.kit)


def changes(estate: Estate, seen: Seen) -> Iterator[SubstantiveChange]:
    """Every substantive change."""
    for one in estate.programme.changes:
        yield SubstantiveChange(key=one.name, seen=seen, **asdict(one))


def approved_runbooks(estate: Estate, seen: Seen) -> Iterator[ApprovedRunbook]:
    """Every runbook whose text somebody approved."""
    for name, digest in estate.programme.runbooks:
        yield ApprovedRunbook(key=name, seen=seen, sha256=digest)


def duties(estate: Estate, seen: Seen) -> Iterator[RehearsalDuty]:
    """What is expected of the drills of applications."""
    for one in estate.programme.duties:
        yield RehearsalDuty(key=one.application, seen=seen, **asdict(one))


COLLECTORS = (
    EstateCollector(kind=DeclaredEndpoint, query="estate.yaml endpoints", read=endpoints),
    EstateCollector(kind=Site, query="estate.yaml sites", read=sites),
    EstateCollector(kind=SiteLink, query="estate.yaml links", read=links),
    EstateCollector(kind=Application, query="estate.yaml applications", read=applications),
    EstateCollector(kind=SequenceStep, query="estate.yaml sequence", read=sequence),
    EstateCollector(kind=DrillNetwork, query="estate.yaml drill_networks", read=drill_networks),
    EstateCollector(kind=DeclaredScenario, query="estate.yaml scenarios", read=scenarios),
    EstateCollector(kind=DeclaredWaiver, query="waivers", read=waivers),
    EstateCollector(kind=QuorumDesign, query="estate.yaml clusters", read=quorum_designs),
    EstateCollector(kind=BreakGlass, query="estate.yaml break_glass", read=break_glass),
    EstateCollector(kind=DrillController, query="estate.yaml drill_controllers", read=drill_controllers),
    EstateCollector(kind=RecoveryKit, query="estate.yaml recovery_kit", read=recovery_kit),
    EstateCollector(kind=SubstantiveChange, query="estate.yaml programme.changes", read=changes),
    EstateCollector(kind=ApprovedRunbook, query="estate.yaml programme.runbooks", read=approved_runbooks),
    EstateCollector(kind=RehearsalDuty, query="estate.yaml programme", read=duties),
    EstateCollector(kind=DataFile, query="drcheck's own data files", read=data_files),
)
