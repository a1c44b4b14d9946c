"""What do Cloud Custodian's filters cost? A program of its own, because c7n has an environment of its own.

``python custodian.py ITEMS.ndjson``: protected items, one fact a line as ``drcheck export`` writes them. Each rule asks
what the check of its name fails on, as far as filters of one resource can: c7n knows no tiers and no applications. The
last line is JSON: processor time to load and to filter, how many items there are, and how many each rule found.
"""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from c7n.filters.core import FilterRegistry, ValueFilter

PENDING = ["Commit", "ReverseReplicate", "FinalizeFailback", "CompleteMigration"]


def value(key: str, op: str, wanted: object, **more: object) -> dict[str, Any]:
    return {"type": "value", "key": key, "op": op, "value": wanted, **more}


RULES: dict[str, list[dict[str, Any]]] = {
    "DR-SUP-001": [value("provider", "in", ["HyperVReplica2012", "HyperVReplica2012R2"])],
    "DR-CLN-004": [
        {"not": [value("protection_state", "regex-case", "InitialReplication")]},
        {
            "or": [
                value("allowed_operations", "intersect", PENDING),
                value("protection_state", "regex-case", ".*Failover"),
            ]
        },
    ],
    "DR-CLN-001": [
        value("active_location", "ne", "Recovery"),
        {
            "or": [
                value("allowed_operations", "contains", "TestFailoverCleanup"),
                value("test_failover_state", "eq", "WaitingForCompletion"),
            ]
        },
        {"or": [value("last_test_failover", "eq", None), value("last_test_failover", "gt", 3, value_type="age")]},
    ],
    "DR-RPL-001": [
        {
            "or": [
                value("replication_health", "in", ["Warning", "Critical"]),
                value("rpo_seconds", "gt", 86400),
                value("rpo_calculated", "gt", 1, value_type="age"),
            ]
        }
    ],
    "DR-ASR-103": [
        value("protection_state", "regex-case", "InitialReplication|Enabling"),
        value("scenario.started", "gt", 2, value_type="age"),
    ],
}
LONG_AGO = (datetime.now(UTC) - timedelta(days=30)).isoformat()  # noqa: TID251 - c7n itself compares with now
BROKEN: dict[str, dict[str, Any]] = {
    "DR-SUP-001": {"provider": "HyperVReplica2012R2"},
    "DR-CLN-004": {"allowed_operations": ["Commit"]},
    "DR-CLN-001": {"test_failover_state": "WaitingForCompletion", "last_test_failover": LONG_AGO},
    "DR-RPL-001": {"replication_health": "Critical"},
    "DR-ASR-103": {"protection_state": "InitialReplicationInProgress", "scenario": {"started": LONG_AGO}},
}
"""What each rule has to find, or it was written wrongly."""


class Manager:
    """What a policy's filters ask of the resource type they are for."""

    id = "key"

    def get_model(self) -> "Manager":
        return self


def registry() -> FilterRegistry:
    found = FilterRegistry("filters")
    found.value_filter_class = ValueFilter
    return found


def found(rule: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for one in registry().parse(RULES[rule], Manager()):
        items = one.process(items)
    return items


def main(path: str) -> None:
    spent = time.process_time()
    with open(path, "rb") as file:  # noqa: PTH123 - as short as a policy's author would write it
        items = [json.loads(line) for line in file]
    loaded = time.process_time()
    for rule, change in BROKEN.items():
        if not found(rule, [{**items[0], **change}]):
            raise SystemExit(f"{rule} does not find what it is for")
    began = time.process_time()
    counts = {rule: len(found(rule, items)) for rule in RULES}
    said = {"load": loaded - spent, "cpu": time.process_time() - began, "items": len(items), "found": counts}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
