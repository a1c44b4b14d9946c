"""A small estate, two checks of it, and a way to run them in a pytest of their own."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import drcheck.pytest_plugin.drills
import drcheck.pytest_plugin.session
import drcheck.pytest_plugin.xdist  # noqa: F401 - see below
from drcheck import data as data_package
from drcheck import topology as topology_package
from drcheck.extensions import modules
from drcheck.snapshot import save
from drcheck.topology.base import Fact, Gap, Looked, Seen, Target, Topology
from drcheck.topology.declared import Application, DeclaredEndpoint, Site
from drcheck.topology.vmm import Cloud, VmmVm

# pytester forgets, after each session in this process, what was imported during it: imported again, a kind of fact
# would be another class of the same name. What sessions import late is therefore imported here.
list(modules(topology_package))
list(modules(data_package))

AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)

CHECK = '''
"""Is every VM in order?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Severity


@check("DR-TST-001", "Every VM is in order", severity=Severity.HIGH, why="w", source="s", remedy="tidy up", controls=())
def check_order(subject: VmmVm) -> Outcome:
    """The VM's state says what the test wants to see."""
    if subject.status == "dark":
        raise Unknown("it is too dark to see")
    if subject.status == "fog":
        raise NotApplicable("it is a fog")
    if subject.status == "bad":
        return failed("it is a mess", observed="mess", expected="order")
    if subject.status == "so-so":
        return warned("it is dusty", observed="dust", expected="order")
    return passed("it is fine", observed="order", expected="order")
'''

CLOUDS = """
from drcheck.check import Outcome, check, passed
from drcheck.topology.vmm import Cloud
from drcheck.verdict import Severity


@check("DR-TST-002", "Every cloud floats", severity=Severity.LOW, why="w", source="s", remedy="lift it", controls=())
def check_float(subject: Cloud) -> Outcome:
    return passed("floats", observed="up", expected="up")
"""

UNREACHED = """
version: 1
name: test
sites: {london: {role: primary, hosts: ["*.lon"]}, leeds: {role: secondary, hosts: ["*.lds"]}}
endpoints: {hyperv: [hv1.lds]}
windows:
  credentials: {default: {username: u, password_file: password}}
  transport: basic
  ca_file: ca.pem
  connect_seconds: 1
  hosts: {hv1.lds: {address: 127.0.0.1, port: 9}}
drill_networks: {hyperv: ["Isolated"]}
drills:
  - {name: one, kind: hyperv-replica, vm: A, switch: Isolated, probes: [{kind: heartbeat}], seconds: 60}
"""
"""An estate.yaml whose only host does not answer, with a drill that needs no answer where its runner is another."""

Run = Callable[..., pytest.RunResult]


def seen(endpoint: str = "vmm01") -> Seen:
    return Seen(source="test", endpoint=endpoint, query="Get-SCVirtualMachine", at=AT)


def vm(name: str, status: str = "ok") -> VmmVm:
    return VmmVm(
        key=f"id-{name.lower()}", seen=seen(), name=name, vmm_id="", host="hv1.lon", cloud_id="", status=status,
        is_test_replica=False, is_recovery=False,
    )  # fmt: skip


def application(name: str, tier: int, pattern: str) -> Application:
    return Application(
        key=name, seen=seen("estate"), name=name, tier=tier, owner="o", rto_seconds=1, rpo_seconds=1,
        vm_names=(pattern,),
    )  # fmt: skip


def estate(*facts: Fact, gaps: tuple[Gap, ...] = (), as_of: datetime = AT) -> Topology:
    declared = [application("payments", 1, "PAY-*"), application("identity", 0, "DC*")]
    site = Site(key="london", seen=seen("estate"), name="london", role="primary", hosts=("*.lon",))
    kinds: list[type[Fact]] = [VmmVm, Cloud]
    looks = [Looked(kind=kind.__name__, scope="vmm:vmm01", seen=seen()) for kind in kinds]
    looks += [
        Looked(kind=k.__name__, scope="estate:estate", seen=seen()) for k in (DeclaredEndpoint, Site, Application)
    ]
    blind = {gap.kind for gap in gaps}
    return Topology(
        facts=[*facts, *declared, site],
        gaps=gaps,
        looked=[look for look in looks if look.kind not in blind],
        targets=[Target(role="estate", endpoint="estate"), Target(role="vmm", endpoint="vmm01")],
        as_of=as_of,
    )


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run checks on an estate; arguments are added to the command line."""
    files = {"vmm/check_order": CHECK, "vmm/check_float": CLOUDS}
    for name, text in files.items():
        path = pytester.path / "checks" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def start(
        topology: Topology, *arguments: str, paths: tuple[str, ...] = ("checks",), old: bool = True
    ) -> pytest.RunResult:
        save(topology, pytester.path / "it.snapshot")
        accepted = ("--as-of-snapshot",) if old else ()
        start_ = pytester.runpytest_subprocess if "-n" in arguments else pytester.runpytest_inprocess
        return start_(*paths, "--snapshot", "it.snapshot", "--no-html", *accepted, *arguments)

    return start


def run_json(where: Path) -> dict[str, Any]:
    return read_run(where / "reports" / "latest")


def read_run(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return document


def verdicts(document: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    return {(each["check"], each["subject"]["name"]): each["verdict"] for each in document["findings"]}
