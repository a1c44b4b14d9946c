"""Can one replicated machine be brought up in Azure? A test failover of its protected item, without any plan."""

from collections.abc import Mapping

from drcheck.drill import Context, Failover
from drcheck.drill.azure import calls
from drcheck.drill.azure.far_side import Azure
from drcheck.drill.azure.orders import ItemOrders, Orders
from drcheck.drill.azure_failover import AzureFailover
from drcheck.errors import DrillError
from drcheck.estate import DrillSpec
from drcheck.evaluate import describe
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Subject

KIND = "protected-item"
ARM_CALLS = (*calls.READS, *calls.ITEM_CALLS)
TO_AZURE = "HyperVReplicaAzure"


def prepare(spec: DrillSpec, context: Context) -> Failover:
    """Find the one protected item that the specification names, by vault and by its machine's name or Hyper-V id."""
    wanted = spec.item.lower()
    found = [
        item
        for item in context.topology.seen(ProtectedItem)
        if item.vault == spec.vault and wanted and wanted in (item.name.lower(), item.vm_id)
    ]
    if len(found) != 1:
        raise DrillError(
            f"vault {spec.vault} has {len(found)} protected items named {spec.item}; exactly one is needed"
        )
    return ProtectedItemTest(spec, context, target=found[0].key, vault=found[0].vault, name=found[0].name)


def resume(identity: Mapping[str, str], context: Context) -> Failover:
    """The protected item that a journal names."""
    target, vault, name = identity["item"], identity["vault"], identity["name"]
    return ProtectedItemTest(None, context, target=target, vault=vault, name=name, journal=identity)


class ProtectedItemTest(AzureFailover):
    """The test failover of one protected item."""

    KEY = "item"

    @property
    def subject(self) -> Subject:
        """The machine, as its protected item."""
        item = self._context.topology.get(ProtectedItem, self.target)
        if item is None:
            return Subject(kind="protected item", key=self.target, name=self._name)
        described = describe(self._context.topology, item)
        return Subject(
            kind="protected item",
            key=self.target,
            name=self._name,
            site=described.site,
            application=described.application,
        )

    def refusals(self) -> tuple[str, ...]:
        """As for every test failover to Azure; replication between two VMM clouds ends elsewhere."""
        elsewhere = tuple(
            f"{item.name} is replicated by {item.provider}, not to Azure"
            for item in self._items(self._context.topology)
            if item.provider != TO_AZURE
        )
        return elsewhere or super().refusals()

    def _make_orders(self, azure: Azure) -> Orders:
        return ItemOrders(azure=azure, item=self.target)

    def _items(self, topology: Topology) -> tuple[ProtectedItem, ...]:
        found = tuple(one for one in topology.all(ProtectedItem, f"vault:{self.vault}") if one.key == self.target)
        if not found:
            raise DrillError(f"the vault does not hold the protected item {self._name} any more")
        return found
