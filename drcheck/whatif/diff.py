"""What changed between two snapshots: objects by id, and the verdicts that follow."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from drcheck.topology.base import Fact, Topology, kinds
from drcheck.verdict import Finding, Verdict

BAD = frozenset({Verdict.FAIL})
BLIND = frozenset({Verdict.UNKNOWN})
VOLATILE = frozenset(
    {
        "seen",
        "rpo_seconds",
        "rpo_calculated",
        "last_replication",
        "last_test_failover",
        "pending_bytes",
        "successful_count",
        "missed_count",
        "error_count",
        "max_latency_seconds",
        "window_started",
        "window_ended",
        "average_latency_seconds",
        "average_bytes",
        "maximum_bytes",
        "last_applied",
        "last_vss",
        "memory_assigned_bytes",
        "newest_point",
        "oldest_point",
        "newest_app_consistent",
        "free_bytes",
        "file_bytes",
        "written_bytes",
        "read_bytes",
        "last_commit",
        "lag_seconds",
        "log_send_queue_kb",
        "redo_queue_kb",
        "redo_rate_kb_per_second",
        "log_send_rate_kb_per_second",
        "last_hardened",
        "last_attempt",
        "last_success",
        "consecutive_failures",
        "milliseconds",
        "samples",
        "cpu_percent",
        "available_memory_mb",
        "available_storage_bytes",
        "available_addresses",
        "last_modified",
        "total_size_bytes",
        "file_sizes_bytes",
        "updated",
        "last_replicated",
        "last_recovery_point",
        "last_failover",
        "last_planned_failover",
        "last_unplanned_failover",
        "last_heartbeat",
        "initial_replication_percent",
        "newest",
        "oldest",
        "count",
        "used",
    }
)
"""Fields that tell when something last happened or how much of it: provenance, clocks, counters; not topology."""

HISTORY = frozenset({"SiteRecoveryJob", "SiteRecoveryEvent"})
"""Kinds that tell what happened, not what is: they come and go by themselves."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One object that came, went or changed. ``fields`` maps a field to its old and new value, as text."""

    kind: str
    subject: str
    key: str
    name: str
    what: str
    """``added``, ``removed``, ``changed`` or ``no longer visible``."""
    fields: Mapping[str, tuple[str, str]] = msgspec.field(default_factory=dict)

    def __str__(self) -> str:
        """One line for a terminal."""
        detail = "; ".join(
            f"{field}: {old or '(none)'} -> {new or '(none)'}" for field, (old, new) in self.fields.items()
        )
        return f"{self.what} {self.subject} {self.name} [{self.key}]" + (f": {detail}" if detail else "")


class VerdictChange(msgspec.Struct, frozen=True, kw_only=True):
    """One check on one subject whose verdict is another now; ``None`` where it was not judged."""

    check: str
    subject: str
    key: str
    old: Verdict | None
    new: Verdict | None
    message: str

    def __str__(self) -> str:
        """One line for a terminal."""
        return f"{self.check} {self.subject}: {self.old or '-'} -> {self.new or '-'}: {self.message}"


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that changed."""

    topology: tuple[Change, ...]
    verdicts: tuple[VerdictChange, ...]

    @property
    def exit_code(self) -> int:
        """1 when something fails that did not, else 2 when something is unknown that was not, else 0."""
        if any(change.new in BAD for change in self.verdicts):
            return 1
        return 2 if any(change.new in BLIND for change in self.verdicts) else 0


def compare(old: Topology, new: Topology, before: Sequence[Finding], after: Sequence[Finding]) -> Diff:
    """Compare two topologies and what the same checks say of each."""
    return Diff(topology=tuple(_changes(old, new)), verdicts=tuple(_verdicts(before, after)))


def _changes(old: Topology, new: Topology) -> Iterator[Change]:
    for kind in kinds():
        if kind.__name__ in HISTORY:
            continue
        was = {fact.key: fact for fact in old.seen(kind)}
        now = {fact.key: fact for fact in new.seen(kind)}
        hidden = bool(new.missing(kind))
        for key in sorted(was.keys() | now.keys()):
            change = _change(kind, was.get(key), now.get(key), hidden=hidden)
            if change is not None:
                yield change


def _change(kind: type[Fact], was: Fact | None, now: Fact | None, *, hidden: bool) -> Change | None:
    known = now or was
    assert known is not None, "a key comes from one side at least"  # noqa: S101 - for the type checker
    what, fields = "changed", _fields(was, now)
    if was is None:
        what = "added"
    elif now is None:
        what = "no longer visible" if hidden else "removed"
    elif not fields:
        return None
    return Change(kind=kind.__name__, subject=kind.SUBJECT, key=known.key, name=known.title, what=what, fields=fields)


def _fields(was: Fact | None, now: Fact | None) -> dict[str, tuple[str, str]]:
    if was is None or now is None:
        return {}
    pairs = ((name, getattr(was, name), getattr(now, name)) for name in was.__struct_fields__ if name not in VOLATILE)
    return {name: (_text(left), _text(right)) for name, left, right in pairs if left != right}


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _verdicts(before: Sequence[Finding], after: Sequence[Finding]) -> Iterator[VerdictChange]:
    was = {(one.check, one.subject.kind, one.subject.key): one for one in before}
    now = {(one.check, one.subject.kind, one.subject.key): one for one in after}
    for identity in sorted(was.keys() | now.keys()):
        left, right = was.get(identity), now.get(identity)
        if left is not None and right is not None and left.verdict is right.verdict:
            continue
        known = right or left
        assert known is not None, "an identity comes from one side at least"  # noqa: S101 - for the type checker
        yield VerdictChange(
            check=known.check,
            subject=known.subject.name,
            key=known.subject.key,
            old=left.verdict if left else None,
            new=right.verdict if right else None,
            message=known.message if right else "not judged any more",
        )
