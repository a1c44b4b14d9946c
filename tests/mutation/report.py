"""What became of the mutants, for people."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

ENDLESS = "thinks without end"


class Fate(NamedTuple):
    """A mutant, and what noticed it; empty when nothing did."""

    mutant: str
    noticed: str

    @property
    def change(self) -> str:
        """The mutant without its line, which moves."""
        return self.mutant.partition(": ")[2]


class Result(NamedTuple):
    """The mutants of one check."""

    check: str
    fates: tuple[Fate, ...]

    @property
    def survivors(self) -> tuple[Fate, ...]:
        return tuple(one for one in self.fates if not one.noticed)


Argued = Mapping[str, Mapping[str, str]]
"""By check and change: why no test could notice it."""


def argued() -> Argued:
    """The mutants that are said to be equivalent, each with its argument."""
    found: Argued = yaml.safe_load(Path(__file__).with_name("equivalent.yaml").read_text(encoding="utf-8")) or {}
    return found


def share(results: Iterable[Result]) -> float:
    """How many of a hundred mutants were noticed; equivalent ones count as not noticed."""
    fates = [one for result in results for one in result.fates]
    return 100.0 * sum(1 for one in fates if one.noticed) / len(fates) if fates else 0.0


def page(results: Sequence[Result], reasons: Argued) -> str:
    """The figure, then every survivor by check, then arguments that have become void."""
    lines = [_figure(results, reasons), "", "survivors:"]
    for result in results:
        if result.survivors:
            lines.append(f"{result.check}: {len(result.survivors)} of {len(result.fates)}")
            lines += [f"    {_line(fate, reasons.get(result.check, {}))}" for fate in result.survivors]
    void = _void(results, reasons)
    if void:
        lines += ["", "arguments about nothing that survives:", *(f"    {one}" for one in void)]
    return "\n".join(lines) + "\n"


def _figure(results: Sequence[Result], reasons: Argued) -> str:
    fates = [one for result in results for one in result.fates]
    left = [(result.check, one) for result in results for one in result.survivors]
    same = [one for check, one in left if one.change in reasons.get(check, {})]
    endless = sum(one.noticed == ENDLESS for one in fates)
    either = 100.0 * (len(fates) - len(left) + len(same)) / max(len(fates), 1)
    return (
        f"{len(fates)} mutants of {len(results)} checks: {len(fates) - len(left)} noticed ({share(results):.1f} %), "
        f"{endless} of them by their time limit; {len(left)} survive, of which {len(same)} are argued to be equivalent "
        f"({either:.1f} % noticed or argued)"
    )


def _line(fate: Fate, reasons: Mapping[str, str]) -> str:
    reason = reasons.get(fate.change, "")
    return f"{fate.mutant}  [equivalent: {reason}]" if reason else fate.mutant


def _void(results: Sequence[Result], reasons: Argued) -> list[str]:
    left = {result.check: {one.change for one in result.survivors} for result in results}
    return [
        f"{check}: {change}"
        for check, ones in reasons.items()
        for change in ones
        if change not in left.get(check, ones)
    ]
