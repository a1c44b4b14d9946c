"""What did the far side's process say? Bytes of its stdout in, typed events out; no input or output of its own.

The process writes lines ``#drc `` + ASCII JSON, numbered from 1: ``hello``, for each query its objects ``o`` and an
``end``, and ``bye``; or ``fatal``. Numbers and counts make every loss visible: a line that is dropped, doubled, cut
or mixed with other output breaks a law and raises ``WireError``. Lines without the prefix are noise (a profile, a
module that prints) and are kept, in part, for the diagnosis.
"""

import msgspec
from msgspec import Struct, field

PREFIX = b"#drc "
LINE_LIMIT = 16 * 1024 * 1024
NOISE_LIMIT = 4096


class WireError(Exception):
    """What arrived is not the protocol, or not all of it."""


class Hello(Struct, frozen=True, tag_field="t", tag="hello"):
    """The first line: who answers, and what its clock said at that moment (UTC, ISO 8601)."""

    line: int = field(name="l")
    version: int = field(name="v")
    host: str
    user: str
    powershell: str = field(name="ps")
    language_mode: str = field(name="mode")
    utc: str


class Object(Struct, frozen=True, tag_field="t", tag="o"):
    """One object of a query's answer: property path to value."""

    line: int = field(name="l")
    query: str = field(name="q")
    values: dict[str, object] = field(name="d")


class Problem(Struct, frozen=True):
    """An error record; ``id`` (FullyQualifiedErrorId) is for programs, ``message`` may be localised."""

    id: str
    category: str = ""
    message: str = ""


class End(Struct, frozen=True, tag_field="t", tag="end"):
    """A query was answered: ``ok``, ``partial`` (errors on the way), ``limited`` or ``failed``."""

    line: int = field(name="l")
    query: str = field(name="q")
    state: str
    count: int = field(name="n")
    milliseconds: int = field(name="ms")
    errors: tuple[Problem, ...] = ()
    missing: tuple[str, ...] = ()


class Bye(Struct, frozen=True, tag_field="t", tag="bye"):
    """The last line; ``count`` is the number of lines before it."""

    line: int = field(name="l")
    count: int = field(name="n")


class Fatal(Struct, frozen=True, tag_field="t", tag="fatal"):
    """The script could not go on; nothing follows."""

    line: int = field(name="l")
    id: str
    message: str


Event = Hello | Object | End | Bye | Fatal

STATES = ("ok", "partial", "limited", "failed")

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


class Reader:
    """Turns pieces of stdout into events, however the pieces are cut."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0
        self._lines = 0
        self._counts: dict[str, int] = {}
        self._ended: set[str] = set()
        self._over = False
        self._noise = bytearray()

    @property
    def noise(self) -> str:
        """The first of what was printed besides the protocol."""
        return self._noise.decode(errors="replace")

    @property
    def begun(self) -> bool:
        """Whether any line of the protocol arrived."""
        return self._lines > 0

    def feed(self, piece: bytes) -> list[Event]:
        """Take the next piece; returns the events that it completes.

        Raises:
            WireError: a law of the protocol is broken.
        """
        self._rest += piece
        events = []
        # Only what is new is searched for a line's end: pieces of a long line would otherwise cost its square.
        while (cut := self._rest.find(b"\n", self._searched)) >= 0:
            line = bytes(self._rest[:cut])
            del self._rest[: cut + 1]
            self._searched = 0
            event = self._line(line.removesuffix(b"\r"))
            if event is not None:
                events.append(event)
        self._searched = len(self._rest)
        if self._searched > LINE_LIMIT:
            raise WireError(f"a line is longer than {LINE_LIMIT} bytes")
        return events

    def close(self) -> None:
        """Say that nothing more will come.

        Raises:
            WireError: the last line was not ``bye`` or ``fatal``: the answer is truncated.
        """
        if not self._over:
            where = f"after line {self._lines}" if self._lines else "before its first line"
            raise WireError(f"the answer ends {where}, without its last line")
        if self._rest.startswith(PREFIX):
            raise WireError("something follows the last line")

    def _line(self, line: bytes) -> Event | None:
        if not line.startswith(PREFIX):
            room = NOISE_LIMIT - len(self._noise)
            self._noise += (line + b"\n")[: max(room, 0)]
            return None
        if not line.isascii():
            raise WireError(f"line {self._lines + 1} is not ASCII: a code page was applied to it")
        try:
            event = _decoder.decode(line[len(PREFIX) :])
        except msgspec.MsgspecError as error:
            raise WireError(f"line {self._lines + 1} cannot be read: {error}") from error
        self._number(event)
        self._order(event)
        return event

    def _number(self, event: Event) -> None:
        if self._over:
            raise WireError("something follows the last line")
        if event.line != self._lines + 1:
            raise WireError(f"line {event.line} arrived where line {self._lines + 1} was expected: output was lost")
        self._lines = event.line

    def _order(self, event: Event) -> None:
        match event:
            case Hello():
                self._expect(event.line == 1, "a second greeting")
            case Object() | End():
                self._expect(event.line > 1, "the greeting is missing")
                self._query(event)
            case Bye():
                self._expect(event.line > 1, "the greeting is missing")
                self._expect(event.count == event.line - 1, f"{event.line - 1} lines arrived, {event.count} were sent")
                self._expect(not self._counts, f"no end of {', '.join(self._counts)}")
                self._over = True
            case Fatal():
                self._over = True

    def _query(self, event: Object | End) -> None:
        name = event.query
        self._expect(name not in self._ended, f"{name} goes on after its end")
        if isinstance(event, Object):
            self._counts[name] = self._counts.get(name, 0) + 1
            return
        arrived = self._counts.pop(name, 0)
        self._expect(arrived == event.count, f"{arrived} objects of {name} arrived, {event.count} were sent")
        self._expect(event.state in STATES, f"{name} ends as {event.state!r}")
        self._ended.add(name)

    @staticmethod
    def _expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - the condition itself
        if not holds:
            raise WireError(otherwise)
