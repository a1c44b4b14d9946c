"""What does somebody outside need to find a running lab? Writes its addresses, credentials and estate.yaml."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import yaml

from drcheck.lab.azure.blobs import CONTAINER
from drcheck.lab.azure.state import AzureWorld
from drcheck.lab.running.server import Lab
from drcheck.lab.state.world import Host
from drcheck.lab.telling.remembered import write_history

CA_FILE = "ca.pem"
ACCOUNT_FILE = "winrm.password"
GUEST_FILE = "guest.password"
CLIENT_FILE = "client.pem"
BEARER_FILE = "arm.token"
STORAGE_FILE = "storage.token"
DRILLS = "drills"
WAIVERS = "waivers.yaml"
HISTORY = "history.sqlite"


class _Dumper(yaml.CSafeDumper):
    """Writes a value that occurs twice twice: an estate.yaml with anchors would teach nobody."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def publish(lab: Lab, scenario: str, directory: Path) -> None:
    """Write a started lab's files into a directory: the authority, secrets (0600), estate.yaml and lab.json, last."""
    directory.mkdir(parents=True, exist_ok=True)
    lab.authority.write(directory / CA_FILE)
    lab.authority.write_client(lab.account.principal, directory / CLIENT_FILE)
    _secret(directory / ACCOUNT_FILE, lab.account.password)
    _secret(directory / GUEST_FILE, lab.world.guest_password)
    azure = lab.world.azure
    if isinstance(azure, AzureWorld):
        _secret(directory / BEARER_FILE, azure.token)
        _secret(directory / STORAGE_FILE, azure.blobs.token)
    _drill_records(lab, directory / DRILLS)
    if lab.world.rpo_samples:
        write_history(lab.world, directory / HISTORY, lab.clock.now())
    if lab.world.waivers:
        accepted = yaml.dump({"version": 1, "waivers": lab.world.waivers}, Dumper=_Dumper, sort_keys=False)
        (directory / WAIVERS).write_text(accepted, encoding="utf-8")
    text = yaml.dump(estate(lab), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    (directory / "estate.yaml").write_text(text, encoding="utf-8")
    _secret(directory / "lab.json", json.dumps(describe(lab, scenario, directory), indent=1))


def describe(lab: Lab, scenario: str, directory: Path) -> dict[str, object]:
    """The contents of lab.json; ``arm`` is null for an estate without Azure."""
    azure = lab.world.azure
    arm = {"base_url": _arm_url(lab), "token": azure.token} if isinstance(azure, AzureWorld) else None
    return {
        "schema": 1,
        "scenario": scenario,
        "seed": lab.world.seed,
        "speed": lab.clock.speed,
        "pid": os.getpid(),
        "ca_file": str((directory / CA_FILE).resolve()),
        "client_certificate": str((directory / CLIENT_FILE).resolve()),
        "estate": str((directory / "estate.yaml").resolve()),
        "http_port": lab.http_port or None,
        "hosts": [_host(lab, host) for host in lab.world.hosts.values()],
        "arm": arm,
    }


def estate(lab: Lab) -> dict[str, object]:
    """What estate.yaml says: the scenario's declarations, and where the lab listens. Paths are relative to the file."""
    declared: dict[str, object] = {"version": 1, "name": lab.world.name, **lab.world.estate}
    declared["windows"] = _windows(lab, _section(declared, "windows"))
    if lab.world.azure is not None:
        at = {"endpoint": _arm_url(lab), "ca_file": CA_FILE, "token_file": BEARER_FILE}
        declared["azure"] = {**_section(declared, "azure"), **at}
        if lab.blob_port:
            declared["drill_leases"] = {"container": _container_url(lab), "token_file": STORAGE_FILE}
    # What drcheck knows of the outside world is no part of a simulated estate, and ages with the installed version.
    declared["policy"] = {"data_max_age": "3650d", **_section(declared, "policy")}
    declared["drill_records"] = f"{DRILLS}/"
    if lab.world.rpo_samples:
        declared["history"] = {"file": HISTORY, "every": "24h"}
    if lab.world.waivers:
        declared["waivers"] = WAIVERS
    return declared


def _windows(lab: Lab, declared: Mapping[str, object]) -> dict[str, object]:
    hosts = {name: dict(cast("Mapping[str, object]", host)) for name, host in _section(declared, "hosts").items()}
    for host in lab.world.hosts.values():
        hosts.setdefault(host.name, {}).update(address=host.address, port=lab.port)
    default = {"username": lab.account.name, "password_file": ACCOUNT_FILE}
    return {
        "port": lab.port,
        "transport": "ntlm",
        **declared,
        "ca_file": CA_FILE,
        "credentials": {**_section(declared, "credentials"), "default": default},
        "guest_credentials": {"username": lab.world.guest_user, "password_file": GUEST_FILE},
        "hosts": hosts,
    }


def _section(declared: Mapping[str, object], name: str) -> Mapping[str, object]:
    return cast("Mapping[str, object]", declared.get(name) or {})


def _host(lab: Lab, host: Host) -> dict[str, object]:
    account = lab.account
    place = {"name": host.name, "address": host.address, "port": lab.port}
    return {**place, "user": account.name, "password": account.password}


def _arm_url(lab: Lab) -> str:
    return f"https://127.0.0.1:{lab.arm_port}"


def _container_url(lab: Lab) -> str:
    """With the account in the path, as emulators have it."""
    return f"https://127.0.0.1:{lab.blob_port}/account/{CONTAINER}"


def _drill_records(lab: Lab, folder: Path) -> None:
    """The records, each with the digest of the one before it, and the reviews of those that there are."""
    folder.mkdir(exist_ok=True)
    reviews = {review["drill"]: review for review in lab.world.drill_reviews}
    before: dict[str, object] | None = None
    for record in sorted(lab.world.drill_records, key=lambda one: str(one["started"])):
        body = (json.dumps({**record, "previous": before}, indent=1) + "\n").encode()
        (folder / f"{record['id']}.json").write_bytes(body)
        before = {"id": record["id"], "sha256": hashlib.sha256(body).hexdigest()}
        if record["id"] in reviews:
            text = json.dumps({"record_sha256": before["sha256"], **reviews[record["id"]]}, indent=1) + "\n"
            (folder / f"{record['id']}.review.json").write_text(text, encoding="utf-8")


def _secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read, from the first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
