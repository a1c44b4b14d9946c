"""Ways between sites: what is declared becomes facts, and every mistake is told at its place."""

from pathlib import Path

import pytest

from drcheck.discovery.driver import look
from drcheck.errors import EstateError
from drcheck.estate import Estate, load
from drcheck.topology.links import SiteLink
from tests.pretend_machines import Pretend, Ticking

HEAD = """\
version: 1
name: x
windows: {credentials: {default: {username: u, password_env: PASSWORD}}}
sites:
  london: {role: primary, hosts: ["*.lon.lab"]}
  leeds: {role: secondary, hosts: ["*.lds.lab"]}
endpoints: {hyperv: [hv1.lon.lab]}
"""
WRONG = """\
links:
  - {between: [london, leads], mbps: 10}
  - {between: [london, london], mbps: 10}
  - {between: [london, leeds], mbps: 0}
  - {between: [leeds, london], mbps: 10}
  - {between: [london, leeds], mbps: 20}
  - {between: [london]}
"""
TOLD = """\
estate.yaml:9:24: links[0].between[1]: 'leads' is not a declared site; did you mean 'leeds'?
estate.yaml:10:15: links[1].between: the link between london and london leads nowhere else
estate.yaml:11:38: links[2].mbps: must be greater than 0, not 0
estate.yaml:13:15: links[4].between: the link between leeds and london is declared twice
estate.yaml:14:5: links[5].mbps: is missing
estate.yaml:14:15: links[5].between: List should have at least 2 items after validation, not 1
"""


def read(tmp_path: Path, text: str) -> Estate:
    path = tmp_path / "estate.yaml"
    path.write_text(HEAD + text)
    return load(path, {"PASSWORD": "secret"})


def test_a_link_becomes_a_fact(tmp_path: Path) -> None:
    whole = read(tmp_path, "links: [{between: [london, leeds], mbps: 500}]\n")
    clock = Ticking()
    given = Estate(path=whole.path, name="x", sites=whole.sites, endpoints=(), links=whole.links)
    topology = look(given, (), now=clock.now, monotonic=clock.monotonic, via=Pretend().transports())
    (link,) = topology.all(SiteLink)
    assert (link.key, link.name, link.sites) == ("leeds<>london", "leeds - london", ("leeds", "london"))
    assert link.bytes_per_second == 62_500_000


def test_no_link_has_to_be_declared(tmp_path: Path) -> None:
    assert read(tmp_path, "").links == ()


def test_every_mistake_is_told_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(EstateError) as caught:
        read(tmp_path, WRONG)
    assert [problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems] == TOLD.splitlines()
