"""Laws of the line protocol: any cut of the stream reads the same, and no loss is ever taken for an answer."""

import json
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drcheck.transport import wire
from drcheck.transport.wire import Bye, End, Event, Fatal, Hello, Object, Reader, WireError

scalars = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=12)
values = st.dictionaries(st.text(max_size=8), scalars | st.lists(scalars, max_size=3), max_size=3)
answers = st.dictionaries(st.text(min_size=1, max_size=5), st.lists(values, max_size=3), max_size=3)
noise = st.text(st.characters(codec="utf-8", exclude_characters="#\r\n"), max_size=20)


def transcript(answered: dict[str, list[dict[str, object]]]) -> list[bytes]:
    """What an honest far side writes."""
    bodies: list[dict[str, object]] = [
        {"t": "hello", "v": 1, "host": "hv1", "user": "D\\u", "ps": "5.1", "mode": "FullLanguage", "utc": "2026"}
    ]
    for query, rows in answered.items():
        bodies += [{"t": "o", "q": query, "d": row} for row in rows]
        bodies.append({"t": "end", "q": query, "state": "ok", "n": len(rows), "ms": 3, "errors": [], "missing": []})
    bodies.append({"t": "bye", "n": len(bodies)})
    return [b"#drc " + json.dumps({"l": at, **body}).encode() for at, body in enumerate(bodies, 1)]


def read(stream: bytes, *cuts: int) -> list[Event]:
    reader = Reader()
    events = []
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    for start, end in pairwise(places):
        events += reader.feed(stream[start:end])
    reader.close()
    return events


def joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


@given(answers, st.lists(st.integers(0, 4000), max_size=30))
def test_any_cut_of_the_stream_gives_the_same_events(
    answered: dict[str, list[dict[str, object]]], cuts: list[int]
) -> None:
    stream = joined(transcript(answered))
    assert read(stream, *cuts) == read(stream)


@given(answers)
def test_what_was_sent_is_what_is_read(answered: dict[str, list[dict[str, object]]]) -> None:
    events = read(joined(transcript(answered)))
    objects = [(event.query, event.values) for event in events if isinstance(event, Object)]
    assert objects == [(query, row) for query, rows in answered.items() for row in rows]
    assert [event.query for event in events if isinstance(event, End)] == list(answered)


@given(answers, st.data())
def test_a_dropped_doubled_or_moved_line_is_noticed(
    answered: dict[str, list[dict[str, object]]], data: st.DataObject
) -> None:
    lines = transcript(answered)
    at = data.draw(st.integers(0, len(lines) - 1))
    to = data.draw(st.integers(0, len(lines) - 1).filter(lambda place: place != at))
    dropped = lines[:at] + lines[at + 1 :]
    doubled = [*lines[: at + 1], *lines[at:]]
    moved = [*dropped[:to], lines[at], *dropped[to:]]
    for broken in (dropped, doubled, moved):
        with pytest.raises(WireError):
            read(joined(broken))


@given(answers, st.data())
def test_a_cut_anywhere_is_noticed(answered: dict[str, list[dict[str, object]]], data: st.DataObject) -> None:
    stream = joined(transcript(answered))
    with pytest.raises(WireError):
        read(stream[: data.draw(st.integers(0, len(stream) - 2))])


@given(answers, st.data(), st.binary(min_size=1, max_size=5).filter(lambda junk: b"\n" not in junk))
def test_foreign_bytes_at_the_edges_of_a_line_are_noticed(
    answered: dict[str, list[dict[str, object]]], data: st.DataObject, junk: bytes
) -> None:
    lines = transcript(answered)
    at = data.draw(st.integers(0, len(lines) - 1))
    for spoilt in (junk + lines[at], lines[at][:-1] + junk):
        if spoilt.strip() != lines[at]:
            with pytest.raises(WireError):
                read(joined([*lines[:at], spoilt, *lines[at + 1 :]]))


@given(answers, st.data())
def test_a_wrong_count_or_number_is_noticed(answered: dict[str, list[dict[str, object]]], data: st.DataObject) -> None:
    lines = transcript(answered)
    at = data.draw(st.integers(0, len(lines) - 1))
    body = json.loads(lines[at][5:])
    name = data.draw(st.sampled_from(sorted({"l", "n"} & set(body))))
    body[name] += data.draw(st.integers(-3, 3).filter(bool))
    with pytest.raises(WireError):
        read(joined([*lines[:at], b"#drc " + json.dumps(body).encode(), *lines[at + 1 :]]))


@given(answers, st.lists(noise, max_size=4), st.data())
def test_noise_between_lines_is_kept_and_changes_nothing(
    answered: dict[str, list[dict[str, object]]], printed: list[str], data: st.DataObject
) -> None:
    lines = transcript(answered)
    mixed = list(lines)
    for text in printed:
        mixed.insert(data.draw(st.integers(0, len(mixed))), text.encode())
    reader = Reader()
    assert reader.feed(joined(mixed)) == read(joined(lines))
    reader.close()
    assert all(text in reader.noise for text in printed)


def test_noise_is_bounded() -> None:
    reader = Reader()
    reader.feed((b"x" * 1000 + b"\n") * 50)
    assert len(reader.noise) == wire.NOISE_LIMIT


def test_a_split_character_in_noise_is_put_together() -> None:
    reader = Reader()
    for byte in "Kühlung läuft\n".encode():
        reader.feed(bytes([byte]))
    assert reader.noise == "Kühlung läuft\n"


def test_windows_line_ends_are_read() -> None:
    assert read(b"".join(line + b"\r\n" for line in transcript({"a": [{"x": 1}]})))[-1] == Bye(4, 3)


def test_a_line_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LINE_LIMIT", 1000)
    reader = Reader()
    reader.feed(b"#drc " + b"x" * 990)
    with pytest.raises(WireError, match="longer"):
        reader.feed(b"x" * 10)


def test_a_fatal_line_ends_the_answer() -> None:
    events = read(b'#drc {"l":1,"t":"fatal","id":"Loader","message":"HashMismatch"}\n')
    assert events == [Fatal(1, "Loader", "HashMismatch")]


def test_the_greeting_is_read() -> None:
    hello = read(joined(transcript({})))[0]
    assert hello == Hello(1, 1, "hv1", "D\\u", "5.1", "FullLanguage", "2026")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda lines: [lines[0], lines[0].replace(b'"l": 1', b'"l": 2')], "second greeting"),
        (lambda lines: [*lines, lines[-1].replace(b'"l": 4', b'"l": 5')], "follows the last line"),
        (lambda lines: [lines[0], lines[1].replace(b"ok", b"fine").replace(b'"o"', b'"x"')], "cannot be read"),
        (lambda lines: [*lines[:2], lines[2].replace(b'"ok"', b'"fine"'), lines[3]], "ends as 'fine'"),
        (lambda lines: [lines[0], lines[1].replace(b'"x"', '"ü"'.encode())], "not ASCII"),
        (lambda lines: lines[:1], "after line 1"),
        (lambda _: [b"<html>", b"</html>"], "before its first line"),
    ],
)
def test_the_error_says_what_is_wrong(spoil: Callable[[list[bytes]], list[bytes]], says: str) -> None:
    with pytest.raises(WireError, match=says):
        read(joined(spoil(transcript({"a": [{"x": 1}]}))))
