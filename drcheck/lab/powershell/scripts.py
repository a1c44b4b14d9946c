"""Which loader and which script was sent, and does the lab know them?"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from drcheck.lab.accepted import known

PLACEHOLDER = "@SCRIPT_SHA256@"

_HASH = re.compile(r"\b[0-9a-f]{64}\b")


class UnknownLoaderError(Exception):
    """The command line carries a loader the lab does not know; nothing of it is run."""


@dataclass
class RefusedError(Exception):
    """The loader refuses what came on stdin; ``error_id`` is what its ``fatal`` line says."""

    error_id: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """A script that may run and the request it is given."""

    script: str
    """``collect`` or ``act``."""
    request: Mapping[str, Any]
    text: str = ""
    """The script itself."""


def pinned_hash(encoded: str) -> str:
    """The script hash that a known loader was pinned to.

    Raises:
        UnknownLoaderError: the loader is none of ours.
    """
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UnknownLoaderError(f"Cannot process the encoded command: {error}") from error
    pins = _HASH.findall(text)
    if not pins:
        raise UnknownLoaderError("the loader pins no script hash")
    loader = text.replace(pins[0], PLACEHOLDER)
    digest = hashlib.sha256(loader.encode()).hexdigest()
    if digest != known()["loader"]:
        raise UnknownLoaderError(f"unknown loader, SHA-256 {digest}")
    return str(pins[0])


def read_order(stdin: bytes, pin: str, trusted: Collection[str] = ()) -> Order:
    """What the loader makes of stdin.

    Args:
        stdin: what came.
        pin: the hash that the loader was pinned to.
        trusted: hashes of other drill scripts that are run here.

    Raises:
        RefusedError: no envelope, another script than the pinned one, or a script the lab does not know.
    """
    envelope = _envelope(stdin)
    try:
        script = base64.b64decode(envelope["script"], validate=True)
        request = envelope["request"]
    except (KeyError, TypeError, binascii.Error) as error:
        raise RefusedError("Loader", f"stdin does not hold a script and a request: {error!r}") from error
    digest = hashlib.sha256(script).hexdigest()
    if digest != pin:
        raise RefusedError("Loader", "HashMismatch")
    for name, accepted in known()["scripts"].items():
        if digest == accepted:
            return Order(script=name, request=request, text=script.decode())
    if digest in trusted:
        return Order(script="act", request=request, text=script.decode())
    raise RefusedError("LabUnknownScript", f"the lab does not know a script with SHA-256 {digest}")


def _envelope(stdin: bytes) -> Mapping[str, Any]:
    text = b"".join(stdin.splitlines())
    start = text.find(b'{"drc":1')
    if start < 0:
        raise RefusedError("Loader", "NoRequest")
    try:
        envelope: Mapping[str, Any] = json.loads(text[start:])
    except ValueError as error:
        raise RefusedError("Loader", f"stdin is not JSON: {error}") from error
    return envelope
