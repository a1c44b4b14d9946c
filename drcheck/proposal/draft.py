"""How is an estate reached that nobody has described yet? The least that discovery needs, as estate.yaml says it."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from drcheck.errors import EstateError, UsageError
from drcheck.estate import Estate, load

_VAULT_PARTS = 9
Section = dict[str, Any]


def like(path: Path) -> tuple[Section, Section]:
    """The sections ``windows`` and ``azure`` of an estate file, with files named from anywhere.

    Raises:
        UsageError: it cannot be read as YAML.
    """
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    whole = value if isinstance(value, dict) else {}
    windows, azure = (_absolute(whole.get(name) or {}, path.parent.resolve()) for name in ("windows", "azure"))
    return windows, {name: given for name, given in azure.items() if name != "vaults"}


def vault_of(arm_id: str) -> Section:
    """A vault's entry in estate.yaml.

    Raises:
        UsageError: it is not the ARM id of a Recovery Services vault.
    """
    parts = arm_id.strip("/").split("/")
    kinds = [part.lower() for part in parts[0::2]]
    if len(parts) != _VAULT_PARTS - 1 or kinds != ["subscriptions", "resourcegroups", "providers", "vaults"]:
        form = "/subscriptions/ID/resourceGroups/NAME/providers/Microsoft.RecoveryServices/vaults/NAME"
        raise UsageError(f"{arm_id!r} is not the ARM id of a vault; it looks like {form}")
    return {"subscription": parts[1], "resource_group": parts[3], "name": parts[7]}


def estate(start: Mapping[str, list[str]], windows: Section, azure: Section, environ: Mapping[str, str]) -> Estate:
    """An estate of which nothing is known but where to begin and how to sign in.

    Raises:
        EstateError: a name, a file or a variable is wrong.
    """
    value = {
        "version": 1,
        "name": "draft",
        "sites": {"anywhere": {"role": "primary", "hosts": ["*"]}},
        "endpoints": dict(start),
        "windows": windows,
        "azure": azure,
    }
    with tempfile.TemporaryDirectory(prefix="drcheck-init-") as folder:
        path = Path(folder) / "draft.yaml"
        path.write_text(yaml.safe_dump(value, sort_keys=False), encoding="utf-8")
        try:
            return load(path, environ)
        except EstateError as error:  # nobody has seen this file, nor ever will
            raise EstateError([problem.partition(": ")[2] for problem in error.problems]) from error


def _absolute(section: Section, folder: Path) -> Section:
    """The same, with every file named from the root: the new file may lie elsewhere."""
    made: Section = {}
    for name, value in section.items():
        if isinstance(value, dict):
            made[name] = _absolute(value, folder)
        else:
            made[name] = str(folder / Path(value).expanduser()) if name.endswith("_file") and value else value
    return made
