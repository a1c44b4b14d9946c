"""Cases of the checks on domain controllers, on what they receive, and on names."""

from dataclasses import replace

from drcheck.topology.base import Target
from drcheck.topology.cluster import FailoverCluster
from drcheck.topology.declared import Application, DeclaredEndpoint, Site
from drcheck.topology.identity import AdSubnet, ControllerService, DomainController, ReplicationPartner
from drcheck.topology.network import NameAnswer
from drcheck.topology.sql_objects import AgListener
from drcheck.topology.vmm import VmmServer
from tests import estate_governed as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estates import Change, Estate, add, ago, change, drop, lose, reach, seen, together, unchanged

IDENTITY = f"identity:{facts.DC}"
ONE_SITE = change(Site, "leeds", role="witness")
SECOND_DC = "dc2.lds.contoso.lab"
NEVER = {"last_attempt": None, "last_success": None}


def dc(**fields: object) -> Change:
    return change(DomainController, facts.DC, **fields)


present = Table("DR-IDN-001", "contoso.lab")
present.passes("at the recovery site", unchanged, facts.DC, "Leeds")
present.passes("one of two is fit", add(facts.controller(SECOND_DC, "Leeds", read_only=True)), facts.DC)
present.passes("a fit one, another unknown", add(facts.controller(SECOND_DC, "Leeds", enabled=None)), facts.DC)
present.fails("read-only", dc(read_only=True), "dc1.lds.contoso.lab is read-only", "dc0.lon.contoso.lab is not at the")
present.fails("no global catalog", dc(global_catalog=False), "is no global catalog")
present.fails("a disabled account", dc(enabled=False), "disabled account")
present.fails("at the primary site only", drop(DomainController, facts.DC), "is not at the recovery site")
present.fails("SYSVOL not ready", add(facts.service(sysvol_ready=False)), "no SYSVOL")
present.unknown("SYSVOL not told", add(facts.service(sysvol_ready=None)), "SYSVOL")
present.unknown("the account not told", dc(enabled=None), "its account enabled")
present.unknown("its services unread", lose(ControllerService, IDENTITY), "ControllerService")
present.unknown("its services not told", drop(ControllerService), "did not tell")
present.unknown(
    "never asked",
    together(drop(DomainController, facts.DC), add(facts.controller(SECOND_DC, "Leeds"))),
    f"identity:{SECOND_DC}",
    "never asked",
)
present.unknown("controllers unread", lose(DomainController, IDENTITY), "DomainController")
present.unknown("at no site", change(Site, "leeds", hosts=()), "no site")
present.unknown(
    "a cluster's domain of which nobody was asked",
    change(FailoverCluster, names.HV_CLUSTER, domain="fabrikam.lab"),
    "no controller of fabrikam.lab was asked",
    subject="fabrikam.lab",
)
present.skips("no recovery site", ONE_SITE, "secondary")
present.unknown("some sites unread", together(reach("estate", "more"), lose(Site, "estate:more")), "Site")
present.passes("a fit one, another at no site", drop(Site, "london"), facts.DC)
for word, fault in (
    ("read-only", dc(read_only=True)),
    ("is no global", dc(global_catalog=False)),
    ("disabled", dc(enabled=False)),
):
    present.fails(f"{word}, its services unread", together(fault, lose(ControllerService, IDENTITY)), word)

received = Table("DR-IDN-002", facts.DC)


def link(**fields: object) -> Change:
    return change(ReplicationPartner, facts.LINK, **fields)


def prefixes(*declared: str, **mapped: str) -> Change:
    """Prefixes declared for Leeds, and AD subnets with their sites (underscores for dots, two for the slash)."""
    known = {prefix.replace("__", "/").replace("_", ".").removeprefix("n"): ad for prefix, ad in mapped.items()}
    return together(
        change(Site, "leeds", subnets=declared),
        drop(AdSubnet),
        add(*(facts.subnet(prefix, ad) for prefix, ad in known.items())),
    )


