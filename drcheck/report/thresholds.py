"""By which thresholds was a run judged, and which of them did somebody set otherwise than they are by default?"""

from collections.abc import Iterator
from typing import get_type_hints

from msgspec.structs import fields

from drcheck.policy import Policy, Seconds, TierPolicy, human
from drcheck.verdict import Run, Threshold


def thresholds(policy: Policy) -> tuple[Threshold, ...]:
    """Every threshold of a policy with its default; those of tiers as ``tiers.<number>.<name>``."""
    known = dict(_flat(Policy()))
    return tuple(Threshold(name=name, value=value, default=known.get(name, "none")) for name, value in _flat(policy))


def _flat(policy: Policy) -> Iterator[tuple[str, str]]:
    for number, tier in sorted(policy.tiers.items()):
        yield from ((f"tiers.{number}.{name}", text) for name, text in _texts(tier))
    yield from _texts(policy)


def _texts(struct: Policy | TierPolicy) -> Iterator[tuple[str, str]]:
    hints = get_type_hints(type(struct), include_extras=True)
    for field in fields(struct):
        value = getattr(struct, field.name)
        if field.name == "tiers":
            continue
        if hints[field.name] == Seconds:
            yield field.name, human(value)
        else:
            yield field.name, ", ".join(value) or "none" if isinstance(value, tuple) else str(value)


def changed(run: Run) -> tuple[Threshold, ...]:
    """The thresholds that somebody set otherwise."""
    return tuple(one for one in run.policy if one.value != one.default)


def told(run: Run) -> str:
    """How much of the policy is the default one, in a few words."""
    if not run.policy:
        return "not recorded"
    others = changed(run)
    return f"{len(others)} of {len(run.policy)} thresholds differ from the defaults" if others else "the defaults"
