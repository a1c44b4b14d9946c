"""Could VMM still order anything of a host?"""

from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.vmm import ManagedHost
from drcheck.topology.vmm_fabric import VmmAgent
from drcheck.verdict import Severity

EXPECTED = "an agent that responds and is up to date"
GOOD = ("Responding", "UpToDate")


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
    """The word on its agent of the VMM server that told of this host, and of no other that has had it."""
    known = topology.where(VmmAgent, "host", host.host)
    agents = tuple(agent for agent in known if agent.seen.endpoint == host.seen.endpoint)
    what = "; ".join(_words(agent) for agent in agents)
    if any(agent.state not in ("", GOOD[0]) or agent.version_state not in ("", GOOD[1]) for agent in agents):
        return failed(f"{host.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=agents)
    topology.require(VmmAgent, f"vmm:{host.seen.endpoint}")
    if not agents:
        raise Unknown(f"VMM has the host {host.host}, and does not tell of its agent")
    if any((agent.state, agent.version_state) != GOOD for agent in agents):
        raise Unknown(f"{host.name}: {what}")
    return passed(f"{host.name}: {what}", observed=what, expected=EXPECTED, facts=agents)


def _words(agent: VmmAgent) -> str:
    return f"agent {agent.agent_version} is {agent.state or 'of no told state'}, {agent.version_state or 'not rated'}"