received.passes("a moment ago", unchanged, "1 inbound links")
received.passes("as old as allowed", link(last_success=ago(hours=24)))
received.passes("alone in its domain", together(drop(ReplicationPartner), drop(DomainController, facts.DC_LON)))
received.passes(
    "the other one is read-only",
    together(drop(ReplicationPartner), change(DomainController, facts.DC_LON, read_only=True)),
)
received.passes("an outbound link aside", add(facts.inbound("CN=a,CN=B", partner_type="Outbound", **NEVER)))
received.passes("subnets mapped", prefixes("10.20.0.0/16", n10_20_0_0__16="leeds"))
received.passes("the most specific one decides", prefixes("10.20.0.0/16", n10_0_0_0__8="x", n10_20_0_0__15="Leeds"))
received.passes("in two halves", prefixes("10.20.0.0/16", n10_20_0_0__17="Leeds", n10_20_128_0__17="Leeds"))
received.fails("a second too old", link(last_success=ago(hours=24, seconds=1)), "DC0 -> dc1", "24 h")
received.fails("failing", link(consecutive_failures=3, last_result=1722), "failed 3 times in a row (error 1722)")
received.fails("failed once", link(last_result=5), "error 5")
received.fails("never", link(last_success=None), "never succeeded")
received.fails("from nobody", drop(ReplicationPartner), "receives from nobody", facts.DC_LON)
received.fails("SYSVOL not ready", add(facts.service(sysvol_ready=False)), "SYSVOL is not ready")
received.fails("a failure, SYSVOL not told", together(link(last_result=5), add(facts.service(sysvol_ready=None))))
received.fails("no AD subnet", prefixes("10.20.0.0/16"), "10.20.0.0/16 belongs to no AD subnet")
received.fails("half a subnet", prefixes("10.20.0.0/16", n10_20_0_0__17="Leeds"), "belongs to no AD subnet")
received.fails("a subnet of another site", prefixes("10.20.0.0/16", n10_0_0_0__8="London"), "AD site London, not Leeds")
received.fails("a part of another site", prefixes("10.20.0.0/16", n10_20_0_0__16="Leeds", n10_20_5_0__24=""), "nobody")
received.unknown("too close to call", together(link(last_success=ago(hours=24)), facts.clock(0.0, 5.0)), "too close")
received.unknown("partners unread", lose(ReplicationPartner, IDENTITY), "ReplicationPartner")
received.unknown("services unread", lose(ControllerService, IDENTITY), "ControllerService")
received.unknown("SYSVOL not told", add(facts.service(sysvol_ready=None)), "SYSVOL")
received.unknown(
    "subnets unread", together(change(Site, "leeds", subnets=("10.20.0.0/16",)), lose(AdSubnet, IDENTITY)), "AdSubnet"
)
received.unknown("never asked", add(facts.controller(SECOND_DC, "Leeds")), "never asked", subject=SECOND_DC)
received.unknown("at no site", change(Site, "leeds", hosts=()), "no site")
received.skips("at the primary site", unchanged, "london", subject=facts.DC_LON)
received.fails(
    "one too close to call, another failing",
    together(
        link(last_success=ago(hours=24)), facts.clock(0.0, 5.0), add(facts.inbound("CN=Z", consecutive_failures=3))
    ),
    "failed 3 times",
)
received.fails("failed once, without an error", link(consecutive_failures=1), "failed 1 times")
received.unknown(
    "alone in its domain, others unlisted",
    together(drop(ReplicationPartner), drop(DomainController, facts.DC_LON), lose(DeclaredEndpoint, "estate:estate")),
)
received.fails("SYSVOL not ready, other services unread", together(
    lose(ControllerService, IDENTITY), add(facts.service(sysvol_ready=False))), "SYSVOL")  # fmt: skip
received.unknown("services not told", drop(ControllerService), "SYSVOL")
received.passes("no subnets declared, AD's unread", lose(AdSubnet, IDENTITY))
received.passes("subnets mapped, of either version", together(
    prefixes("10.20.0.0/16", n10_20_0_0__16="Leeds"), add(facts.subnet("fd00::/8", "London"))))  # fmt: skip

resolved = Table("DR-IDN-003", f"name:{names.VMM01}")
OTHER_DNS = "dc9.lds.contoso.lab"


def told(name: str = names.VMM01, **fields: object) -> Change:
    return add(facts.answer(name, **fields))  # type: ignore[arg-type]


AT_VMM01 = drop(NameAnswer, facts.question(names.VMM01))


def asked(name: str, server: str = facts.DC, host: str = names.HV_LDS, **fields: object) -> Change:
    """One more question that was asked and answered."""

    def apply(estate: Estate) -> Estate:
        target = Target(role="dns", endpoint=facts.question(name, server, host))
        changed = add(facts.answer(name, server, host, **fields))(estate)
        return replace(changed, targets=(*changed.targets, target))

    return apply


