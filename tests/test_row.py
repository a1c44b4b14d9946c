"""Does a row give what the far side said, and refuse to guess when it said something else?"""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drcheck.errors import AnswerError
from drcheck.transport.row import Row

ROW = Row(
    "Get-VM",
    {
        "Name": "WEB01",
        "Null": None,
        "Count": 3,
        "Big": "9223372036854775807",
        "Half": 0.5,
        "Whole": 2.0,
        "Yes": True,
        "Bit": 1,
        "When": "2026-11-23T10:00:00.1234567Z",
        "Local": "2026-11-23T10:00:00",
        "List": ["a", "b"],
        "Gaps": ["a", None],
        "Mixed": ["a", 1],
    },
)


CASES: list[tuple[str, str, object]] = [
    ("text", "Name", "WEB01"),
    ("text_or_none", "Null", None),
    ("text_or_none", "Name", "WEB01"),
    ("integer", "Count", 3),
    ("integer", "Big", 2**63 - 1),
    ("integer", "Whole", 2),
    ("integer_or_none", "Null", None),
    ("integer_or_none", "Count", 3),
    ("number", "Half", 0.5),
    ("number", "Count", 3.0),
    ("number", "Big", float(2**63 - 1)),
    ("number_or_none", "Null", None),
    ("flag", "Yes", True),
    ("flag_or_none", "Null", None),
    ("truth", "Bit", True),
    ("truth", "Yes", True),
    ("when", "When", datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)),
    ("when_or_none", "Null", None),
    ("texts", "List", ["a", "b"]),
    ("texts", "Null", []),
    ("texts_or_none", "Gaps", ["a", None]),
    ("texts_or_none", "Null", []),
    ("has", "Null", True),
    ("has", "Absent", False),
]


@pytest.mark.parametrize(("reader", "name", "value"), CASES, ids=[f"{reader}-{name}" for reader, name, _ in CASES])
def test_what_was_said(reader: str, name: str, value: object) -> None:
    read = getattr(ROW, reader)(name)
    assert read == value
    assert type(read) is type(value)


def test_a_default_stands_for_null_and_for_absence_only() -> None:
    assert [ROW.text_or(name, "-") for name in ("Null", "Absent", "Name")] == ["-", "-", "WEB01"]
    assert [ROW.truth_or(name, default=False) for name in ("Null", "Absent", "Bit")] == [False, False, True]
    assert ROW.truth_or("Absent", default=True) is True


READERS = [
    *("text", "text_or_none", "integer", "integer_or_none", "number", "number_or_none", "flag", "flag_or_none"),
    *("truth", "when", "when_or_none", "texts", "texts_or_none"),
]


@pytest.mark.parametrize("reader", READERS)
def test_a_property_that_does_not_exist_is_not_read_as_null(reader: str) -> None:
    with pytest.raises(AnswerError, match="the answer to Get-VM cannot be read: Absent: is not in the answer"):
        getattr(ROW, reader)("Absent")


@pytest.mark.parametrize(
    ("reader", "name"),
    [
        *(("text", name) for name in ("Count", "Null", "List", "Yes")),
        *(("integer", name) for name in ("Name", "Half", "Yes", "Null")),
        *(("number", name) for name in ("Name", "Yes", "Null", "List")),
        *(("flag", name) for name in ("Bit", "Name", "Null")),
        *(("truth", name) for name in ("Count", "Name", "Null")),
        *(("when", name) for name in ("Name", "Local", "Count", "Null")),
        *(("texts", name) for name in ("Name", "Mixed", "Gaps")),
        *(("texts_or_none", name) for name in ("Name", "Mixed")),
    ],
)
def test_a_value_of_another_type_is_refused(reader: str, name: str) -> None:
    with pytest.raises(AnswerError, match=f"{name}: .* is not "):
        getattr(ROW, reader)(name)


@given(st.integers(-(2**63), 2**64))
def test_whole_numbers_survive_as_number_or_as_text(value: int) -> None:
    assert Row("q", {"n": value}).integer("n") == Row("q", {"n": str(value)}).integer("n") == value


@given(st.sampled_from(READERS), st.text() | st.lists(st.text()) | st.floats() | st.integers() | st.none())
def test_nothing_but_an_answer_error_comes_out(reader: str, value: object) -> None:
    try:
        read = getattr(Row("q", {"n": value}), reader)("n")
    except AnswerError:
        return
    assert read is not None or value is None or reader.endswith("_or_none")


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(AnswerError) as raised:
        Row("q", {"n": "x" * 5000}).integer("n")
    assert len(str(raised.value)) < 200


def test_what_is_good_to_know_may_be_null_or_absent_but_not_wrong() -> None:
    row = Row("q", {"n": None, "m": 7})
    assert (row.maybe("n", row.integer), row.maybe("absent", row.integer), row.maybe("m", row.integer)) == (
        None,
        None,
        7,
    )
    with pytest.raises(AnswerError, match=r"m: .* is not a text"):
        row.maybe("m", row.text)


def test_a_list_is_read_element_by_element() -> None:
    row = Row("q", {"n": [1, None, "9007199254740993"], "none": None, "one": 1, "odd": [True]})
    assert row.each("n", Row.integer) == [1, None, 9007199254740993]
    assert row.each("none", Row.integer) == []
    for name in ("one", "odd", "absent"):
        with pytest.raises(AnswerError):
            row.each(name, Row.integer)


def test_properties_of_an_array_are_read_element_by_element() -> None:
    row = Row("q", {"NICs.ID": ["A", "B"], "NICs.IPs": [["10.0.0.1"], []], "NICs.VLAN": [None, 7]})
    first, second = row.beside("NICs", ("ID", "IPs", "VLAN", "NotThere"))
    assert (first.text("ID"), first.texts("IPs"), first.integer_or_none("VLAN")) == ("A", ["10.0.0.1"], None)
    assert (second.text("ID"), second.integer("VLAN"), second.has("NotThere")) == ("B", 7, False)
    assert Row("q", {"NICs.ID": None}).beside("NICs", ("ID", "IPs")) == []


@pytest.mark.parametrize("other", [["x"], None, "text", ["a", "b", "c"]])
def test_lists_of_different_elements_are_refused(other: object) -> None:
    with pytest.raises(AnswerError, match="NICs"):
        Row("q", {"NICs.ID": ["A", "B"], "NICs.Name": other}).beside("NICs", ("ID", "Name"))


def test_an_array_without_its_first_property_is_refused() -> None:
    with pytest.raises(AnswerError, match=r"NICs\.ID"):
        Row("q", {"NICs.Name": ["A"]}).beside("NICs", ("ID", "Name"))
