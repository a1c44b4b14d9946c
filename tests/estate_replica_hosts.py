"""Builders of what Hyper-V hosts tell about receiving replicas, and of the engines behind replications."""

from drcheck.topology.hyperv_replica import BUILT_IN_PROVIDER, ReplicationProvider
from tests.estates import seen

FOREIGN = "another-engine"


def provider(replication: str, engine: str = BUILT_IN_PROVIDER) -> ReplicationProvider:
    """The engine of the replication with this key (``<VM id>@<host>/<relationship>``)."""
    vm_id, _, rest = replication.partition("@")
    host, _, relationship = rest.partition("/")
    return ReplicationProvider(
        key=replication, seen=seen(host), vm_id=vm_id, name=vm_id, host=host, relationship=relationship, provider=engine
    )
