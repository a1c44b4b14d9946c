"""What people write about a drill is read to the last word, and a slip of the pen is told."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from drcheck.discovery.drills import reviews
from drcheck.errors import AnswerError
from drcheck.estate import Estate
from drcheck.topology.base import Seen
from drcheck.topology.drills import DrillReview, FollowUp

HERE = Seen(source="test", endpoint="estate", query="test", at=datetime(2026, 11, 23, tzinfo=UTC))
MENDED: dict[str, Any] = {
    "id": "DR-DRL-004",
    "owner": "Web team",
    "due": "2026-11-30",
    "severity": "high",
    "ticket": "CHG0042",
    "cause": "a password that was set in production only",
    "closed": "2026-11-20",
    "retest": "later",
}
REVIEW: dict[str, Any] = {"schema": 1, "drill": "one", "record_sha256": "AB", "reviewer": "H. Ops"}


def read(folder: Path, name: str = "one", **changes: object) -> tuple[DrillReview, ...]:
    (folder / f"{name}.review.json").write_text(json.dumps({**REVIEW, **changes}), encoding="utf-8")
    estate = Estate(path=folder / "estate.yaml", name="e", sites=(), endpoints=(), drill_records=folder)
    return tuple(reviews(estate, HERE))


def test_a_finding_has_its_cause_its_ticket_and_the_drill_that_showed_it_mended(tmp_path: Path) -> None:
    (review,) = read(tmp_path, findings=[MENDED])
    assert review.record_sha256 == "ab"
    assert review.follow_ups == (
        FollowUp(**{**MENDED, "due": date(2026, 11, 30), "closed": date(2026, 11, 20)}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"reviewr": "H. Ops"}, "reviewr"),
        ({"findings": [{"id": "a", "onwer": "Web team"}]}, "onwer"),
        ({"findings": [{"id": "a"}, {"id": "a"}]}, "two of its findings have one id"),
        ({"drill": "two"}, "it is about the drill two"),
    ],
    ids=["review", "finding", "twice", "name"],
)
def test_what_nobody_can_have_meant_is_told(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(AnswerError, match=told):
        read(tmp_path, **changes)
