"""Who may drill a machine in Azure? One blob per machine, made exclusively; beside them, copies of the journals.

A blob that exists is the lease, and its content names the drill. Blob Storage's own leases are not used: the short one
has to be renewed by a process that lives, and would set a machine free while a dead drill's copies still run; the
endless one names nobody. Whoever takes a lease over ends the copy of the old drill's journal first. That drill, should
it still live, copies every step before its effect, cannot any more, and stops.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec import Struct, structs

from drcheck.discovery.driver.reach import arm_endpoint
from drcheck.drill.holder import holder
from drcheck.drill.lease import FENCED, HeldLease, Remains, require_abandoned
from drcheck.drill.timing.waiting import insist
from drcheck.errors import AccessDenied, AuthenticationFailed, DrillError, DrillFailed, TransportError
from drcheck.estate import Estate
from drcheck.query import BlobCall
from drcheck.transport.arm import credential_for
from drcheck.transport.blobs import BlobContainer, BlobEndpoint

LEASES, JOURNALS = "leases", "journals"
CALLS = (
    BlobCall(method="GET", comp="list"),
    *(BlobCall(method=method, folder=LEASES) for method in ("GET", "PUT", "DELETE")),
    *(BlobCall(method=method, folder=JOURNALS) for method in ("GET", "PUT")),
    BlobCall(method="PUT", comp="appendblock", folder=JOURNALS),
)
"""Everything that is asked of the container."""
_DRILL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What a drill's id is made of, as replica hosts take it."""
ATTEMPTS = 4
REFUSED = (AccessDenied, AuthenticationFailed)
"""Answers after which nothing has changed, and nothing will."""


def leases_of(estate: Estate, now: Callable[[], datetime], wait: Callable[[float], None]) -> "Leases | None":
    """The declared container; ``None`` when there is none.

    Raises:
        DrillError: the only token that is given is one for the Resource Manager.
    """
    store = estate.drill_leases
    if store is None:
        return None
    if store.token is None and estate.azure.token is not None:
        what = (
            "azure has a token of its own, which is never sent to storage; give drill_leases a token_env or token_file"
        )
        raise DrillError(f"estate.yaml: {what}")
    endpoint = BlobEndpoint(
        url=store.container,
        ca_file=estate.azure.ca_file,
        connect_seconds=estate.azure.connect_seconds,
        total_seconds=estate.azure.total_seconds,
    )
    credential = credential_for(structs.replace(arm_endpoint(estate), token=store.token))
    return Leases(BlobContainer(endpoint, credential, now=now), now, wait)


def key_of(vm_id: str, arm_id: str) -> str:
    """What a machine's lease is called: its Hyper-V id; where the service did not tell it, one made of its ARM id."""
    return vm_id.lower() or hashlib.sha256(arm_id.lower().encode()).hexdigest()[:32]


def lease_blob(key: str) -> str:
    """Name of the blob that is a machine's lease."""
    return f"{LEASES}/{key}.json"


def journal_blob(drill: str) -> str:
    """Name of the blob that is the copy of a drill's journal."""
    return f"{JOURNALS}/{drill}.jsonl"


class Machine(Struct, frozen=True, kw_only=True):
    """Whose lease it is. A journal names only the key: then nothing can be taken, only given back."""

    key: str
    """What ``key_of`` gave."""
    name: str = ""
    """For people."""
    item: str = ""
    """ARM id of its protected item."""


class Stored(HeldLease, frozen=True, kw_only=True):
    """A lease that somebody holds, and whose machine it is for."""

    key: str
    name: str = ""
    item: str = ""


