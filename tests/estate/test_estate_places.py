"""Sites with rules, and what has to be reached from them: every mistake at its place."""

from pathlib import Path

import pytest

from drcheck.errors import EstateError
from drcheck.estate import Estate, load
from drcheck.topology.base import Target

HEAD = """\
version: 1
name: x
windows: {credentials: {default: {username: u, password_env: PASSWORD}}}
"""
GOOD = """\
sites:
  london: {role: primary, hosts: ["*.lon.lab"], host_groups: ['All Hosts\\London*'], subnets: [10.10.0.0/16]}
  leeds: {role: secondary, hosts: ["*.lds.lab"], ad_sites: [Leeds], fault_domains: [Leeds], subnets: [10.20.0.0/16]}
  azure: {role: azure, regions: [uksouth], names: ["stwitness*"]}
endpoints: {identity: [DC1.lds.lab]}
reachability:
  leeds:
    observers: [hv1.lds.lab, hv2.lds.lab]
    to: ["ag.lab:1433", "https://management.azure.com", "https://proxy.lab:8443/"]
    dns_servers: [10.20.0.10]
    names: [vmm.lab]
"""
WRONG = """\
sites:
  london: {role: primary, hosts: ["*.lab"], ad_sites: [One], subnets: [10.10.0.0/16]}
  leeds: {role: secondary, hosts: ["hv1*", "*.LAB"], ad_sites: [one], subnets: [10.10.20.0/24, 10.20.0.1/16]}
  york: {role: witness, host_groups: [York], subnets: [10.10.30.0/24]}
  bath: {role: witness}
endpoints: {hyperv: [hv1.lab]}
reachability:
  leds: {observers: [hv1.lab], to: ["hv2.lab"], names: [a.lab]}
  leeds: {observers: [], to: ["https://x.lab/path"]}
"""
TOLD = """\
estate.yaml:6:44: sites.leeds.hosts[1]: *.LAB already belongs to the site london
estate.yaml:6:65: sites.leeds.ad_sites[0]: one already belongs to the site london
estate.yaml:6:96: sites.leeds.subnets[1]: '10.20.0.1/16' is not a prefix like 10.20.0.0/16: \
10.20.0.1/16 has host bits set
estate.yaml:7:56: sites.york.subnets[0]: 10.10.30.0/24 already belongs to the site london
estate.yaml:8:9: sites.bath: a site with the role witness needs hosts, or another rule that says what is there
estate.yaml:11:9: reachability.leds: 'leds' is not a declared site; did you mean 'leeds'?
estate.yaml:11:37: reachability.leds.to[0]: 'hv2.lab' is neither HOST:PORT nor an https:// address without a path
estate.yaml:12:22: reachability.leeds.observers: List should have at least 1 item after validation, not 0
estate.yaml:12:31: reachability.leeds.to[0]: 'x.lab/path' is not a host name
"""


def read(tmp_path: Path, text: str) -> Estate:
    path = tmp_path / "estate.yaml"
    path.write_text(HEAD + text)
    return load(path, {"PASSWORD": "secret"})


def mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(EstateError) as caught:
        read(tmp_path, text)
    return [problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems]


def test_rules_are_read(tmp_path: Path) -> None:
    london, leeds, azure = read(tmp_path, GOOD).sites
    assert (london.host_groups, london.subnets) == (("All Hosts\\London*",), ("10.10.0.0/16",))
    assert (leeds.ad_sites, leeds.fault_domains) == (("Leeds",), ("Leeds",))
    assert azure.names == ("stwitness*",)


def test_every_observer_tries_everything(tmp_path: Path) -> None:
    targets = read(tmp_path, GOOD).endpoints
    assert targets[0] == Target(role="identity", endpoint="dc1.lds.lab")
    for observer in ("hv1.lds.lab", "hv2.lds.lab"):
        mine = {(one.role, one.endpoint) for one in targets if one.via == (observer,)}
        assert mine == {
            ("reach", f"{observer}>ag.lab:1433"),
            ("reach", f"{observer}>management.azure.com:443/tls"),
            ("reach", f"{observer}>proxy.lab:8443/tls"),
            ("dns", f"{observer}>10.20.0.10/vmm.lab"),
        }
    assert len(targets) == 9


def test_every_mistake_is_told_at_its_place(tmp_path: Path) -> None:
    told = mistakes(tmp_path, WRONG)
    assert told == TOLD.splitlines()


def test_a_machine_in_the_file_is_at_one_site(tmp_path: Path) -> None:
    told = mistakes(
        tmp_path,
        GOOD.replace('"*.lds.lab"', '"*.lds.lab", "hv*"').replace("identity: [DC1.lds.lab]", "hyperv: [hv1.lon.lab]"),
    )
    assert told == [
        "estate.yaml:8:22: endpoints.hyperv[0]: hv1.lon.lab belongs to london and leeds by the hosts of these sites"
    ]


@pytest.mark.parametrize("to", ["host", "host:0", "host:65536", "host:x", ":443", "https://host/path", "http://host"])
def test_what_is_no_destination(tmp_path: Path, to: str) -> None:
    text = GOOD.replace("ag.lab:1433", to)
    (told,) = mistakes(tmp_path, text)
    assert told.startswith("estate.yaml:12:10: reachability.leeds.to[0]: ")


def test_names_need_a_server_to_be_asked(tmp_path: Path) -> None:
    told = mistakes(tmp_path, GOOD.replace("    dns_servers: [10.20.0.10]\n", ""))
    assert told == ["estate.yaml:11:5: reachability.leeds: names and dns_servers belong together"]


def test_an_observer_needs_a_credential(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    path.write_text(
        HEAD.replace("windows: {credentials: {default: {username: u, password_env: PASSWORD}}}\n", "") + GOOD
    )
    with pytest.raises(EstateError) as caught:
        load(path, {})
    assert any("reachability.leeds.observers[0]: there is no credential" in one for one in caught.value.problems)


def test_what_facts_name_is_tried_by_every_observer_but_itself(tmp_path: Path) -> None:
    estate = read(tmp_path, GOOD)
    plain = Target(role="sql", endpoint="sql1.lab")
    assert estate.spread(plain) == (plain,)
    tried = estate.spread(Target(role="reach", endpoint="hv1.lds.lab:80"))
    assert tried == (Target(role="reach", endpoint="hv2.lds.lab>hv1.lds.lab:80", via=("hv2.lds.lab",)),)
    asked = estate.spread(Target(role="dns", endpoint="ag.lab"))
    assert [one.endpoint for one in asked] == [f"{host}>10.20.0.10/ag.lab" for host in ("hv1.lds.lab", "hv2.lds.lab")]
    assert all(estate.spread(one) == (one,) for one in (*tried, *asked))


def test_without_observers_nothing_is_tried(tmp_path: Path) -> None:
    estate = read(tmp_path, GOOD.split("reachability:", maxsplit=1)[0])
    assert estate.spread(Target(role="reach", endpoint="ag.lab:1433")) == ()


def test_an_observer_is_the_machine_that_is_asked_about_what_it_looks_at(tmp_path: Path) -> None:
    looks = [one for one in read(tmp_path, GOOD).endpoints if one.via]
    assert looks
    assert all((one.host,) == one.via for one in looks)
