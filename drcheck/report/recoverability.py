"""What stands between an application, or a site, and its recovery, told in full."""

from collections import Counter
from collections.abc import Iterator, Sequence

from drcheck.errors import UsageError
from drcheck.verdict import Recoverability, Run, SiteRecoverability


def counted(answers: Sequence[Recoverability | SiteRecoverability]) -> str:
    """How many have which answer: ``1 not recoverable, 4 recoverable``."""
    numbers = Counter(one.answer for one in answers)
    return ", ".join(f"{numbers[answer]} {answer}" for answer in sorted(numbers)) or "none declared"


def about(name: str, message: str) -> str:
    """A message with whom it is about in front, once, and in one line."""
    line = " ".join(message.split())
    return line if line.startswith(f"{name}: ") else f"{name}: {line}"


def explained(run: Run, name: str) -> str:
    """The answer for one application, as lines of text.

    Raises:
        UsageError: the run knows no such application.
    """
    one = next((one for one in run.recoverability if one.application.lower() == name.lower()), None)
    if one is None:
        known = ", ".join(one.application for one in run.recoverability) or "none: estate.yaml declares no applications"
        raise UsageError(f"run {run.id} knows no application {name}; it knows {known}")
    rest = "nothing critical or high stands in the way of it, of what it needs, or of the machinery"
    return "\n".join(_lines(run, f"{one.application} (tier {one.tier})", one, rest)) + "\n"


def explained_site(run: Run, name: str) -> str:
    """The answer for one site, as lines of text.

    Raises:
        UsageError: the run knows no such site.
    """
    one = next((one for one in run.sites if one.site.lower() == name.lower()), None)
    if one is None:
        known = ", ".join(one.site for one in run.sites) or "none: estate.yaml declares no sites"
        raise UsageError(f"run {run.id} knows no site {name}; it knows {known}")
    answers = {each.application: each.answer for each in run.recoverability}
    rest = "nothing critical or high stands in the way of what runs there, or of anything else at the site"
    lines = [*_lines(run, f"{one.site} ({one.role})", one, rest)]
    lines[1:1] = [f"     runs {name}: {answers.get(name, 'unknown')}" for name in one.applications]
    return "\n".join(lines) + "\n"


def _lines(run: Run, title: str, one: Recoverability | SiteRecoverability, rest: str) -> Iterator[str]:
    yield f"{title}: {one.answer}, by run {run.id} as of {run.as_of:%Y-%m-%d %H:%M} UTC"
    for number, link in enumerate(one.links, 1):
        yield f"{number:3}. {link.verdict:8}{link.check or '-':12}{about(link.subject, link.message)}"
    if one.more:
        yield f"     and {one.more} more; {run.id}/run.json has every finding"
    if not one.links:
        yield f"     {rest}"
