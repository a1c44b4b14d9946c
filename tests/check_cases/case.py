"""One row of a check's table: what is different from the healthy estate, and what must be said about which subject."""

from dataclasses import dataclass

from drcheck.policy import Policy
from drcheck.verdict import Verdict
from tests.estates import Change


@dataclass(frozen=True, kw_only=True)
class Case:
    """``words`` must all be in the message; ``also`` are other subjects whose verdict may differ from healthy."""

    check: str
    name: str
    subject: str
    verdict: Verdict
    change: Change
    words: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    policy: Policy | None = None
    impossible: bool = False
    """The facts contradict each other, so that losing one side of it settles the matter; no law covers that."""
    evidence: str = ""
    """What a PASS must rest on; empty when that is not the point."""
    alone: bool = False
    """Something is unread that the verdicts on other subjects may well rest on; only this subject's is told."""

    @property
    def id(self) -> str:
        return f"{self.check} {self.verdict.value} {self.name}"


class Table:
    """The cases of one check."""

    def __init__(self, check: str, subject: str) -> None:
        self.check = check
        self.subject = subject
        self.cases: list[Case] = []

    def fails(self, name: str, change: Change, *words: str, **more: object) -> None:
        self._add(Verdict.FAIL, name, change, words, more)

    def passes(self, name: str, change: Change, *words: str, **more: object) -> None:
        self._add(Verdict.PASS, name, change, words, more)

    def warns(self, name: str, change: Change, *words: str, **more: object) -> None:
        self._add(Verdict.WARN, name, change, words, more)

    def unknown(self, name: str, change: Change, *words: str, **more: object) -> None:
        self._add(Verdict.UNKNOWN, name, change, words, more)

    def skips(self, name: str, change: Change, *words: str, **more: object) -> None:
        self._add(Verdict.NOT_APPLICABLE, name, change, words, more)

    def _add(
        self, verdict: Verdict, name: str, change: Change, words: tuple[str, ...], more: dict[str, object]
    ) -> None:
        given = {"subject": self.subject} | more
        self.cases.append(
            Case(check=self.check, name=name, verdict=verdict, change=change, words=words, **given)  # type: ignore[arg-type]
        )
