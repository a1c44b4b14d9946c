"""What does a Windows machine answer? All queries of one wave in one shell and one process, with typed errors.

``collect`` reads; ``act`` sends one verb of a drill. They send different scripts, and only drills ever have the second.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import stamina
from msgspec import Struct, to_builtins

from drcheck.errors import Garbled, QueryFailed, RemoteFault, TransportError
from drcheck.estate.secret import Secret
from drcheck.query import Cmdlet, WindowsQuery
from drcheck.topology.base import Clock
from drcheck.transport.clixml import error_text
from drcheck.transport.deadline import Guard
from drcheck.transport.row import Row
from drcheck.transport.scripts import collect_script, command_line, stdin
from drcheck.transport.tickets import TICKETS
from drcheck.transport.winrm_errors import explain, worth_asking_again
from drcheck.transport.winrm_session import Exit, Shell, SignIn, WinRmEndpoint
from drcheck.transport.wire import End, Event, Fatal, Hello, Object, Reader

__all__ = ["Acted", "Answers", "SignIn", "WinRmEndpoint", "act", "collect"]

Now = Callable[[], datetime]

# Without a handler of its own, Python prints stamina's "retry scheduled" on stderr in the middle of our output.
logging.getLogger("stamina").addHandler(logging.NullHandler())


class Answer(Struct, frozen=True, kw_only=True):
    """The answer to one query."""

    rows: tuple[dict[str, object], ...]
    end: End
    at: datetime
    """When its end arrived, by our clock."""


class Answers(Struct, frozen=True, kw_only=True):
    """What one machine answered to the queries of one wave."""

    endpoint: WinRmEndpoint
    hello: Hello
    clock: Clock
    """The machine's clock against ours, bounded by the time between the last word sent and the first one heard."""
    answers: Mapping[str, Answer]

    @property
    def host(self) -> str:
        """The machine that answered, as it calls itself, lower case."""
        return self.hello.host.lower()

    @property
    def powershell(self) -> str:
        """Version of Windows PowerShell."""
        return self.hello.powershell

    @property
    def language_mode(self) -> str:
        """PowerShell's language mode."""
        return self.hello.language_mode

    def rows(self, query: WindowsQuery) -> list[Row]:
        """The rows of one query's answer, also of an incomplete one: see ``incomplete``.

        Raises:
            QueryFailed: the machine could not answer it.
        """
        answer = self.answers[query.id]
        if answer.end.state == "failed":
            problem = answer.end.errors[0] if answer.end.errors else None
            error_id, message = (problem.id, problem.message) if problem else ("-", "no reason was given")
            raise QueryFailed(str(self.endpoint), str(query), error_id, message)
        return [Row(str(query), values) for values in answer.rows]

    def incomplete(self, query: WindowsQuery) -> str:
        """Why the answer may lack rows or values; empty when it is complete."""
        end = self.answers[query.id].end
        if end.state == "ok":
            return ""
        errors = "; ".join(f"{problem.id}: {problem.message}" for problem in end.errors[:3])
        more = f" (and {len(end.errors) - 3} more)" if len(end.errors) > 3 else ""
        return f"{end.state} after {end.count} rows: {errors or 'the limit was reached'}{more}"

    def missing(self, query: WindowsQuery) -> tuple[str, ...]:
        """Properties that do not exist on this machine's version."""
        return self.answers[query.id].end.missing

    def at(self, query: WindowsQuery) -> datetime:
        """When the answer was complete, by our clock."""
        return self.answers[query.id].at


class Acted(Struct, frozen=True, kw_only=True):
    """What a verb told."""

    rows: list[dict[str, object]]
    clock: Clock
    host: str


def collect(endpoint: WinRmEndpoint, queries: Sequence[WindowsQuery], *, now: Now) -> Answers:
    """Ask one machine; it costs at most the endpoint's total time.

    Args:
        endpoint: the machine.
        queries: all of them go in one process, in this order; ids are unique.
        now: our clock, in UTC.

    Raises:
        TransportError: no usable answer came; the subclass says why.
    """
    script = collect_script()
    request = {
        "allow": sorted({query.cmdlet for query in queries if isinstance(query, Cmdlet)}),
        "queries": [to_builtins(query) for query in queries],
    }
    ends = time.monotonic() + endpoint.total_seconds

    def talk() -> _Heard:
        return _talk(endpoint, (script, request), max(0.0, ends - time.monotonic()), now)

    # Reads only, all attempts within the endpoint's time, and only what may pass: a service that is just restarting.
    again = stamina.RetryingCaller(attempts=2, timeout=endpoint.total_seconds, wait_initial=0.2, wait_jitter=0.2)
    heard = again(worth_asking_again, talk)
    unanswered = [query.id for query in queries if query.id not in heard.answers]
    if unanswered:
        raise Garbled(str(endpoint), f"no answer to {', '.join(unanswered)} came", "Report this as a bug of drcheck.")
    return Answers(endpoint=endpoint, hello=heard.greeting, clock=heard.clock, answers=heard.answers)


