"""What does a rehearsal ask and do, call by call? What its parts do, group by group, and what people do between."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from msgspec import structs

from drcheck.drill.planning.announcement import Announced, Call, Stage
from drcheck.estate import HumanStep

Part: TypeAlias = tuple[str, str, str, Announced]
"""Name, group, key of what is failed over, and what it announces itself."""


def rehearsed(parts: Sequence[Part], *, leases: Sequence[str], people: Sequence[HumanStep]) -> Announced:
    """Every call of a rehearsal.

    Args:
        parts: what it consists of, group by group.
        leases: names of the parts in the order in which leases are taken.
        people: what people do, and after which group.
    """
    by_name = {name: announced for name, _, _, announced in parts}
    return Announced(
        judge=tuple(_each(parts, "judge")),
        lease=tuple(_named(name, call) for name in leases for call in by_name[name].lease),
        inventory=tuple(_each(parts, "inventory")),
        work=tuple(_work(parts, people)),
        watch=tuple(_each(parts, "watch")),
        clean_up=tuple(_each(parts, "clean_up")),
        release=tuple(_each(parts, "release")),
        side_by_side=True,
    )


def _each(parts: Sequence[Part], field: str) -> Iterator[Call]:
    for name, _, _, announced in parts:
        yield from (_named(name, call) for call in getattr(announced, field))


def _named(part: str, call: Call) -> Call:
    journal = f"{part}/{call.journal}" if call.journal and call.journal != "lease" else call.journal
    return structs.replace(call, does=f"{part}: {call.does}", journal=journal)


def _work(parts: Sequence[Part], people: Sequence[HumanStep]) -> Iterator[Stage]:
    yield from by_hand(step for step in people if not step.after)
    for group in dict.fromkeys(group for _, group, _, _ in parts):
        for name, own, target, announced in parts:
            if own != group:
                continue
            for stage in (one for one in announced.work if not one.declared_seconds):
                calls = tuple(_named(name, call) for call in stage.calls)
                yield structs.replace(stage, calls=calls, group=group, part=name, target=target)
        yield from by_hand(step for step in people if step.after == group)


def by_hand(steps: Iterable[HumanStep]) -> Iterator[Stage]:
    """What people do, one step after another."""
    for step in steps:
        how = "waited for until a person confirms it, else as declared" if step.confirm else "as declared"
        yield Stage(
            name=step.name,
            calls=(Call(does=f"{step.owner}: {how}"),),
            declared_seconds=step.seconds,
            waited=step.confirm,
        )
