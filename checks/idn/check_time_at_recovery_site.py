"""Would clocks at the recovery site stay right, so that Kerberos tickets are taken?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.base import Clock, Topology
from drcheck.topology.directory import RECOVERY_ROLES
from drcheck.topology.identity import ControllerService
from drcheck.topology.sites import site_of
from drcheck.verdict import Severity

SYNCED = ("NT5DS", "NTP", "AllSync")


@check(
    "DR-IDN-101",
    "Controllers at the recovery site follow a time source and are right within five minutes",
    severity=Severity.MEDIUM,
    why=(
        "Kerberos refuses tickets when clocks differ by more than five minutes, and every member of the domain takes "
        "its time from a controller. A wrong one there locks out everything that was recovered."
    ),
    source="Microsoft, Windows Time service; Microsoft, Maximum tolerance for computer clock synchronization",
    remedy=(
        "w32tm /config /syncfromflags:domhier /update (or /manualpeerlist:<servers> /syncfromflags:manual on the PDC "
        "emulator), then w32tm /resync."
    ),
    controls=("NIST SP 800-53 AU-8", "ISO/IEC 27001:2022 A.8.17"),
)
def check_time_at_recovery_site(service: ControllerService, topology: Topology, policy: Policy) -> Outcome:
    """Read where the controller takes its time from, and how far its clock was off when it was asked.

    Whether the source itself survives the primary site is left out: the head of a domain's hierarchy moves with the
    role of the PDC emulator.
    """
    site = site_of(topology, service.host)
    if site.role not in RECOVERY_ROLES:
        raise NotApplicable(f"{service.host} is at {site.name}, which is no recovery site")
    limit = policy.kerberos_skew_max
    expected = f"a time source, and at most {human(limit)} off"
    clock = next((one for one in topology.clocks if one.endpoint == service.host), None)
    faults = list(_faults(service, clock, limit))
    if faults:
        what = "; ".join(faults)
        return failed(f"{service.host}: {what}; allowed: {expected}", observed=what, expected=expected)
    if service.time_type is None or (service.time_type == "NTP" and service.time_servers is None):
        raise Unknown(f"{service.host} does not tell whom its time service follows")
    if clock is None:
        raise Unknown(f"nobody measured the clock of {service.host}")
    if abs(clock.offset_seconds) + clock.uncertainty_seconds > limit:
        raise Unknown(f"the clock of {service.host} is too close to {human(limit)} off to call")
    what = f"{service.time_type}, {human(abs(clock.offset_seconds))} off"
    return passed(f"{service.host}: {what}; allowed: {expected}", observed=what, expected=expected)


def _faults(service: ControllerService, clock: Clock | None, limit: float) -> Iterator[str]:
    if service.time_type is not None and service.time_type not in SYNCED:
        yield f"it follows nobody ({service.time_type})"
    if service.time_type == "NTP" and service.time_servers == ():
        yield "it follows servers, and none is named"
    if clock and abs(clock.offset_seconds) - clock.uncertainty_seconds > limit:
        yield f"its clock is {human(abs(clock.offset_seconds))} off"
