"""Cases of the check on runbooks whose text somebody approved."""

from drcheck.topology.azure_governance import RunbookContent
from drcheck.topology.programme import ApprovedRunbook
from tests import estate_azure_ready as ready
from tests import estate_names as names
from tests.check_cases.azure_ready import starts
from tests.check_cases.case import Table
from tests.estates import Change, add, lose, seen, together

SCOPE = f"vault:{names.VAULT}"
NAME = ready.RUNBOOK.rpartition("/")[2].lower()


def approved(digest: str, name: str = NAME) -> Change:
    return add(ApprovedRunbook(key=name, seen=seen("estate"), sha256=digest))


def published(digest: str) -> Change:
    """What is published, and started by the plan."""
    content = RunbookContent(key=ready.RUNBOOK, seen=seen(names.VAULT), vault=names.VAULT, sha256=digest, size_bytes=9)
    return together(starts(), add(content))


text = Table("DR-PLN-006", names.PLAN)
text.passes("the approved text", together(published("aa"), approved("aa")))
text.passes("nobody approved this one", together(published("aa"), approved("bb", "another")))
text.fails("another text", together(published("bb"), approved("aa")), "not the one that was approved")
text.unknown("the text not told", together(starts(), approved("aa")), "was not told")
text.unknown("texts unread", together(published("aa"), approved("aa"), lose(RunbookContent, SCOPE)), "RunbookContent")
text.unknown(
    "approvals unread", together(published("aa"), approved("aa"), lose(ApprovedRunbook, "estate:estate")), "Approved"
)

CASES = [*text.cases]
