"""Does discovery follow networks into other subscriptions, and say so when it cannot read them?"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drcheck.discovery.driver import discover
from drcheck.discovery.driver.run import Silent
from drcheck.estate import load
from drcheck.lab.azure.build import vnet_named
from drcheck.lab.azure.network import Peering
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import running
from drcheck.topology.azure import VirtualNetwork
from drcheck.topology.azure_compute import AzureVm
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.declared import DrillNetwork

FOREIGN = "/subscriptions/ffffffff-0000-4000-8000-000000000001"
HUB = f"{FOREIGN}/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub"


@pytest.fixture(scope="module")
def topology(tmp_path_factory: pytest.TempPathFactory) -> Topology:
    """A healthy estate whose recovery network is peered with one of a subscription that nobody gave us."""
    folder: Path = tmp_path_factory.mktemp("foreign")
    world = build("fabrikam")
    vnet_named(world, "vnet-recovery").peerings.append(Peering(name="to-hub", remote=HUB))
    with running(assemble(world)) as lab:
        publish(lab, "fabrikam", folder)
        estate = load(folder / "estate.yaml", dict(os.environ))
        return discover(estate, now=_now, monotonic=time.monotonic, progress=Silent())


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def test_a_peering_leads_to_another_subscription(topology: Topology) -> None:
    assert {target.endpoint for target in topology.targets if target.role == "azure"} > {FOREIGN}


@pytest.mark.parametrize("kind", [VirtualNetwork, AzureVm])
def test_what_cannot_be_read_there_is_a_gap_that_says_why(
    topology: Topology, kind: type[VirtualNetwork] | type[AzureVm]
) -> None:
    (gap,) = [one for one in topology.missing(kind) if one.kind == kind.__name__]
    assert gap.scope == f"azure:{FOREIGN}"
    assert "SubscriptionNotFound" in gap.reason
    with pytest.raises(Unknown, match="SubscriptionNotFound"):
        topology.all(kind)


def test_what_was_read_of_our_own_subscription_stays(topology: Topology) -> None:
    own = next(target for target in topology.targets if target.role == "azure" and target.endpoint != FOREIGN)
    assert {network.name for network in topology.all(VirtualNetwork, own.scope)} > {"vnet-recovery"}


def test_a_drill_network_leads_to_its_subscription(topology: Topology) -> None:
    leads = [lead for network in topology.seen(DrillNetwork) for lead in network.leads()]
    assert {lead.role for lead in leads} == {"azure"}
    assert len(leads) == 1, "a Hyper-V switch leads nowhere"
