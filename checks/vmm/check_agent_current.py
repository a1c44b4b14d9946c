"""Could VMM still order anything of a host?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.vmm import ManagedHost
from drcheck.topology.vmm_fabric import VmmAgent
from drcheck.verdict import Severity

EXPECTED = "an agent that responds and is up to date"


@check(
    "DR-VMM-003",
    "VMM's agent on every Hyper-V host responds and is current",
    severity=Severity.HIGH,
    why=(
        "Site Recovery works on hosts through VMM. A host whose agent is silent or too old keeps its machines in the "
        "inventory, and refuses the first order that matters."
    ),
    source="Microsoft, Set up disaster recovery of Hyper-V VMs in VMM clouds; Get-SCVMMManagedComputer",
    remedy="VMM console > Fabric > Servers > the host > Refresh, then Update Agent (Update-SCVMMManagedComputer).",
    controls=("NIST SP 800-53 CP-2(8)", "ISO/IEC 27001:2022 A.8.9"),
)
def check_agent_current(host: ManagedHost, topology: Topology) -> Outcome:
    """VMM's own word on the agent of this host."""
    agents = topology.where(VmmAgent, "host", host.host)
    if not agents:
        topology.require(VmmAgent, f"vmm:{host.seen.endpoint}")
        raise NotApplicable(f"VMM manages no computer named {host.host}: the host was added without an agent")
    agent = agents[0]
    what = f"agent {agent.agent_version} is {agent.state or 'of no told state'}, {agent.version_state or 'not rated'}"
    if agent.state not in ("", "Responding") or agent.version_state not in ("", "UpToDate"):
        return failed(f"{host.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(agent,))
    if not agent.state or not agent.version_state:
        raise Unknown(f"{host.name}: {what}")
    return passed(f"{host.name}: {what}", observed=what, expected=EXPECTED, facts=(agent,))
