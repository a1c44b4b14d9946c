"""What does a probe expect? Said in one clause, so that a record tells it beside what was observed."""

from collections.abc import Callable, Mapping

from drcheck.estate import ProbeSpec
from drcheck.policy import human
from drcheck.verdict import Verdict


def expectation(probe: ProbeSpec) -> str:
    """By what a probe is green."""
    return _EXPECTED[probe.kind](probe)


def judged(kind: str, *, green: bool, attempts: int) -> Verdict:
    """What a probe has shown: what never answered is not known to be bad, and what was computed proves nothing.

    Args:
        kind: of the probe.
        green: whether it turned green.
        attempts: how often it was answered.
    """
    if kind == "estimate":
        return Verdict.NOT_APPLICABLE
    if green:
        return Verdict.PASS
    return Verdict.FAIL if attempts else Verdict.UNKNOWN


def _database(probe: ProbeSpec) -> str:
    return f"the database {probe.database}{_instance(probe)} is ONLINE and can be read"


def _dns(probe: ProbeSpec) -> str:
    return f"{probe.name} is resolved{f' to {probe.expect}' if probe.expect else ''}"


def _file(probe: ProbeSpec) -> str:
    return f"the file {probe.path} is there{_age(probe)}"


def _sentinel(probe: ProbeSpec) -> str:
    return f"the newest record of {probe.path or probe.database}{_instance(probe)} can be read{_age(probe)}"


def _tcp(probe: ProbeSpec) -> str:
    return f"port {probe.port}{f' of {probe.host}' if probe.host else ''} takes a connection from inside"


def _script(probe: ProbeSpec) -> str:
    name = probe.file.name if probe.file else probe.name
    return f"the script {name} prints {repr(probe.expect) if probe.expect else 'JSON that says ok'}"


def _age(probe: ProbeSpec) -> str:
    return f", at most {human(probe.max_age_seconds)} old" if probe.max_age_seconds else ""


def _instance(probe: ProbeSpec) -> str:
    return f" of the instance {probe.name}" if probe.name else ""


_EXPECTED: Mapping[str, Callable[[ProbeSpec], str]] = {
    "ad": lambda _: "NTDS runs, SYSVOL is shared, the directory takes a bind",
    "baseline": lambda _: "how the guest is set up can be read",
    "boot-time": lambda _: "the guest was started after the failover was asked for",
    "dns": _dns,
    "file": _file,
    "heartbeat": lambda _: "the integration services report a heartbeat",
    "run-command": lambda probe: f"the script prints {probe.expect!r}",
    "script": _script,
    "sentinel": _sentinel,
    "service": lambda probe: f"the service {probe.name} runs",
    "sql-database": _database,
    "tcp": _tcp,
    "vmm": lambda _: "SCVMMService runs, and VMM answers from its database",
}
