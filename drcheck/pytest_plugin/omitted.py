"""What did a session leave out of all that could have been judged?"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from drcheck.check import Check
from drcheck.evaluate import Work
from drcheck.topology.base import Topology


class Omitted(Struct, frozen=True, kw_only=True):
    """How much was left out, whatever left it out: an option, a keyword, a path that was not named."""

    judgements: int = 0
    """Pairs of a check and a subject."""
    checks: int = 0
    """Checks that judged nothing."""
    subjects: int = 0
    """Subjects that no check judged."""

    def recorded(self) -> Mapping[str, str]:
        """The figures as a run records them; nothing when nothing was left out."""
        figures = {"left_out": self.judgements, "left_out_checks": self.checks, "left_out_subjects": self.subjects}
        return {name: str(figure) for name, figure in figures.items() if figure}


def omitted(topology: Topology, known: Sequence[Check], kept: Iterable[Work]) -> Omitted:
    """Compare what is judged with what could be.

    Args:
        topology: has the subjects.
        known: the checks of every file that was collected, and every shipped one.
        kept: the work that is left.
    """
    works, checks = tuple(kept), {check.id: check for check in known}
    idle = checks.keys() - {work.check.id for work in works}
    judgements = sum(len(topology.seen(check.subject)) for check in checks.values())
    judgements -= sum(len(work.subjects) for work in works)
    if judgements <= 0 and not idle:
        return Omitted()
    kinds = {check.subject for check in checks.values()}
    subjects = {(kind, fact.key) for kind in kinds for fact in topology.seen(kind)}
    subjects -= {(work.check.subject, fact.key) for work in works for fact in work.subjects}
    return Omitted(judgements=max(0, judgements), checks=len(idle), subjects=len(subjects))
