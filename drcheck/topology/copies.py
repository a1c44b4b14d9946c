"""Which copies of machines are kept for recovery, by whatever engine?"""

from collections.abc import Iterator
from typing import ClassVar

from drcheck.topology.base import Derived, Fact, Topology
from drcheck.topology.hyperv import RECEIVING, VmReplication
from drcheck.topology.site_recovery import ProtectedItem


class Copy(Derived, frozen=True, kw_only=True, gc=False):
    """A replica on a Hyper-V host, or a protected item. Key: that of the replication, or of the item."""

    SUBJECT: ClassVar[str] = "copy of a VM"
    FROM: ClassVar[tuple[type[Fact], ...]] = (VmReplication, ProtectedItem)

    name: str
    vm_id: str
    """Hyper-V VM id of the machine that is copied, lower case; empty when nobody told it."""
    place: str
    """The replica's host; empty for a protected item."""

    @property
    def where(self) -> str:
        """The replica's host."""
        return self.place

    @classmethod
    def derive(cls, topology: Topology) -> "Iterator[Copy]":
        """Every side that receives, and every protected item."""
        for one in topology.seen(VmReplication):
            if one.mode in RECEIVING and one.relationship != "Extended":
                yield cls(key=one.key, seen=one.seen, name=one.name, vm_id=one.vm_id, place=one.host)
        for item in topology.seen(ProtectedItem):
            yield cls(key=item.key, seen=item.seen, name=item.name, vm_id=item.vm_id, place="")
