"""Which checks are there, and what is there to know about each? A table for people, data for programs, a page each.

Nothing is typed by hand here: everything is taken from the checks' own metadata and code.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec
from msgspec import Struct

from drcheck.check import Check
from drcheck.data.controls import url_of
from drcheck.permissions.reliance import reads
from drcheck.permissions.rights import rights_of
from drcheck.permissions.uses import RunKind, uses
from drcheck.query import ArmAction
from drcheck.verdict import Severity


class Form(StrEnum):
    """How the catalogue is written."""

    MARKDOWN = "md"
    JSON = "json"
    CSV = "csv"


class Entry(Struct, frozen=True, kw_only=True):
    """One check, as others see it."""

    id: str
    area: str
    title: str
    subject: str
    severity: Severity
    why: str
    source: str
    remedy: str
    controls: tuple[str, ...]
    facts: tuple[str, ...]
    """Kinds of facts that it reads, from its code."""
    rights: tuple[str, ...]
    """What the account that reads those facts must be granted."""
    doc: str


def entries(checks: Iterable[Check]) -> tuple[Entry, ...]:
    """The entries of these checks, by id."""
    granted = _rights()
    return tuple(_entry(check, granted) for check in sorted(checks, key=lambda each: each.id))


def render(checks: Iterable[Check], form: Form) -> str:
    """The catalogue of these checks."""
    listed = entries(checks)
    if form is Form.JSON:
        return msgspec.json.format(msgspec.json.encode(listed), indent=2).decode() + "\n"
    return _csv(listed) if form is Form.CSV else index(listed)


def index(listed: Sequence[Entry]) -> str:
    """The index by area, by severity and by control, in Markdown; every id leads to its page."""
    parts = [_HEAD.format(count=len(listed))]
    parts += [f"\n## {area}\n\n{_table(some)}" for area, some in _by(listed, lambda one: (one.area,))]
    parts.append("\n## By severity\n")
    ranked = _by(listed, lambda one: (one.severity.value,))
    order = [severity.value for severity in Severity]
    parts += [f"- **{name}**: {_links(some)}" for name, some in sorted(ranked, key=lambda one: order.index(one[0]))]
    parts.append("\n## By control\n")
    parts += [f"- {_control(name)}: {_links(some)}" for name, some in _by(listed, lambda one: one.controls)]
    return "\n".join(parts) + "\n"


def page(entry: Entry, examples: Sequence[str]) -> str:
    """A check's own page, in Markdown.

    Args:
        entry: the check.
        examples: what it says when it fails, as it was said to a test.
    """
    sections = [
        f"# {entry.id}: {entry.title}",
        f"**Severity** {entry.severity.value} · **judges** each {entry.subject}",
        entry.doc,
        f"## Why\n\n{entry.why}\n\nSource: {entry.source}.",
        f"## How to fix it\n\n{entry.remedy}",
        "## What a failure says\n\n" + "\n".join(f"- {_quoted(text)}" for text in examples) if examples else "",
        f"## What it reads\n\n{', '.join(f'`{name}`' for name in entry.facts)}: see [sources](../sources.md).",
        f"Rights: {', '.join(entry.rights) or 'none'}; `drcheck permissions` says how to grant them.",
        "## Controls\n\n" + "\n".join(f"- {_control(name)}" for name in entry.controls),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


_HEAD = """\
# Checks

{count} checks, made from their code by `make docs`. A check judges each of its subjects on its own; see
[verdicts](../verdicts.md) for what it may say.
"""


def _entry(check: Check, granted: Mapping[str, tuple[str, ...]]) -> Entry:
    facts = tuple(sorted(kind.__name__ for kind in reads(check)))
    return Entry(
        id=check.id,
        area=check.area,
        title=check.title,
        subject=check.subject.SUBJECT,
        severity=check.severity,
        why=check.why,
        source=check.source,
        remedy=check.remedy,
        controls=check.controls,
        facts=facts,
        rights=tuple(dict.fromkeys(right for fact in facts for right in granted.get(fact, ()))),
        doc=check.doc,
    )


def _rights() -> Mapping[str, tuple[str, ...]]:
    """The rights behind each kind of fact."""
    found: dict[str, dict[str, None]] = {}
    for use in uses(RunKind.READ):
        if use.kind is not None and not isinstance(use.query, ArmAction):
            names = found.setdefault(use.kind.__name__, {})
            names.update(dict.fromkeys(right.name for right in rights_of(use.query)))
    return {kind: tuple(names) for kind, names in found.items()}


def _csv(listed: Sequence[Entry]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Entry.__struct_fields__)
    for one in listed:
        values = msgspec.to_builtins(one).values()
        writer.writerow([value if isinstance(value, str) else "; ".join(value) for value in values])
    return text.getvalue()


def _by(listed: Sequence[Entry], names: Callable[[Entry], Sequence[str]]) -> Sequence[tuple[str, Sequence[Entry]]]:
    groups: dict[str, list[Entry]] = {}
    for one in listed:
        for name in names(one):
            groups.setdefault(name, []).append(one)
    return sorted(groups.items())


def _table(listed: Sequence[Entry]) -> str:
    rows = [f"| [{one.id}]({one.id}.md) | {one.title} | {one.subject} | {one.severity.value} |" for one in listed]
    return "\n".join(["| check | the good state | judges | severity |", "|---|---|---|---|", *rows])


def _links(listed: Iterable[Entry]) -> str:
    return ", ".join(f"[{one.id}]({one.id}.md)" for one in listed)


def _control(name: str) -> str:
    url = url_of(name)
    return f"[{name}]({url})" if url else name


def _quoted(text: str) -> str:
    """As code, so that names from an estate cannot become markup."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{' '.join(text.split())}{fence}"
