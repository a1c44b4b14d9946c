"""The command that serves a scenario: bring it up, say so, and run until somebody says stop."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import NoReturn

from drcheck.lab.running.assembly import UnknownScenario, assemble, build, names
from drcheck.lab.running.mishaps import declare, leave_to_chance
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import Lab
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.truth import Truth
from drcheck.lab.telling.scale import Size, grow

USAGE_ERROR = 4

_FAULT_HELP = "let HOST, HOST/OPERATION, HOST/OPERATION/NTH, azure or azure/PATTERN misbehave; may be repeated"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


def main(argv: Sequence[str]) -> int:
    """Serve a scenario until SIGTERM or SIGINT; returns the exit code, 4 for a mistake in the arguments.

    Args:
        argv: the arguments after ``serve``.
    """
    options = _parser().parse_args(argv)
    try:
        size = Size(hosts=options.hosts, vms=options.vms, vaults=options.vaults)
        world = grow(build(options.scenario, options.seed), size)
        faults = declare(world, options.fault)
        for folder in (options.out, *([options.truth.parent] if options.truth else [])):
            folder.mkdir(parents=True, exist_ok=True)
        clock = LabClock(speed=options.speed, truth=Truth(options.truth))
        lab = assemble(world, clock, plain=options.plain_powershell, also_http=options.http)
        for fault in faults:
            lab.faults.add(fault)
        leave_to_chance(lab, options.fault_rate, options.fault_seed)
        lab.prompt.work_seconds = options.work_ms / 1000
    except (UnknownScenario, ValueError, OSError) as mistake:
        sys.stderr.write(f"drcheck lab serve: {mistake}\n")
        return USAGE_ERROR
    asyncio.run(_serve(lab, options.scenario, options.out, stop_at_eof=options.stop_at_eof))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="drcheck lab serve", description="Simulate an estate on loopback: WinRM hosts and ARM.")
    parser.add_argument("--scenario", required=True, help=f"one of: {', '.join(names())}")
    parser.add_argument("--out", required=True, type=Path, help="folder for lab.json, estate.yaml and what they name")
    parser.add_argument("--truth", type=Path, help="file that tells what really happened to each test VM")
    parser.add_argument("--seed", type=int, default=0, help="draws the timings; the same seed, the same timings")
    parser.add_argument("--speed", type=float, default=1.0, help="simulated operations take 1/SPEED of their time")
    parser.add_argument("--hosts", type=int, default=0, help="make it larger: so many Hyper-V hosts in all")
    parser.add_argument("--vms", type=int, default=0, help="so many VMs in all, those that are added protected")
    parser.add_argument("--vaults", type=int, default=0, help="so many vaults in all, each with a VMM server")
    parser.add_argument("--fault", action="append", default=[], metavar="WHERE=KIND", help=_FAULT_HELP)
    parser.add_argument("--fault-rate", type=float, default=0.0, help="let this share of all calls fail, 0.01 say")
    parser.add_argument("--fault-seed", type=int, default=0, help="draws which; the same seed, the same calls")
    parser.add_argument("--work-ms", type=float, default=0.0, help="every PowerShell process takes so long to answer")
    parser.add_argument("--plain-powershell", action="store_true", help="run plain one-liners, not drcheck's scripts")
    parser.add_argument("--http", action="store_true", help="listen on plain HTTP, too; lab.json tells its port")
    parser.add_argument("--stop-at-eof", action="store_true", help="also stop when standard input ends")
    return parser


async def _serve(lab: Lab, scenario: str, directory: Path, *, stop_at_eof: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if stop_at_eof:
        Thread(target=_wait_for_end, args=(loop, stop), daemon=True, name="standard input").start()
    await lab.start()
    try:
        publish(lab, scenario, directory)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await lab.stop()


def _wait_for_end(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """In a thread, since the loop can't watch every input: epoll refuses files and ``/dev/null``."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    with suppress(RuntimeError):  # the loop ended first: there is nothing left to stop
        loop.call_soon_threadsafe(stop.set)
