"""What can be shown of a run? One file per format; every format is a pure function of the run and its attachments.

A module of this folder with ``write`` is a format: put the file there and every run has it.
"""

import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from drcheck.errors import DrcheckError
from drcheck.extensions import modules
from drcheck.verdict import Run

ATTACHMENTS = "attachments"
"""Folder of a run's attachments; ``index.json`` in it lists them."""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that belongs to a drill's evidence. ``drill`` is the drill's id."""

    drill: str
    name: str
    mime: str
    body: bytes


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What reports are made of."""

    run: Run
    attachments: tuple[Attachment, ...] = ()


class Format(Protocol):
    """What a module of this folder looks like when it is a format."""

    def write(self, evidence: Evidence, directory: Path) -> None:
        """Write the report below a run's directory."""


def formats(without: Collection[str] = ()) -> Iterator[Format]:
    """Every format there is, but for those whose modules are named."""
    for module in modules(sys.modules[__name__]):
        if hasattr(module, "write") and module.__name__.rpartition(".")[2] not in without:
            yield module


def write_all(evidence: Evidence, directory: Path, without: Collection[str] = ()) -> None:
    """Write every format but for those whose modules are named, and keep the attachments.

    Raises:
        OSError: the first that any of them met; the others were written nevertheless.
    """
    directory.mkdir(parents=True, exist_ok=True)
    met: list[OSError] = []
    for write in (_attachments, *(each.write for each in formats(without))):
        try:
            write(evidence, directory)
        except OSError as error:
            met.append(error)
    if met:
        raise met[0]


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    drill: str
    name: str
    mime: str
    file: str


def _attachments(evidence: Evidence, directory: Path) -> None:
    attachments, folder = evidence.attachments, directory / ATTACHMENTS
    if not attachments:
        return
    folder.mkdir(exist_ok=True)
    entries = []
    for number, each in enumerate(attachments, start=1):
        entry = _Entry(drill=each.drill, name=each.name, mime=each.mime, file=f"{number:03}{_suffix(each.name)}")
        (folder / entry.file).write_bytes(each.body)
        entries.append(entry)
    (folder / "index.json").write_bytes(msgspec.json.format(msgspec.json.encode(entries), indent=1))


def kept(directory: Path) -> tuple[Attachment, ...]:
    """The attachments of an earlier run.

    Raises:
        DrcheckError: the list of attachments is damaged.
    """
    index = directory / ATTACHMENTS / "index.json"
    if not index.exists():
        return ()
    try:
        entries = msgspec.json.decode(index.read_bytes(), type=list[_Entry])
        return tuple(
            Attachment(
                drill=each.drill,
                name=each.name,
                mime=each.mime,
                body=(index.parent / Path(each.file).name).read_bytes(),
            )
            for each in entries
        )
    except (msgspec.MsgspecError, OSError) as error:
        raise DrcheckError(f"{index} cannot be read: {error}") from error


def _suffix(name: str) -> str:
    suffix = Path(name).suffix
    return suffix if suffix[1:].isalnum() else ".bin"
