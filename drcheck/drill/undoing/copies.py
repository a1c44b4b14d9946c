"""Which drills have not given their leases back, and what do the journals say that were copied next to them?

Asked of the replica hosts themselves and of the container of leases in Azure, so that a drill can be undone when the
machine that held it is gone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from drcheck.discovery.driver.reach import windows_endpoint
from drcheck.drill import Context, hyperv_replica, protected_item
from drcheck.drill.azure.lease_store import leases_of
from drcheck.drill.azure.leases import CONTAINER, MACHINES
from drcheck.drill.hyperv.far_side import Windows
from drcheck.drill.journal import Record
from drcheck.errors import DrcheckError
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.transport.decoding import decoder

KINDS = (HyperVVm, VmReplication)
"""What has to be known about an estate to find its replica hosts."""
SLACK = timedelta(minutes=5)
"""How much longer than its lease a drill is believed to live: the clocks of two machines may differ."""


class Copied(Struct, frozen=True, kw_only=True):
    """A drill whose lease is still there. ``lines``: its journal as copied; empty when nothing had been copied yet."""

    drill: str
    holder: str
    expires: datetime | None
    """``None``: the lease does not tell."""
    where: str
    """The host that was asked, or the container's URL."""
    kind: str
    """Of the failover, should the journal not tell."""
    identity: Mapping[str, str]
    """Of the target, should the journal not tell."""
    sent: tuple[str, ...] = ()
    """The copied lines of its journal, as they are there."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Those that can be read, each once and in order."""
        return in_order(self.sent)

    @property
    def damaged(self) -> int:
        """How many cannot be read, but for the last, which a crash cuts short: nobody knows what they announced."""
        return sum(not any(records_of((line,))) for line in self.sent[:-1])

    def over(self, now: datetime) -> bool:
        """Is its time certainly over?"""
        return self.expires is not None and now > self.expires + SLACK

    @property
    def told(self) -> str:
        """What the lease says, in one line."""
        until = f"until {self.expires.isoformat()}" if self.expires else "nobody knows until when"
        name = self.identity.get("name") or next(iter(self.identity.values()), "?")
        return f"{self.drill}: {name}, lease on {self.where} held by {self.holder} {until}"


class Copies(Struct, frozen=True, kw_only=True):
    """What was found, and what could not be read."""

    found: tuple[Copied, ...] = ()
    unread: tuple[str, ...] = ()

    def __add__(self, more: "Copies") -> "Copies":
        """Both."""
        return Copies(found=(*self.found, *more.found), unread=(*self.unread, *more.unread))


def copies(context: Context) -> Copies:
    """Every open drill that some lease names, once; of several copies of a journal the one that goes furthest."""
    asked = Copies()
    for host in hyperv_hosts(context):
        asked += gather(host, lambda host=host: _on_host(context, host))  # type: ignore[misc]  # bound at once
    asked += in_azure(context)
    longest: dict[str, Copied] = {}
    for one in asked.found:
        known = longest.get(one.drill)
        if known is None or len(one.lines) + one.damaged > len(known.lines) + known.damaged:
            longest[one.drill] = one
    return Copies(found=tuple(longest.values()), unread=asked.unread)


def in_azure(context: Context) -> Copies:
    """The drill of each machine that is leased in Azure; a drill of several machines comes several times."""
    store = context.estate.drill_leases
    return gather(store.container, lambda: _in_container(context)) if store else Copies()


def gather(where: str, ask: Callable[[], Iterator[Copied]]) -> Copies:
    """What one place says; that it says nothing is told as well."""
    try:
        return Copies(found=tuple(ask()))
    except DrcheckError as error:
        return Copies(unread=(f"{where}: {error}",))


def hyperv_hosts(context: Context) -> tuple[str, ...]:
    """Every Hyper-V host that is known of."""
    return tuple(sorted({target.endpoint for target in context.topology.targets if target.role == "hyperv"}))


def windows(context: Context, host: str) -> Windows:
    """A host of the estate."""
    return Windows(endpoint=windows_endpoint(context.estate, host), now=context.now)


def _on_host(context: Context, host: str) -> Iterator[Copied]:
    machine = windows(context, host)
    names = {one.vm_id: one.name for one in context.topology.seen(VmReplication)}
    for lease in machine.act("lease.list"):
        drill, vm_id = str(lease["drill"]), str(lease["vm_id"]).lower()
        yield Copied(
            drill=drill,
            holder=str(lease.get("holder") or "somebody"),
            expires=moment(lease.get("expires")),
            where=host,
            kind=hyperv_replica.KIND,
            identity={"host": host, "vm_id": vm_id, "name": names.get(vm_id, vm_id)},
            sent=_lines(machine, drill),
        )


def _in_container(context: Context) -> Iterator[Copied]:
    """Drills in Azure: those that hold the lease of a machine."""
    leases = leases_of(context.estate, context.now, context.wait)
    if leases is None:
        return
    for lease in leases.all():
        vault = lease.item.lower().partition("/replicationfabrics/")[0]
        identity = {"item": lease.item, "vault": vault, "name": lease.name, CONTAINER: leases.url, MACHINES: lease.key}
        yield Copied(
            drill=lease.drill,
            holder=lease.holder,
            expires=moment(lease.expires),
            where=leases.url,
            kind=protected_item.KIND,
            identity=identity,
            sent=leases.journal(lease.drill),
        )


def copied_lines(machine: Windows, drill: str) -> tuple[str, ...]:
    """The lines of a drill's journal that a host has, each once and in order: one may have been sent twice."""
    return in_order(_lines(machine, drill))


def _lines(machine: Windows, drill: str) -> tuple[str, ...]:
    return tuple(str(row["line"]) for row in machine.act("journal.read", drill=drill))


def in_order(lines: Iterable[str]) -> tuple[str, ...]:
    """Lines of a journal by their number; what cannot be read, as the last line of a crash, is left out."""
    numbered: dict[int, str] = {}
    for line in lines:
        for record in records_of((line,)):
            numbered.setdefault(record.number, line)
    return tuple(numbered[number] for number in sorted(numbered))


def records_of(lines: Iterable[str]) -> Iterator[Record]:
    """The records of the lines that can be read."""
    for line in lines:
        try:
            yield decoder(Record).decode(line)
        except ValueError:
            continue


def moment(text: object) -> datetime | None:
    """A time with its offset from UTC; ``None`` for anything else."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else None
