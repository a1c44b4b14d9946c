"""What is a guest asked for a declared probe, and how is what it told held against the declaration?"""

from collections.abc import Callable, Mapping

from drcheck.estate import ProbeSpec

Asked = Mapping[str, object]

CHANNEL_KINDS = ("heartbeat",)
"""What a channel itself answers, without asking the guest."""


def arguments(probe: ProbeSpec, identifier: str) -> Asked:
    """What the script of a probe's kind gets: data, never text that is run.

    Args:
        probe: as it is declared.
        identifier: comes back with the answer.
    """
    return {"id": identifier, **_ARGUMENTS[probe.kind](probe)}


def known_kinds() -> tuple[str, ...]:
    """Kinds of probes that a guest can be asked about."""
    return tuple(sorted(_ARGUMENTS))


def _service(probe: ProbeSpec) -> Asked:
    return {"name": probe.name}


_ARGUMENTS: Mapping[str, Callable[[ProbeSpec], Asked]] = {
    "service": _service,
}
