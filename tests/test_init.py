"""A first estate.yaml: found on a lab, completed by hand, and good for a check."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from drcheck.cli import main
from drcheck.errors import EstateError
from drcheck.estate import load
from drcheck.lab.azure.state import azure_of
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import Lab, running
from drcheck.lab.telling.canaries import dismiss_guard
from drcheck.proposal import FILL_IN
from drcheck.proposal.text import quoted

VALUES = {"tier": "1", "owner": "Platform team", "rto": "4h", "rpo": "15m"}


@contextmanager
def served(name: str, folder: Path) -> Iterator[Lab]:
    with running(assemble(build(name, 5))) as lab:
        publish(lab, name, folder)
        yield lab


def proposed(lab: Lab, folder: Path, *more: str) -> Path:
    """What the command writes; how machines are reached is taken from the lab's own file."""
    azure, written = azure_of(lab.world), folder / "new" / "estate.yaml"
    vault = azure.vault_id(azure.vaults[0], own=False)
    given = ["--vmm", lab.world.vmm[0].name, "--vault", vault, "--like", str(folder / "estate.yaml"), *more]
    assert main(["init", *given, "-o", str(written)]) == 0
    return written


def complete(path: Path) -> None:
    """Fill in every marked line, as a person would."""
    sites = iter(["primary", "secondary", "secondary", "secondary"])

    def value(found: re.Match[str]) -> str:
        name = found[2]
        return f"{found[1]}{name}: {next(sites) if name == 'role' else VALUES[name]}"

    path.write_text(re.sub(rf"^( +)(\w+):  # .*: {FILL_IN}$", value, path.read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("name", ["contoso", "fabrikam"])
def test_only_what_is_marked_is_wrong_and_every_mark_is_told_with_its_line(name: str, tmp_path: Path) -> None:
    with served(name, tmp_path) as lab:
        path = proposed(lab, tmp_path)
    marked = [number for number, line in enumerate(path.read_text().splitlines(), 1) if line.endswith(f": {FILL_IN}")]
    with pytest.raises(EstateError) as caught:
        load(path, {})
    assert marked
    assert [int(problem.split(":")[1]) for problem in caught.value.problems] == marked


@pytest.mark.parametrize("name", ["contoso", "fabrikam"])
def test_a_completed_file_finds_the_estate(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(name, tmp_path) as lab:
        path = proposed(lab, tmp_path)
        complete(path)
        assert FILL_IN not in "".join(line for line in path.read_text().splitlines() if not line.startswith("#"))
        snapshot = path.with_name("estate.snapshot")
        assert main(["discover", "--estate", str(path), "-o", str(snapshot)]) == 0
    assert ", 0 gaps" in capsys.readouterr().out


def test_it_finds_the_replica_host_that_vmm_does_not_manage(tmp_path: Path) -> None:
    with served("contoso", tmp_path) as lab:
        value = yaml.safe_load(proposed(lab, tmp_path).read_text())
    assert value["endpoints"]["hyperv"] == ["hv-lds1.lds.contoso.lab"]
    assert value["sites"]["lds-contoso-lab"]["hosts"] == ["*.lds.contoso.lab"]


def test_applications_are_guessed_from_plans_and_networks_are_isolated_ones(tmp_path: Path) -> None:
    """A network that machines stand in is not proposed: whether they belong there is for somebody to say."""
    with served("contoso", tmp_path) as lab:
        dismiss_guard(lab.world)
        text = proposed(lab, tmp_path).read_text()
    value = yaml.safe_load(text)
    assert set(value["applications"]) == {"payments", "corporate"}
    assert "PAY-WEB01" in value["applications"]["payments"]["vms"]
    assert [network.rpartition("/")[2] for network in value["drill_networks"]["azure"]] == ["vnet-drill"]
    assert value["drill_networks"]["hyperv"] == ["DR Test (isolated)"]
    assert "# not vnet-recovery: it is peered with" in text
    assert "# In no recovery plan (1): VMM01" in text


def test_secrets_stay_where_they_are(tmp_path: Path) -> None:
    with served("contoso", tmp_path) as lab:
        text = proposed(lab, tmp_path).read_text()
    assert lab.account.password not in text
    assert azure_of(lab.world).token not in text


def test_a_lab_that_is_asked_is_not_changed(tmp_path: Path) -> None:
    with served("contoso", tmp_path) as lab:
        proposed(lab, tmp_path)
        assert lab.world.heard.verbs == set()
        assert azure_of(lab.world).writes == []


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "estate.yaml"
    path.write_text("mine")
    assert main(["init", "--vmm", "vmm01.lon.contoso.lab", "-o", str(path)]) == 4
    assert path.read_text() == "mine"
    assert "nothing is overwritten" in capsys.readouterr().err


@pytest.mark.parametrize("vault", ["vault-dr", "/subscriptions/1/resourceGroups/g", "/a/b/c/d/e/f/g/h"])
def test_a_vault_is_named_by_its_id(vault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--vmm", "vmm01.lon.contoso.lab", "--vault", vault, "-o", str(tmp_path / "new.yaml")]
    assert main(["init", *given]) == 4
    assert "looks like /subscriptions/" in capsys.readouterr().err


def test_a_server_that_tells_nothing_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOME_PASSWORD", "a password")
    given = ["--username", "CONTOSO\\drcheck", "--password-env", "SOME_PASSWORD", "-o", str(tmp_path / "new.yaml")]
    assert main(["init", "--vmm", "vmm01.invalid", *given]) == 2
    said = capsys.readouterr().err
    assert "drcheck: vmm01.invalid: nothing was read from it, and nothing is written:\n" in said
    assert said.count("not read:") == 1
    assert " more of vmm:vmm01.invalid: winrm https://vmm01.invalid:5986: the name has no address" in said
    assert not (tmp_path / "new.yaml").exists()


def test_a_password_variable_that_is_not_set_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--username", "CONTOSO\\drcheck", "--password-env", "NOT_SET_HERE", "-o", str(tmp_path / "new.yaml")]
    assert main(["init", "--vmm", "vmm01.lon.contoso.lab", *given]) == 4
    said = "drcheck: windows.credentials.default.password_env: the environment variable NOT_SET_HERE is not set\n"
    assert capsys.readouterr().err == said
    assert not (tmp_path / "new.yaml").exists()


@pytest.mark.parametrize("text", ["on", "a: b", "12", "- x", "*.lon", 'q"u', "Ünit", "DR Test (isolated)", "", "a\\b"])
def test_a_text_stays_that_text_in_yaml(text: str) -> None:
    assert yaml.safe_load(f"value: {quoted(text)}") == {"value": text}
