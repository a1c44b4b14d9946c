"""Does the agent that sends data to Azure run on every host that a protected machine may be on?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure_targets import prove_machines_told, waiting
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.vmm import ManagedHost, VmmVm
from drcheck.topology.windows_host import WindowsService
from drcheck.verdict import Severity

EXPECTED = "the service obengine (Microsoft Azure Recovery Services agent) running"


@check(
    "DR-ASR-001",
    "The Recovery Services agent runs on every host of a protected machine's cluster",
    severity=Severity.HIGH,
    why=(
        "A clustered machine is replicated by the host it is on. After a live migration to a host without the agent "
        "its replication stops, and only a warning in the vault tells."
    ),
    source="Microsoft, Set up disaster recovery of Hyper-V VMs to Azure: install the agent on each host",
    remedy="Install MARSAgentInstaller.exe on the host and register it in the vault; Start-Service obengine.",
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.9"),
)
def check_agent_on_hosts(host: ManagedHost, topology: Topology) -> Outcome:
    """Hosts that hold a protected machine, and all others of their clusters.

    Not judged: the agent's version and the vault it is registered in, which the service tells of no VMM host.
    """
    reason = _reason(topology, host)
    if not reason:
        topology.require(VmmVm)
        topology.require(ManagedHost)
        prove_machines_told(topology)
        raise NotApplicable(f"no machine that Site Recovery sends to Azure is on {host.name} or its cluster")
    agent = topology.get(WindowsService, f"{host.host}/obengine")
    if agent is None:
        topology.require(WindowsService, f"hyperv:{host.host}")
    elif not agent.state:
        raise Unknown(f"whether obengine runs on {host.name} was not told")
    what = f"{agent.state if agent else 'not installed'}, and {reason}"
    if agent is None or agent.state != "Running":
        return failed(f"{host.name}: obengine is {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    return passed(f"{host.name}: obengine is {what}", observed=what, expected=EXPECTED, facts=(agent,))


def _reason(topology: Topology, host: ManagedHost) -> str:
    """Why a host must have the agent; empty when none was seen."""
    busy = topology.memo("hosts sending to Azure", lambda: _senders(topology))
    if host.host in busy:
        return f"{busy[host.host]} is on it"
    for mate in topology.seen(ManagedHost):
        if host.cluster and mate.cluster == host.cluster and mate.host in busy:
            return f"{busy[mate.host]} of its cluster {host.cluster} may come to it"
    return ""


def _senders(topology: Topology) -> dict[str, str]:
    sent = {item.vm_id for item in topology.seen(ProtectedItem) if waiting(item)}
    return {vm.host: vm.name for vm in topology.seen(VmmVm) if vm.key in sent}
