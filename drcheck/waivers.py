"""Which failures has somebody accepted, for how long, and is that acceptance itself in order?"""

from datetime import date, datetime
from fnmatch import fnmatchcase

from msgspec import Struct

from drcheck.verdict import Finding, Verdict


class Waiver(Struct, frozen=True, kw_only=True):
    """A FAIL accepted for a limited time. ``subject`` is a shell pattern over subject keys."""

    id: str
    check: str
    subject: str
    reason: str
    risk: str
    owner: str
    approver: str
    ticket: str
    start: date
    expiry: date
    compensation: str = ""

    def covers(self, finding: Finding, as_of: datetime) -> bool:
        """May this waiver turn that finding into WAIVED? Only a FAIL, only inside its dates, never self-approved."""
        return (
            finding.verdict is Verdict.FAIL
            and finding.check == self.check
            and fnmatchcase(finding.subject.key.lower(), self.subject.lower())
            and self.start <= as_of.date() <= self.expiry
            and self.owner.strip().lower() != self.approver.strip().lower()
        )
