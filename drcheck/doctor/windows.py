"""What is missing on a Windows machine that answered, and on one that did not let us in?"""

from collections.abc import Collection, Iterator, Sequence

from msgspec.structs import replace

from drcheck.doctor import State, Symptom, Topic, met, unmet
from drcheck.errors import (
    AccessDenied,
    AuthenticationFailed,
    Deadline,
    DrcheckError,
    NameNotResolved,
    RemoteFault,
    TlsFailed,
    TransportError,
)
from drcheck.permissions.rights import ACCOUNT, INSTALL, SIGN_IN, SQL_DEFINITION, SQL_STATE, Right, rights_of
from drcheck.permissions.uses import SQL_RIGHTS
from drcheck.query import Cmdlet, Sql, WindowsQuery
from drcheck.transport.winrm import Answers
from drcheck.transport.wire import End, Problem

OLDEST_POWERSHELL = (5, 1)
NOT_INSTALLED = "CommandNotFoundException"
OF_OUR_MAKING = ("PipeSourceIncomplete", "PipeSourceFailed")
"""Objects are piped on from a query that was cut short, or that has a line of its own."""
DENIED_CATEGORIES = ("PermissionDenied", "SecurityError", "AuthenticationError")
DENIED_IDS = ("AccessDenied", "UnauthorizedAccess", "PermissionDenied")
DENIED_SQL = ("Sql229", "Sql230", "Sql262", "Sql297", "Sql300", "Sql371", "Sql916", "Sql4060", "Sql18456")
"""Errors of SQL Server for a login that may not (Microsoft, "Database engine errors")."""


def let_in(error: TransportError) -> Symptom:
    """What kept us from asking, when name, port and certificate are good."""
    if isinstance(error, AuthenticationFailed):
        return unmet(error.endpoint, Topic.SIGN_IN, error.what, error.remedy)
    if isinstance(error, AccessDenied):
        return unmet(error.endpoint, Topic.RIGHT, error.what, f"{SIGN_IN.name}: {SIGN_IN.grant}")
    if isinstance(error, RemoteFault) and "language mode" in error.what:
        remedy = (
            "Allow the scripts in the machine's WDAC or AppLocker policy, by the hashes that "
            "python -m drcheck.transport.scripts prints; a machine-wide __PSLockdownPolicy must go"
        )
        return unmet(error.endpoint, Topic.POWERSHELL, error.what, remedy)
    topics = {NameNotResolved: Topic.NAME, TlsFailed: Topic.TLS, Deadline: Topic.TCP}
    return unmet(error.endpoint, topics.get(type(error), Topic.QUERY), error.what, error.remedy)


def declared_id(query: WindowsQuery) -> str:
    """A query's id without what was added for one target."""
    return query.id.partition("@")[0]


def as_if_whole(answers: Answers) -> Answers:
    """Answers that were cut short by us, as if there had been no more: nobody shall look for the rest."""
    whole = {
        name: replace(answer, end=replace(answer.end, state="ok")) if _cut_by_us(answer.end) else answer
        for name, answer in answers.answers.items()
    }
    return replace(answers, answers=whole)


def _cut_by_us(end: End) -> bool:
    ours = all(problem.id.startswith(OF_OUR_MAKING) for problem in end.errors)
    return end.state == "limited" or (end.state == "partial" and ours)


def judge(
    answers: Answers, queries: Sequence[WindowsQuery], needed: Collection[str], skew_max: float
) -> Iterator[Symptom]:
    """Everything about a machine that answered.

    Args:
        answers: what it said.
        queries: what it was asked.
        needed: declared ids of queries whose failure counts, because nobody else answered them either.
        skew_max: seconds that its clock may be off.
    """
    here = str(answers.endpoint)
    yield met(here, Topic.SIGN_IN, f"as {answers.hello.user}")
    yield _clock(answers, skew_max)
    yield _powershell(answers)
    absent = {query.module for query in queries if isinstance(query, Cmdlet) and _lacks(answers, query)}
    for module in sorted({query.module for query in queries if isinstance(query, Cmdlet)}):
        yield _module(here, module, absent)
    answerable = [query for query in queries if getattr(query, "module", "") not in absent]
    rights = tuple(_rights(answers, answerable))
    yield from rights
    yield from _failures(answers, [query for query in answerable if declared_id(query) in needed])
    for query in queries:
        if isinstance(query, Sql) and query.text == SQL_RIGHTS.text:
            told = [one.remedy for one in rights]
            yield from (one for one in _sql_rights(answers, query) if one.state is State.OK or one.remedy not in told)


