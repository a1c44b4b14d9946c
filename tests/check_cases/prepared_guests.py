"""Cases of the check on how guests are set up for another place."""

from msgspec import structs

from drcheck.topology.base import Fact
from drcheck.topology.drills import DrillProbe, DrillRecord
from drcheck.topology.site_recovery import ProtectedItem
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_rehearsed import PREPARED, looked_into
from tests.estates import Change, add, ago, change, drop, lose, together, unchanged

BOTH = (names.WEB_ITEM, names.DB_ITEM)
ROUTE = "10.0.0.0,255.0.0.0,10.10.0.1,1"


def seen(**fields: object) -> Change:
    """What the probe read in the web server's copy."""
    probe = looked_into(names.WEB_VM, "PAY-WEB01", structs.replace(PREPARED, **fields))
    return change(DrillRecord, "drill-plan", probes=(probe,))


def another(key: str, days: int, *probes: DrillProbe) -> Fact:
    record = facts.record(key, names.PLAN, names.WEB_VM)
    return structs.replace(record, probes=probes, started=ago(days=days), finished=ago(days=days))


OFFLINE = looked_into(names.WEB_VM, "PAY-WEB01", structs.replace(PREPARED, san_policy="OfflineAll"))

prepared = Table("DR-ASR-009", names.WEB_ITEM)
prepared.passes("as it should be", unchanged, "drill-plan", "OnlineAll", "Domain, Private", evidence="tested")
prepared.passes("let through everywhere", seen(rdp_profiles=("Any",)))
prepared.passes("let through in public as well", seen(rdp_profiles=("Domain", "Private", "Public")))
prepared.passes("an older drill saw it otherwise", add(another("old", 200, OFFLINE)))
prepared.passes("a newer drill did not look", add(another("new", 1)))
prepared.fails("the newest saw it otherwise", add(another("new", 1, OFFLINE)), "drill new", "SAN policy OfflineAll")
prepared.fails("disks stay offline", seen(san_policy="OfflineShared"), "SAN policy OfflineShared", "OnlineAll")
prepared.fails("nobody may sign in", seen(rdp_enabled=False), "Remote Desktop is off")
prepared.fails("closed without domain", seen(rdp_profiles=("Domain", "Public")), "in the profile Private")
prepared.fails("closed in the domain", seen(rdp_profiles=("Private",)), "in the profile Domain")
prepared.fails("closed everywhere", seen(rdp_profiles=()), "Domain, Private")
prepared.fails("a restart waits", seen(pending_reboot=("RebootPending",)), "restart pending: RebootPending")
prepared.fails("a route of the old site", seen(persistent_routes=(ROUTE,)), f"persistent route: {ROUTE}")
prepared.fails("a proxy of the old site", seen(winhttp_proxy="proxy:8080"), "WinHTTP proxy proxy:8080")
prepared.fails("one thing bad, others untold", seen(rdp_enabled=False, winhttp_proxy=None, san_policy=""), "is off")
prepared.unknown("no SAN policy told", seen(san_policy=""), "its SAN policy")
prepared.unknown("Remote Desktop not told", seen(rdp_enabled=None), "Remote Desktop")
prepared.unknown("the firewall not told", seen(rdp_profiles=None), "the firewall")
prepared.unknown("restarts not told", seen(pending_reboot=None), "pending restarts")
prepared.unknown("routes not told", seen(persistent_routes=None), "persistent routes")
prepared.unknown("the proxy not told", seen(winhttp_proxy=None), "a WinHTTP proxy")
prepared.unknown(
    "it never answered", add(another("new", 1, looked_into(names.WEB_VM, "PAY-WEB01", None))), "never read"
)
prepared.unknown("no machine told", change(ProtectedItem, names.WEB_ITEM, vm_id=""), "does not tell which machine")
prepared.unknown("records unread", lose(DrillRecord, "estate:estate"), "DrillRecord", also=BOTH)
prepared.skips("no drill looked into it", unchanged, "declare a baseline probe", subject=names.DB_ITEM)
prepared.skips("no drill at all", drop(DrillRecord), "no drill has looked", also=BOTH)
prepared.skips(
    "looked into a machine of another id", change(ProtectedItem, names.WEB_ITEM, vm_id=names.AUX_VM), "no drill"
)
prepared.skips(
    "to another site", change(ProtectedItem, names.WEB_ITEM, provider="HyperVReplica2012"), "not go to Azure"
)
prepared.unknown(
    "what replicates it not told", change(ProtectedItem, names.WEB_ITEM, provider=""), "what replicates it"
)
prepared.skips("nothing is protected", together(drop(ProtectedItem)), subject="estate")

CASES = prepared.cases
