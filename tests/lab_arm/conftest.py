"""A small estate behind a real TLS socket, and the unmodified Azure SDK as its client."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.rest import HttpRequest
from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient

from drcheck.lab.arm import make_app
from drcheck.lab.azure.build import (
    add_plan,
    add_vnet,
    item_id,
    make_azure,
    map_network,
    plan_id,
    protect,
    protect_cloud,
    vault_id,
    vnet_id,
)
from drcheck.lab.azure.state import AzureWorld, azure_of
from drcheck.lab.running.server import Lab, running
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import Cloud, Disk, Nic, Vm, VmmServer, VmNetwork, World

SITE_RECOVERY = "2025-08-01"
COMPUTE = "2024-07-01"
DONE = {"Succeeded", "Failed", "Cancelled", "CompletedWithInformation", "PartiallySucceeded"}
LONG = 60.0
"""Real seconds after which something that should have happened never will."""
PAUSE = 0.02
"""Real seconds between two questions."""


def small_world(vms: int = 3) -> World:
    """One VMM server, two clouds (one protected), VMs of the protected one, a plan in two groups, two VNets."""
    world = World(name="lab-arm", seed=7)
    clouds = [Cloud(id=world.id_for("cloud", name), name=name) for name in ("gold", "silver")]
    network = VmNetwork(id=world.id_for("network", "corp"), name="corp", logical_network="core")
    server = VmmServer(name="vmm01.lon.contoso.lab", host="vmm01.lon.contoso.lab", clouds=clouds, networks=[network])
    world.vmm.append(server)
    for number in range(1, vms + 1):
        name = f"PAY{number:02d}"
        vm = Vm(
            id=world.id_for("vm", name),
            vmm_id=world.id_for("vmm-vm", name),
            name=name,
            host="hv1.lon.contoso.lab",
            cloud_id=clouds[0].id,
            disks=[Disk(path=rf"C:\vm\{name}.vhdx"), Disk(path=rf"C:\vm\{name}-data.vhdx", size_gb=100)],
            nics=[Nic(id=world.id_for("nic", name), network_id=network.id)],
            services=("W3SVC",),
        )
        world.vms[vm.id] = vm
    make_azure(world)
    protect_cloud(world, "gold")
    add_vnet(world, "vnet-prod", ["10.20.0.0/16"], {"web": "10.20.1.0/24", "app": "10.20.2.0/24"})
    add_vnet(world, "vnet-test", ["10.99.0.0/16"], {"web": "10.99.1.0/24", "app": "10.99.2.0/24"})
    map_network(world, "corp", "vnet-prod")
    for vm in world.vms.values():
        protect(world, vm, subnet="web", last_test_days=30)
    names = [vm.name for vm in world.vms.values()]
    add_plan(world, "rp-payments", [names[:1], names[1:3]], last_test_days=30)
    return world


class ServedArm:
    """The simulated ARM of a world, served on a loopback port from a thread of its own."""

    def __init__(self, lab: Lab, ca_file: Path) -> None:
        self.world = lab.world
        self.clock = lab.clock
        self.azure: AzureWorld = azure_of(lab.world)
        self.ca_file = ca_file
        self.url = f"https://127.0.0.1:{lab.arm_port}"
        self.clients: list[SiteRecoveryManagementClient] = []

    def client(self, token: str | None = None, **options: object) -> SiteRecoveryManagementClient:
        """Microsoft's client, pointed here and trusting our authority; nothing else about it is changed."""
        settings: dict[str, Any] = {
            "connection_verify": str(self.ca_file),
            "retry_total": 0,
            "polling_interval": 1,
            **options,
        }
        credential = StaticToken(token or self.azure.token)
        client = SiteRecoveryManagementClient(credential, self.azure.subscription, base_url=self.url, **settings)
        self.clients.append(client)
        return client

    def post(self, path: str, body: Any = None, version: str = SITE_RECOVERY) -> Any:
        """Send an order; the answer, whatever it is."""
        request = HttpRequest("POST", f"{path}?api-version={version}", json=body or {"properties": {}})
        return self._any_client().send_request(request)

    def get(self, path: str, version: str = SITE_RECOVERY) -> Any:
        """Read something; the body, whatever the status."""
        return self._any_client().send_request(HttpRequest("GET", f"{path}?api-version={version}")).json()

    def request(self, network: str, *, plan: bool = False, **details: Any) -> dict[str, Any]:
        """The body of a test failover; a plan's has its details in a list."""
        given = {"instanceType": "HyperVReplicaAzure", **details}
        properties = {
            "failoverDirection": "PrimaryToRecovery",
            "networkType": "VmNetworkAsInput",
            "networkId": network,
            "providerSpecificDetails": [given] if plan else given,
        }
        return {"properties": properties}

    def start_item(self, vm: str = "PAY01", **details: Any) -> Any:
        """Order the test failover of a machine into the test network."""
        body = self.request(vnet_id(self.world, "vnet-test"), **details)
        return self.post(f"{item_id(self.world, vm)}/testFailover", body)

    def start_plan(self, **details: Any) -> Any:
        """Order the test failover of the plan into the test network."""
        body = self.request(vnet_id(self.world, "vnet-test"), plan=True, **details)
        return self.post(f"{plan_id(self.world, 'rp-payments')}/testFailover", body)

    def item(self, vm: str = "PAY01") -> Any:
        """Properties of a protected item."""
        return self.get(item_id(self.world, vm))["properties"]

    def plan(self) -> Any:
        """Properties of the plan."""
        return self.get(plan_id(self.world, "rp-payments"))["properties"]

    def job_of(self, answer: Any) -> str:
        """Name of the job that an order has begun."""
        assert answer.status_code == 202, answer.text()
        return str(answer.headers["Azure-AsyncOperation"]).partition("?")[0].rpartition("/")[2]

    def job(self, name: str) -> Any:
        """Properties of a job."""
        return self.get(f"{vault_id(self.world)}/replicationJobs/{name}")["properties"]

    def finish(self, answer: Any) -> Any:
        """Properties of the job that an order has begun, once it is over."""
        name = self.job_of(answer)
        return self.wait_for(lambda: self.job(name), lambda found: found["state"] in DONE)

    def wait_for(self, question: Callable[[], Any], what: Callable[[Any], bool]) -> Any:
        """Ask until the answer is what is waited for."""
        deadline, answer = time.monotonic() + LONG, None
        while time.monotonic() < deadline:
            answer = question()
            if what(answer):
                return answer
            time.sleep(PAUSE)
        raise AssertionError(f"it never came: {answer}")

    def run(self, machine: str, script: str) -> str:
        """What a script says in a machine."""
        body = {"commandId": "RunPowerShellScript", "script": [script]}
        answer = self.post(f"{machine}/runCommand", body, COMPUTE)
        assert answer.status_code == 202, answer.text()
        status = answer.headers["Azure-AsyncOperation"].removeprefix(self.url).partition("?")[0]
        done = self.wait_for(lambda: self.get(status, COMPUTE), lambda found: found["status"] != "InProgress")
        out, err = done["properties"]["output"]["value"]
        return str(out["message"] or err["message"])

    def _any_client(self) -> SiteRecoveryManagementClient:
        return self.clients[0] if self.clients else self.client()


class StaticToken:
    """A credential that always has the same token."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        """The token, good for an hour."""
        return AccessToken(self.token, int(time.time()) + 3600)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., ServedArm]]:
    """Serve a world; everything is stopped at the end of the test."""
    with ExitStack() as stack:

        def start(world: World, speed: float = 2000.0) -> ServedArm:
            clock = LabClock(speed=speed)
            lab = stack.enter_context(running(Lab(world, clock, arm=make_app(world, clock))))
            ca_file = tmp_path / "ca.pem"
            lab.authority.write(ca_file)
            served = ServedArm(lab, ca_file)
            stack.callback(_close, served)
            return served

        yield start


def _close(served: ServedArm) -> None:
    for client in served.clients:
        client.close()


@pytest.fixture
def arm(serve: Callable[..., ServedArm]) -> ServedArm:
    """The small estate, in which a day passes in 43 seconds."""
    return serve(small_world())


@pytest.fixture
def estate() -> Callable[..., World]:
    """Build the small estate, with as many VMs as wanted."""
    return small_world
