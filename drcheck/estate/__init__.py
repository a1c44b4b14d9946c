"""What has been declared about this estate? estate.yaml as typed values, with all of its mistakes at once.

Importing this package is cheap, because everything that talks to machines needs its types; pydantic, which checks the
file, is imported when a file is read.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from drcheck.estate.drill_spec import (
    Canary,
    DrillGroup,
    DrillSpec,
    HumanStep,
    LeaseStore,
    Limits,
    NetworkSpec,
    Outsider,
    ProbeSpec,
    Reach,
)
from drcheck.estate.model import (
    ApplicationSpec,
    Azure,
    Credential,
    Estate,
    HostAccess,
    HostOverride,
    SiteSpec,
    StepSpec,
    VaultRef,
    Windows,
)
from drcheck.estate.secret import Secret

__all__ = [
    "ApplicationSpec",
    "Azure",
    "Canary",
    "Credential",
    "DrillGroup",
    "DrillSpec",
    "Estate",
    "HostAccess",
    "HostOverride",
    "HumanStep",
    "LeaseStore",
    "Limits",
    "NetworkSpec",
    "Outsider",
    "ProbeSpec",
    "Reach",
    "Secret",
    "SiteSpec",
    "StepSpec",
    "VaultRef",
    "Windows",
    "load",
]


def load(path: Path, environ: Mapping[str, str], drill_files: Sequence[Path] = ()) -> Estate:
    """Read estate.yaml and the files it names: passwords, tokens, waivers, drills.

    Args:
        path: the file; relative paths in it are taken from its folder.
        environ: where ``password_env`` and ``token_env`` look.
        drill_files: if there are any, the drills in them take the place of those that the file lists.

    Raises:
        EstateError: anything is wrong; ``problems`` lists every mistake as ``file:line:column: path: what``.
    """
    from drcheck.estate.reading import read  # noqa: PLC0415 - pydantic is heavy, and only this function needs it

    return read(path, environ, drill_files)
