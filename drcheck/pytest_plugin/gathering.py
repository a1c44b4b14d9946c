"""How do the findings of a session come together without all being held at once?"""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from pathlib import Path

from drcheck.evaluate import in_order
from drcheck.report.findings_file import LIMIT, FindingsFile, Listed
from drcheck.verdict import QUIET, Finding, Verdict, loud

_KIND = attrgetter("check", "verdict")


class Gathering:
    """Findings as they are delivered; from a limit on, the quiet ones go to the file of the run at once.

    ``folder``, the run's directory, has to be set before the limit is reached, or everything stays in memory.
    """

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._kept: dict[str, tuple[Finding, ...]] = {}
        self._count = 0
        self._file: FindingsFile | None = None
        self._tally: Counter[tuple[str, Verdict]] = Counter()
        self._proven: set[tuple[str, str]] = set()

    def take(self, item: str, findings: tuple[Finding, ...]) -> None:
        """Take what an item found; of an item that runs again, the last counts while nothing is in the file."""
        if self._file is not None:
            self._kept[item] = tuple(loud(findings)) if item in self._kept else self._loud(findings)
            return
        self._count += len(findings) - len(self._kept.get(item, ()))
        self._kept[item] = findings
        if self._count > LIMIT and self.folder is not None:
            self._file = FindingsFile(self.folder)
            self._kept = {each: self._loud(found) for each, found in self._kept.items()}

    def result(self) -> Sequence[Finding]:
        """Every finding; asked for once, at the end."""
        kept = chain.from_iterable(self._kept[item] for item in sorted(self._kept))
        if self._file is None:
            return in_order(kept)
        acted_on = tuple(kept)
        self._tally.update(map(_KIND, acted_on))
        return Listed(acted_on, self._tally, frozenset(self._proven), self._file.path, self._file.close())

    def _loud(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Those that stay in memory; the others go to the file."""
        quiet = [one for one in findings if one.verdict in QUIET]
        if self._file is not None and quiet:
            self._file.add(quiet)
        self._tally.update(map(_KIND, quiet))
        good = Verdict.PASS
        self._proven |= {(one.subject.application, one.subject.site) for one in quiet if one.verdict is good}
        return tuple(loud(findings)) if len(quiet) < len(findings) else ()
