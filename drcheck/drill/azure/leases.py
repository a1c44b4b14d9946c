"""Whom do the machines of a drill in Azure belong to? One lease each, taken in one order, found again by a journal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from drcheck.drill import Context
from drcheck.drill.azure.lease_store import Leases, Machine, journal_blob, key_of, lease_blob, leases_of
from drcheck.drill.holder import holder
from drcheck.drill.journal import Record
from drcheck.drill.lease import HeldLease
from drcheck.drill.planning.announcement import Call
from drcheck.errors import DrillError
from drcheck.topology.site_recovery import ProtectedItem

CONTAINER, MACHINES = "container", "machines"
"""What a journal holds to find them again."""
NONE = (
    "not exclusive: estate.yaml declares no drill_leases; Site Recovery runs one operation per machine at a time, and "
    "what it runs is looked at before anything is asked"
)


@dataclass(frozen=True, kw_only=True)
class MachineLeases:
    """The leases of the machines of one drill; nothing at all where no container is declared."""

    store: Leases | None
    machines: tuple[Machine, ...]
    """In the order in which everybody takes them."""

    def take(self, drill: str, expires: datetime, remains: Callable[[str, tuple[Record, ...]], str]) -> str:
        """Take all, or raise: the clean-up gives back what was taken. Returns how exclusive that is, in a sentence.

        Args:
            drill: who wants them.
            expires: when somebody else may ask whether this drill is dead.
            remains: tells, of a machine by its key, what is still there of another drill.
        """
        if self.store is None:
            return NONE
        for machine in self.machines:
            self.store.take(machine, drill, expires, partial(remains, machine.key))
        return f"exclusive: a blob per machine in {self.store.url}, held by {holder()}"

    def release(self, drill: str) -> None:
        """Give back those that are this drill's."""
        if self.store is not None:
            for machine in self.machines:
                self.store.release(machine.key, drill)

    def mirror(self, drill: str) -> Callable[[str], None] | None:
        """Copies the lines of the journal next to them."""
        return None if self.store is None else self.store.mirror(drill)

    def others(self, drill: str) -> Sequence[HeldLease]:
        """Those that another drill holds now."""
        store = self.store
        held = [store.held(machine.key) for machine in self.machines] if store else []
        return [lease for lease in held if lease is not None and lease.drill != drill]

    def identity(self) -> dict[str, str]:
        """What another process needs to find them again."""
        keys = ",".join(machine.key for machine in self.machines)
        return {CONTAINER: self.store.url, MACHINES: keys} if self.store else {}

    def taking(self) -> tuple[Call, ...]:
        """The calls of ``take`` and ``mirror``, as a plan announces them."""
        if self.store is None:
            return ()
        copies = "a copy of each line of the journal, beside the leases"
        return (
            *(
                self._call("PUT", lease_blob(one.key), f"a lease of {one.name}, made exclusively", journal="lease")
                for one in self.machines
            ),
            self._call("PUT", f"{journal_blob('{drill}')}?comp=appendblock", copies, often="for every line"),
        )

    def giving_back(self) -> tuple[Call, ...]:
        """The calls of ``release``."""
        return tuple(
            self._call("DELETE", lease_blob(one.key), "delete it, if it is this drill's")
            for one in (self.machines if self.store else ())
        )

    def _call(self, method: str, blob: str, does: str, journal: str = "", often: str = "once") -> Call:
        url = self.store.url if self.store else ""
        return Call(does=does, on=url, method=method, path=f"/{blob}", journal=journal, often=often)


def leases_for(items: Sequence[ProtectedItem], context: Context) -> MachineLeases:
    """The leases of these machines, not taken yet."""
    machines = [Machine(key=key_of(item.vm_id, item.key), name=item.name, item=item.key) for item in items]
    ordered = tuple(sorted(machines, key=lambda one: one.key))
    return MachineLeases(store=leases_of(context.estate, context.now, context.wait), machines=ordered)


def leases_again(identity: Mapping[str, str], context: Context) -> MachineLeases:
    """The leases that a journal names.

    Raises:
        DrillError: estate.yaml does not declare their container any more.
    """
    wanted = identity.get(CONTAINER, "")
    if not wanted:
        return MachineLeases(store=None, machines=())
    store = leases_of(context.estate, context.now, context.wait)
    if store is None or store.url != wanted:
        raise DrillError(f"its leases are in {wanted}, which is not what estate.yaml declares under drill_leases")
    keys = [key for key in identity.get(MACHINES, "").split(",") if key]
    told = {"name": identity.get("name", ""), "item": identity.get("item", "")} if len(keys) == 1 else {}
    return MachineLeases(store=store, machines=tuple(Machine(key=key, **told) for key in keys))