resolved.passes("known", unchanged, facts.DC, "10.20.0.20")
resolved.passes("kept as long as allowed", told(ttl_seconds=900))
resolved.passes("a clustered VMM", unchanged, subject=f"name:{names.HA_VMM}")
resolved.passes("a declared name is not judged by its TTL", asked("crm.lab", ttl_seconds=99999), subject="name:crm.lab")
resolved.passes("the server by its address", together(AT_VMM01, asked(names.VMM01, server="10.20.0.10")))
resolved.passes("what London's server says is left out", asked(names.VMM01, facts.DC_LON, outcome="no-such-name"))
resolved.passes("what London's machines hear is left out", asked(names.VMM01, host=names.HV_LON, outcome="no-answer"))
resolved.passes(
    "a listener, as long as its application bears",
    together(
        add(AgListener(key="l", seen=seen(names.SQL_LON), group=names.AG, name="ag.lab", port=1, conformant=True)),
        asked("ag.lab", ttl_seconds=3600),
    ),
    subject="name:ag.lab",
)
resolved.fails(
    "a listener kept for too long",
    together(
        add(AgListener(key="l", seen=seen(names.SQL_LON), group=names.AG, name="ag.lab", port=1, conformant=True)),
        asked("ag.lab", ttl_seconds=901),
        change(Application, "payments", rto_seconds=3600),
    ),
    "15 min",
    subject="name:ag.lab",
)
resolved.fails("unknown there", told(outcome="no-such-name", addresses=()), "no-such-name", facts.DC)
resolved.fails("without records", told(outcome="no-records", addresses=()), "no-records")
resolved.fails("silence", told(outcome="no-answer", addresses=(), ttl_seconds=None), "no-answer")
resolved.fails("an answer without an address", told(addresses=()), "without an address")
resolved.fails("kept for too long", told(ttl_seconds=901), "15 min")
resolved.fails(
    "known to one server only", asked(names.VMM01, OTHER_DNS, outcome="no-such-name", addresses=()), OTHER_DNS
)
resolved.fails(
    "unknown to one, another unread",
    together(
        asked(names.VMM01, OTHER_DNS, outcome="no-such-name", addresses=()),
        lose(NameAnswer, f"dns:{facts.question(names.VMM01)}"),
    ),
)
resolved.warns("one server silent", asked(names.VMM01, OTHER_DNS, outcome="no-answer", addresses=()), OTHER_DNS)
resolved.unknown("the answer unread", lose(NameAnswer, f"dns:{facts.question(names.VMM01)}"), "NameAnswer")
resolved.unknown("nobody asked", AT_VMM01, "nobody at the recovery site")
resolved.unknown("the TTL not told", told(ttl_seconds=None), "TTL")
resolved.unknown("a server at no site", together(AT_VMM01, asked(names.VMM01, server="10.9.9.9")), "no site")
resolved.unknown(
    "it may be a VMM server",
    together(asked("crm.lab", ttl_seconds=99999), lose(VmmServer, f"vmm:{names.HA_VMM}")),
    "VmmServer",
    subject="name:crm.lab",
    also=(f"name:{names.HA_VMM}",),
)
resolved.unknown(
    "it may be a listener",
    together(asked("crm.lab"), lose(AgListener, f"sql:{names.SQL_LON}")),
    "AgListener",
    subject="name:crm.lab",
    also=("name:ag-vmm.contoso.lab",),
)
resolved.skips("no name", together(drop(VmmServer), drop(NameAnswer), drop(AgListener)), subject="estate")
for outcome in ("server-failure", "refused"):
    resolved.warns(f"one server says {outcome}", asked(names.VMM01, OTHER_DNS, outcome=outcome, addresses=()), outcome)
resolved.passes("a declared name's TTL not told", asked("crm.lab", ttl_seconds=None), subject="name:crm.lab")
resolved.fails(
    "unknown to one, another at no site",
    together(
        asked(names.VMM01, OTHER_DNS, outcome="no-such-name", addresses=()), asked(names.VMM01, server="10.9.9.9")
    ),
)
resolved.passes(
    "a listener, more applications unread",
    together(reach("estate", "more"), lose(Application, "estate:more")),
    subject="name:ag-vmm.contoso.lab",
)

CASES = [*present.cases, *received.cases, *resolved.cases]
