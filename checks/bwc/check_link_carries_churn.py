"""Does the link between two sites carry what changes, with room to grow?"""

from drcheck.check import NotApplicable, Outcome, check, failed, passed, warned
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.declared import Site
from drcheck.topology.links import SiteLink, Traffic, Way, average, peak, traffic
from drcheck.verdict import Severity

MBIT = 8 / 1e6


@check(
    "DR-BWC-002",
    "The link between two sites carries what is replicated over it, with a margin",
    severity=Severity.HIGH,
    why=(
        "A link that is full makes every recovery point older with each cycle, at first in the busy hours only. It is "
        "also what everything has to come back over."
    ),
    source="Microsoft, Hyper-V Replica capacity planning; Azure Site Recovery deployment planner (growth factor 30 %)",
    remedy=(
        "More bandwidth; another share for replication (New-NetQosPolicy, Set-OBMachineSetting); longer cycles, or "
        "scratch disks left out, for what can bear it. Correct `links` in estate.yaml when it is out of date."
    ),
    controls=("NIST SP 800-53 CP-2(2)", "NIST SP 800-53 CP-8", "DORA Art. 7", "ISO/IEC 27001:2022 A.8.6"),
)
def check_link_carries_churn(link: SiteLink, topology: Topology, policy: Policy) -> Outcome:
    """What Hyper-V hosts sent in their current monitoring window, each way, against the bandwidth in ``links``.

    Too little for the average with the margin fails; enough for that and not for all largest cycles at once is a
    warning. Hosts tell average and maximum of up to 12 hours, so that neither a 95th percentile nor last week's peak is
    known; whether the sizes are those before or after compression is unverified. What Site Recovery sends to Azure is
    told by nothing that is read: a link to Azure is not judged.
    """
    _between_hosts(link, topology)
    factor = 1 + policy.churn_growth_percent / 100
    expected = f"{link.mbps:g} Mbit/s for what is sent and {policy.churn_growth_percent:g} % more"
    seen = traffic(topology, link)
    full = [way for way, sent in seen.ways.items() if sum(map(average, sent)) * factor > link.bytes_per_second]
    if full:
        what = "; ".join(f"{_load(way, seen)} on average" for way in full)
        return failed(f"{link.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    seen.require(topology)
    used = [way for way, sent in seen.ways.items() if sent]
    if not used:
        raise NotApplicable(f"{link.name}: no Hyper-V host replicates over it")
    what = "; ".join(_described(way, seen, link) for way in used)
    tight = any(sum(map(peak, seen.ways[way])) * factor > link.bytes_per_second for way in used)
    judge = warned if tight else passed
    return judge(f"{link.name}: {what}; allowed: {expected}", observed=what, expected=expected)


def _between_hosts(link: SiteLink, topology: Topology) -> None:
    if any(site.role == "azure" for site in topology.seen(Site) if site.name in link.sites):
        raise NotApplicable(f"{link.name}: what Site Recovery sends to Azure is told by nothing that is read")


def _described(way: Way, seen: Traffic, link: SiteLink) -> str:
    """The load, and the age that recovery points reach by the largest cycles alone."""
    sent = seen.ways[way]
    wait = sum(one.maximum_bytes or 0 for one in sent) / link.bytes_per_second
    longest = max((one.frequency_seconds for one in sent), default=0)
    return (
        f"{_load(way, seen)} on average and {sum(map(peak, sent)) * MBIT:.1f} at most, which makes a recovery point "
        f"up to {human(longest + wait)} old, {human(longest + wait / 0.9)} with 90 % of the link"
    )


def _load(way: Way, seen: Traffic) -> str:
    sent = seen.ways[way]
    return f"{way[0]} to {way[1]}: {len(sent)} replications send {sum(map(average, sent)) * MBIT:.1f} Mbit/s"
