"""Would a machine be reached once it runs in Azure: are its disks online, and does it let people in?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure_targets import TO_AZURE, by_provider
from drcheck.topology.base import Topology
from drcheck.topology.drills import DrillRecord, GuestBaseline
from drcheck.topology.rehearsals import baselines
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Severity

EXPECTED = (
    "SAN policy OnlineAll, Remote Desktop enabled and let through in the profiles Domain and Private, no restart "
    "pending, no persistent route, no WinHTTP proxy"
)
PROFILES = ("Domain", "Private")
"""Those of a network with its own domain controllers, and of one without; ``Any`` stands for all."""


@check(
    "DR-ASR-009",
    "The guest of a protected item is prepared to be reached after failover",
    severity=Severity.MEDIUM,
    why=(
        "A machine that comes up in another place has other disks and another network: data disks stay offline, routes "
        "and proxies of the old site lead nowhere, a pending update runs at the first start, and nobody can sign in to "
        "mend it."
    ),
    source="Microsoft, Prepare Azure resources: connect to Azure VMs after failover; Upload a VHD: Windows settings",
    remedy=(
        "Set the guest up for both places, in production: Set-StorageSetting -NewDiskPolicy OnlineAll, Remote Desktop "
        "with its firewall rules, no persistent routes (route print), netsh winhttp reset proxy; restart it."
    ),
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.9"),
)
def check_guest_prepared(item: ProtectedItem, topology: Topology) -> Outcome:
    """By what a ``baseline`` probe read in the newest recovered copy; who was never looked into is not judged.

    Left out: Linux guests, which the probe does not ask, and updates that wait without asking for a restart. A restart
    that was pending in production may have happened when the copy came up: what still is pending counts.
    """
    if by_provider(item) != TO_AZURE:
        raise NotApplicable(f"{item.name} does not go to Azure ({item.provider})")
    topology.require(DrillRecord)
    if not item.vm_id:
        raise Unknown(f"the vault does not tell which machine {item.name} is, so no drill can be found for it")
    found = baselines(topology).get(item.vm_id)
    if found is None:
        raise NotApplicable(f"no drill has looked into {item.name}; declare a baseline probe of it to have it judged")
    record, probe = found
    said = probe.baseline
    if said is None:
        raise Unknown(f"the baseline probe of drill {record.key} never read how {item.name} is set up")
    faults = list(_faults(said))
    about = f"{item.name}, in drill {record.key}"
    if faults:
        what = "; ".join(faults)
        return failed(f"{about}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(record,))
    lacking = _untold(said)
    if lacking:
        raise Unknown(f"{about}: nothing is told of {', '.join(lacking)}")
    what = f"SAN policy {said.san_policy}, Remote Desktop in {', '.join(said.rdp_profiles or ())}"
    return passed(f"{about}: {what}", observed=what, expected=EXPECTED, facts=(record,), tested=True)


def _faults(said: GuestBaseline) -> Iterator[str]:
    if said.san_policy and said.san_policy != "OnlineAll":
        yield f"SAN policy {said.san_policy}"
    if said.rdp_enabled is False:
        yield "Remote Desktop is off"
    if said.rdp_profiles is not None and "Any" not in said.rdp_profiles:
        closed = [one for one in PROFILES if one not in said.rdp_profiles]
        if closed:
            yield f"the firewall does not let Remote Desktop through in the profile {', '.join(closed)}"
    for what, found in (("restart pending", said.pending_reboot), ("persistent route", said.persistent_routes)):
        if found:
            yield f"{what}: {', '.join(found)}"
    if said.winhttp_proxy:
        yield f"WinHTTP proxy {said.winhttp_proxy}"


def _untold(said: GuestBaseline) -> list[str]:
    told: dict[str, object] = {
        "its SAN policy": said.san_policy or None,
        "Remote Desktop": said.rdp_enabled,
        "the firewall": said.rdp_profiles,
        "pending restarts": said.pending_reboot,
        "persistent routes": said.persistent_routes,
        "a WinHTTP proxy": said.winhttp_proxy,
    }
    return [name for name, value in told.items() if value is None]