class Leases:
    """The leases and journal copies of one container.

    Args:
        container: where they are.
        now: the time, UTC.
        wait: pauses for so many seconds.
    """

    def __init__(self, container: BlobContainer, now: Callable[[], datetime], wait: Callable[[float], None]) -> None:
        self._container = container
        self._now = now
        self._wait = wait
        self.url = container.endpoint.url

    def take(self, machine: Machine, drill: str, expires: datetime, remains: Remains) -> None:
        """Take the lease of a machine for a drill, or take it over.

        Args:
            machine: whose.
            drill: who wants it.
            expires: when somebody else may ask whether this drill is dead.
            remains: tells what of another drill is still there.

        Raises:
            LeaseHeld: another drill holds it.
            TransportError: nobody knows who holds it.
        """
        blob, body, name = lease_blob(machine.key), self._body(machine, drill, expires), machine.name
        for _ in range(ATTEMPTS):
            if self._settled(partial(self._container.create, blob, body), blob, drill):
                return
            found = insist(self._wait, lambda: self._container.get(blob))
            if found is None:
                continue  # given back just now
            other = _lease_in(found.body)
            require_abandoned(other, name, self._now(), partial(self.journal, other.drill), remains)
            self._fence(other.drill, drill)
            # Again: only now can the old drill not begin anything any more.
            require_abandoned(other, name, self._now(), partial(self.journal, other.drill), remains)
            if self._settled(partial(self._container.replace, blob, body, found.etag), blob, drill):
                return
        raise DrillFailed(f"the lease of {name} changed hands again and again; try later")

    def release(self, key: str, drill: str) -> None:
        """Give a lease back if it is this drill's; harmless when it is not."""
        blob = lease_blob(key)
        for _ in range(ATTEMPTS):
            found = self._container.get(blob)
            if found is None or _lease_in(found.body).drill != drill:
                return
            self._container.delete(blob, found.etag)
        raise DrillFailed(f"the lease {blob} in {self.url} cannot be given back")

    def held(self, key: str) -> HeldLease | None:
        """Who holds the lease of a machine; ``None`` when nobody does."""
        found = self._container.get(lease_blob(key))
        return None if found is None else _lease_in(found.body)

    def all(self) -> Iterator[Stored]:
        """Every lease that somebody holds, read one after the other."""
        for blob in self._container.names(f"{LEASES}/"):
            found = self._container.get(blob)
            if found is not None:
                key = blob.removeprefix(f"{LEASES}/").removesuffix(".json")
                told = _told(found.body)
                yield Stored(key=key, **told)

    def journals(self) -> tuple[str, ...]:
        """The drills that a copy of the journal is here of, by id, in order; so by date."""
        names = self._container.names(f"{JOURNALS}/")
        return tuple(sorted(name.removeprefix(f"{JOURNALS}/").removesuffix(".jsonl") for name in names))

    def journal(self, drill: str) -> tuple[str, ...]:
        """The copy of a drill's journal, line by line; empty when there is none."""
        found = self._container.get(journal_blob(drill))
        return () if found is None else tuple(found.body.decode("utf-8").splitlines())

    def mirror(self, drill: str) -> Callable[[str], None]:
        """Copies the lines of a drill's journal, each once, even if the answer to a copy is lost."""
        return _Mirror(self._container, journal_blob(drill), self._wait).copy

    def _body(self, machine: Machine, drill: str, expires: datetime) -> bytes:
        lease = {
            "schema": 1,
            "name": machine.name,
            "item": machine.item,
            "drill": drill,
            "holder": holder(),
            "taken": self._now().astimezone(UTC).isoformat(),
            "expires": expires.astimezone(UTC).isoformat(),
        }
        return json.dumps(lease, sort_keys=True).encode()

    def _settled(self, write: Callable[[], bool], blob: str, drill: str) -> bool:
        """Is the lease ours now? When the answer is lost, its content tells."""
        try:
            if write():
                return True
        except REFUSED:
            raise
        except TransportError:
            self._wait(1.0)
        found = insist(self._wait, lambda: self._container.get(blob))
        return found is not None and _lease_in(found.body).drill == drill

    def _fence(self, old: str, new: str) -> None:
        """End the copy of a dead drill's journal, so that the drill cannot go on if it is not dead."""
        blob = journal_blob(old)
        self._container.create(blob, b"", growing=True)
        for _ in range(ATTEMPTS):
            found = insist(self._wait, lambda: self._container.get(blob))
            body = found.body if found else b""
            lines = body.decode("utf-8").splitlines()
            if any(_event(line) == FENCED for line in lines):
                return  # by us, or by another one who wants the machine: one of us will get it
            fence = {"number": len(lines) + 1, "at": self._now().isoformat(), "drill": old, "event": FENCED}
            line = json.dumps({**fence, "action": "", "data": {"by": new}}, sort_keys=True)
            self._append(blob, line.encode() + b"\n", len(body))
        raise DrillFailed(f"the copy of the journal of {old} in {self.url} could not be ended")

    def _append(self, blob: str, line: bytes, at: int) -> None:
        """Try to; whether it came to that is looked at afterwards."""
        try:
            self._container.append(blob, line, at)
        except REFUSED:
            raise
        except TransportError:
            self._wait(1.0)


class _Mirror:
    """One growing blob; who else writes to it is noticed by its length."""

    def __init__(self, container: BlobContainer, blob: str, wait: Callable[[float], None]) -> None:
        self._container = container
        self._blob = blob
        self._wait = wait
        self._length: int | None = None
        self._alone = threading.Lock()

    def copy(self, line: str) -> None:
        """Append a line unless it is there already.

        Raises:
            DrillFailed: another drill has ended this journal: it has taken its lease over.
            TransportError: the line could not be copied.
        """
        with self._alone:
            self._copy(line.encode() + b"\n")

    def _copy(self, line: bytes) -> None:
        problem: TransportError | None = None
        for _ in range(ATTEMPTS):
            try:
                if self._length is None and self._begin(line):
                    return
                at = self._length or 0
                if self._container.append(self._blob, line, at):
                    self._length = at + len(line)
                    return
            except REFUSED:
                raise
            except TransportError as error:
                problem = error
                self._wait(1.0)
            self._length = None
        raise problem or DrillFailed(f"{self._blob} in {self._container.endpoint.url} is being written to by others")

    def _begin(self, line: bytes) -> bool:
        """Find out how long the copy is; True when the line is in it already."""
        found = self._container.get(self._blob)
        if found is None:
            self._container.create(self._blob, b"", growing=True)
            found = self._container.get(self._blob)
        body = b"" if found is None else found.body
        self._length = len(body)
        if line in body.splitlines(keepends=True):
            return True
        if any(_event(one) == FENCED for one in body.decode("utf-8").splitlines()):
            raise DrillFailed("the lease of this drill has expired, and another drill has taken it over")
        return False


def _event(line: str) -> str:
    try:
        return str(json.loads(line).get("event", ""))
    except (ValueError, AttributeError):
        return ""


def _lease_in(body: bytes) -> HeldLease:
    """A lease as it was written; one that cannot be read is held by somebody, for ever."""
    told = _told(body)
    return HeldLease(**{name: told[name] for name in ("drill", "holder", "expires") if name in told})


def _told(body: bytes) -> dict[str, str]:
    """What a lease says; nothing when it is none of ours."""
    try:
        said: Any = json.loads(body)
        told = {name: str(said[name]) for name in ("drill", "holder", "expires")}
        if not _DRILL.fullmatch(told["drill"]):
            return {}  # it would name a blob, and a file
        return {**told, **{name: str(said[name]) for name in ("name", "item") if name in said}}
    except (ValueError, KeyError, TypeError):
        return {}
