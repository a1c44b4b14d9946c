"""Who vouches for a drill's record? Signatures of SSH keys, made and checked by ``ssh-keygen -Y``, as git does it.

Nothing secret is an argument, and nobody is asked for a passphrase: a key that needs one is used through an agent, by
naming its public file.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from drcheck.errors import DrillError
from drcheck.estate import Estate

PROGRAM = "ssh-keygen"
NAMESPACE = "drcheck"
"""What a signature is for: one that was made for another purpose is none."""
SECONDS = 30.0
NO_KEY = "no key is declared (drill_signing_key)"
NO_PROGRAM = f"{PROGRAM} is not installed"


class Vouched(Struct, frozen=True, kw_only=True):
    """What a signature says."""

    sound: bool
    """It was made of these very bytes."""
    who: str
    """Who made it, by the file of those who may; empty where nobody was asked, or nobody of them did."""
    told: str
    """In the program's words."""


def unusable(estate: Estate) -> tuple[str, ...]:
    """Why the declared key cannot sign, which is tried; where there is no program to try it with, nothing is said."""
    key = estate.drill_signing_key
    if key is None or shutil.which(PROGRAM) is None:
        return ()
    try:
        sign(b"a trial", key)
    except DrillError as error:
        return (f"its record could not be signed: {error} (drill_signing_key)",)
    return ()


def sign(body: bytes, key: Path) -> bytes:
    """The signature of some bytes.

    Args:
        body: what is signed.
        key: a private key without a passphrase, or the public file of one that an agent holds.

    Raises:
        DrillError: it cannot be made.
    """
    done = _run(body, "sign", "-f", str(key), "-n", NAMESPACE)
    if done.returncode:
        raise DrillError(f"{PROGRAM} does not sign with {key}: {_said(done)}")
    return done.stdout


def fingerprint(key: Path) -> str:
    """Of a key, with its length and its comment; empty where nobody tells."""
    try:
        done = _call(b"", "-l", "-f", str(key))
    except DrillError:
        return ""
    return " ".join(done.stdout.decode(errors="replace").split()) if done.returncode == 0 else ""


def vouched(body: bytes, signature: Path, allowed: Path | None) -> Vouched:
    """Is a signature sound, and is it one of somebody who may sign?

    Args:
        body: what was signed.
        signature: the file with the signature.
        allowed: who may sign, as ``ssh-keygen`` reads it (ALLOWED SIGNERS); ``None``: that is not asked.

    Raises:
        DrillError: there is no program that could tell.
    """
    named = ("-n", NAMESPACE, "-s", str(signature))
    sound = _run(body, "check-novalidate", *named)
    if sound.returncode or allowed is None:
        return Vouched(sound=sound.returncode == 0, who="", told=_said(sound))
    for who in _principals(signature, allowed):
        done = _run(body, "verify", "-f", str(allowed), "-I", who, *named)
        if done.returncode == 0:
            return Vouched(sound=True, who=who, told=_said(done))
    return Vouched(sound=True, who="", told=f"its key is none of those in {allowed}")


def _principals(signature: Path, allowed: Path) -> Iterator[str]:
    found = _run(b"", "find-principals", "-s", str(signature), "-f", str(allowed))
    yield from found.stdout.decode(errors="replace").splitlines() if found.returncode == 0 else ()


def _run(body: bytes, operation: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return _call(body, "-Y", operation, *arguments)


def _call(body: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    if shutil.which(PROGRAM) is None:
        raise DrillError(NO_PROGRAM)
    try:
        return subprocess.run(  # noqa: S603 - a fixed program; files and names are arguments, and no shell reads them
            [PROGRAM, *arguments],
            input=body,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            start_new_session=True,  # without a terminal that could be asked for a passphrase
            env={**os.environ, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise DrillError(f"{PROGRAM}: {error}") from error


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last thing that the program said."""
    lines = (done.stdout + b"\n" + done.stderr).decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