def act(  # noqa: PLR0913 - a request has these parts
    endpoint: WinRmEndpoint,
    script: str,
    verb: str,
    args: Mapping[str, object],
    *,
    now: Now,
    seconds: float,
    on_event: Callable[[dict[str, object], datetime], None] | None = None,
) -> Acted:
    """Send one verb of the drill script, once: it is never repeated, whatever happens.

    Args:
        endpoint: the machine.
        script: the assembled drill script.
        verb: which verb.
        args: its ids, names and times.
        now: our clock, in UTC.
        seconds: the deadline of the whole conversation.
        on_event: called with each row and the time it arrived, as it arrives.

    Raises:
        TransportError: no usable answer came; whether the verb had its effect is unknown.
        QueryFailed: the machine refused; ``error_id`` says why.
    """
    heard = _talk(endpoint, (script, {"verb": verb, "args": dict(args)}), seconds, now, on_event)
    answer = heard.answers.get("act")
    if answer is None:
        raise Garbled(str(endpoint), f"no answer to {verb} came", "Report this as a bug of drcheck.")
    if answer.end.state == "failed":
        problem = answer.end.errors[0]
        message = hiding(endpoint, args)(problem.message)
        raise QueryFailed(str(endpoint), verb, problem.id.partition(",")[0], message)
    return Acted(rows=list(answer.rows), clock=heard.clock, host=heard.greeting.host.lower())


def hiding(endpoint: WinRmEndpoint, args: Mapping[str, object]) -> Callable[[str], str]:
    """Blots out in a text what a request carries of secrets: .NET's JSON parser repeats all that it was given.

    Args:
        endpoint: has a password.
        args: of a verb; one for guests has another.
    """
    guest = str(args.get("password") or "")
    secrets = [endpoint.password, Secret(json.dumps(guest)[1:-1]), Secret(guest)]

    def hide(text: str) -> str:
        for secret in secrets:
            text = secret.hide_in(text)
        return text

    return hide


class _Heard:
    """Everything that was said so far, with the times it was heard."""

    def __init__(
        self,
        endpoint: WinRmEndpoint,
        now: Now,
        on_event: Callable[[dict[str, object], datetime], None] | None,
        hide: Callable[[str], str],
    ) -> None:
        self._endpoint = endpoint
        self._hide = hide
        self._now = now
        self._on_event = on_event
        self._reader = Reader()
        self._sent = now()
        self._rows: dict[str, list[dict[str, object]]] = {}
        self._hello: tuple[Hello, datetime] | None = None
        self._fatal: Fatal | None = None
        self.answers: dict[str, Answer] = {}

    @property
    def greeting(self) -> Hello:
        """The greeting; there is one when the end was understood."""
        if self._hello is None:
            raise Garbled(str(self._endpoint), "no greeting came", "Report this as a bug of drcheck.")
        return self._hello[0]

    @property
    def clock(self) -> Clock:
        """The far clock's offset: its time lies between our last word and the moment its greeting arrived."""
        hello = self.greeting
        heard = self._hello[1] if self._hello else self._sent
        half = (heard - self._sent) / 2
        offset = datetime.fromisoformat(hello.utc) - (self._sent + half)
        return Clock(
            endpoint=self._endpoint.name.lower(),
            offset_seconds=offset.total_seconds(),
            uncertainty_seconds=abs(half.total_seconds()),
            at=heard,
        )

    def sending(self) -> None:
        """Note that the last word is being sent: the process begins only after it."""
        self._sent = self._now()

    def hear(self, piece: bytes) -> None:
        """Take a piece of stdout."""
        at = self._now()
        for event in self._reader.feed(piece):
            self._note(event, at)

    def understand(self, ended: Exit) -> None:
        """Check that everything was said, or say why not."""
        if self._fatal is not None:
            raise self._died(self._fatal)
        if not self._reader.begun:
            raise self._silent(ended)
        self._reader.close()

    def _note(self, event: Event, at: datetime) -> None:
        if isinstance(event, Hello):
            self._hello = (event, at)
        elif isinstance(event, Object):
            self._rows.setdefault(event.query, []).append(event.values)
            if self._on_event is not None:
                self._on_event(event.values, at)
        elif isinstance(event, End):
            self.answers[event.query] = Answer(rows=tuple(self._rows.pop(event.query, ())), end=event, at=at)
        elif isinstance(event, Fatal):
            self._fatal = event

    def _died(self, fatal: Fatal) -> RemoteFault:
        if fatal.id == "LanguageMode":
            what = "PowerShell is not in full language mode"
            return RemoteFault(str(self._endpoint), what, "Allow the scripts by their hash in the machine's policy.")
        what = f"the script was refused or died ({fatal.id}: {fatal.message})"
        return RemoteFault(str(self._endpoint), self._hide(what), "Compare drcheck's versions.")

    def _silent(self, ended: Exit) -> TransportError:
        said = error_text(ended.stderr) or " ".join(self._reader.noise.split())[:200] or "nothing was printed"
        what = f"PowerShell did not run the script (exit code {ended.code}: {said})"
        remedy = "Does a policy (AppLocker, WDAC, antivirus) keep powershell.exe or the script from running?"
        return RemoteFault(str(self._endpoint), self._hide(what), remedy)


def _talk(
    endpoint: WinRmEndpoint,
    said: tuple[str, object],
    seconds: float,
    now: Now,
    on_event: Callable[[dict[str, object], datetime], None] | None = None,
) -> _Heard:
    """One conversation: script and request out, everything heard back; every error of the way is one of ours."""
    script, request = said
    args = request.get("args") if isinstance(request, dict) else None
    heard = _Heard(endpoint, now, on_event, hiding(endpoint, args if isinstance(args, dict) else {}))
    with Guard(seconds) as guard:
        try:
            TICKETS.ensure(endpoint, guard.remaining)
            with Shell(endpoint, guard) as shell:
                heard.understand(shell.run(command_line(script), stdin(script, request), heard.hear, heard.sending))
            _ = heard.clock
        except TransportError:
            raise
        except Exception as error:
            explained = explain(endpoint, error, expired=guard.expired)
            if explained is None:
                raise
            raise explained from error
    return heard