def _clock(answers: Answers, skew_max: float) -> Symptom:
    here, clock = str(answers.endpoint), answers.clock
    said = f"{clock.offset_seconds:+.1f} s against ours, known to {clock.uncertainty_seconds:.1f} s"
    if abs(clock.offset_seconds) - clock.uncertainty_seconds > skew_max:
        remedy = "On the machine: w32tm /resync /rediscover, then w32tm /query /status; check ours as well"
        return unmet(here, Topic.CLOCK, f"{said}; {skew_max:g} s are allowed", remedy)
    return met(here, Topic.CLOCK, said)


def _powershell(answers: Answers) -> Symptom:
    here, version = str(answers.endpoint), answers.powershell
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    said = f"{version}, {answers.language_mode}"
    if numbers < OLDEST_POWERSHELL:
        return unmet(here, Topic.POWERSHELL, said, "Install Windows Management Framework 5.1 on the machine")
    return met(here, Topic.POWERSHELL, said)


def _lacks(answers: Answers, query: WindowsQuery) -> bool:
    return any(problem.id.startswith(NOT_INSTALLED) for problem in _problems(answers, query))


def _module(here: str, module: str, absent: set[str]) -> Symptom:
    if module in absent:
        remedy = INSTALL.get(module.lower(), f"Install the Windows feature that brings the module {module}")
        return unmet(here, Topic.MODULE, f"{module} is not installed, or is another version", remedy)
    return met(here, Topic.MODULE, module)


def _rights(answers: Answers, queries: Sequence[WindowsQuery]) -> Iterator[Symptom]:
    """A line per right: what it is needed for and lacks, or for how much it is enough."""
    here = str(answers.endpoint)
    asked: dict[Right, list[WindowsQuery]] = {}
    denied: dict[Right, list[str]] = {}
    for query in queries:
        needed = rights_of(query)
        for right in needed:
            asked.setdefault(right, []).append(query)
        refused = next((problem for problem in _problems(answers, query) if _denied(problem)), None)
        if refused is not None:
            denied.setdefault(needed[0], []).append(f"{query}: {_short(refused)}")
    for right, using in asked.items():
        if right in denied:
            named = f"{right.name} {right.where}".strip()
            what = f"{named} is missing for {len(denied[right])} of {len(using)} queries; the first: {denied[right][0]}"
            yield unmet(here, Topic.RIGHT, what, _grant(right, answers))
        else:
            yield met(here, Topic.RIGHT, f"{right.name}: enough for {len(using)} queries")


def _failures(answers: Answers, queries: Sequence[WindowsQuery]) -> Iterator[Symptom]:
    """A line per way in which queries failed though nothing was refused."""
    alike: dict[str, list[str]] = {}
    for query in queries:
        for problem in _problems(answers, query)[:1]:
            if not _denied(problem):
                alike.setdefault(f"{problem.id}: {_short(problem)}", []).append(str(query))
    for said, using in alike.items():
        others = f" and {len(using) - 1} more" if len(using) > 1 else ""
        remedy = "Is the service behind it running on the machine, and its version supported? Otherwise report it"
        yield unmet(str(answers.endpoint), Topic.QUERY, f"{using[0]}{others}: {said}", remedy)


def _sql_rights(answers: Answers, query: Sql) -> Iterator[Symptom]:
    """Rights whose absence is no error: the server then just tells less."""
    here = str(answers.endpoint)
    try:
        rows = answers.rows(query)
    except DrcheckError:
        return  # it has a line of its own among the queries
    for row in rows:
        for column, right in (("view_server_state", SQL_STATE), ("view_any_definition", SQL_DEFINITION)):
            if row.integer_or_none(column) == 1:
                yield met(here, Topic.RIGHT, f"{query.instance}: {right.name}")
            else:
                yield unmet(here, Topic.RIGHT, f"{query.instance}: {right.name} is missing", _grant(right, answers))


def _grant(right: Right, answers: Answers) -> str:
    """The command for the account that we are."""
    return right.grant.replace(ACCOUNT, answers.hello.user) or f"Grant {right.name}"


def _problems(answers: Answers, query: WindowsQuery) -> Sequence[Problem]:
    """What went wrong, but for what is our doing."""
    errors = answers.answers[query.id].end.errors
    return [problem for problem in errors if not problem.id.startswith(OF_OUR_MAKING)]


def _denied(problem: Problem) -> bool:
    return (
        problem.category in DENIED_CATEGORIES
        or any(text in problem.id for text in DENIED_IDS)
        or problem.id in DENIED_SQL
    )


def _short(problem: Problem) -> str:
    return " ".join(problem.message.split())[:160]
