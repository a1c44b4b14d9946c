"""What stands between an application and its recovery, told in full for one application."""

from collections.abc import Iterator

from drcheck.errors import UsageError
from drcheck.verdict import Recoverability, Run


def explained(run: Run, name: str) -> str:
    """The answer for one application, as lines of text.

    Raises:
        UsageError: the run knows no such application.
    """
    found = [one for one in run.recoverability if one.application.lower() == name.lower()]
    if not found:
        known = ", ".join(one.application for one in run.recoverability) or "none: estate.yaml declares no applications"
        raise UsageError(f"run {run.id} knows no application {name}; it knows {known}")
    return "\n".join(_lines(run, found[0])) + "\n"


def _lines(run: Run, one: Recoverability) -> Iterator[str]:
    yield f"{one.application} (tier {one.tier}): {one.answer}, by run {run.id} as of {run.as_of:%Y-%m-%d %H:%M} UTC"
    for number, link in enumerate(one.links, 1):
        yield f"{number:3}. {link.verdict:8}{link.check or '-':12}{link.subject}: {' '.join(link.message.split())}"
    if one.more:
        yield f"     and {one.more} more; {run.id}/run.json has every finding"
    if not one.links:
        yield "     nothing critical or high stands in the way of it, of what it needs, or of the machinery"
