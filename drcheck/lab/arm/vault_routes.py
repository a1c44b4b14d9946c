"""Which questions about a vault does the simulated Site Recovery answer?"""

from collections.abc import Callable, Iterator, Sequence

from drcheck.lab.arm.answers import Answer, Ask, Handler, Json, Route, everything, no_such, plain
from drcheck.lab.arm.paths import CONTAINER, FABRIC, V
from drcheck.lab.arm.render_vault import (
    fabric_named,
    render_container,
    render_container_mapping,
    render_fabric,
    render_health,
    render_logical_network,
    render_network,
    render_network_mapping,
    render_policy,
    render_provider,
    render_registration,
    render_setting,
    server_of,
)
from drcheck.lab.azure.state import Fabric

_SETTING = {"migrationSolutionId": None, "vmwareToAzureProviderType": "Unknown"}
_ALERTS = {"sendToOwners": "Send", "customEmailAddresses": [], "locale": "en_US"}


def one(values: Sequence[Json], name: str) -> Answer:
    """The value of that name, out of a list; Site Recovery's 404 when there is none."""
    for value in values:
        if str(value["name"]).lower() == name.lower():
            return Answer(body=value)
    raise no_such(name)


def _containers(ask: Ask, fabrics: Sequence[Fabric]) -> list[Json]:
    return [render_container(ask, fabric, cloud) for fabric in fabrics for cloud in server_of(ask, fabric).clouds]


def _container_mappings(ask: Ask) -> list[Json]:
    return [render_container_mapping(ask, mapping) for mapping in ask.vault.container_mappings]


def _own_mappings(ask: Ask) -> list[Json]:
    cloud = ask.args["container"].lower()
    one(_containers(ask, [fabric_named(ask)]), cloud)
    mappings = ask.vault.container_mappings
    return [render_container_mapping(ask, mapping) for mapping in mappings if mapping.cloud_id == cloud]


def _networks(ask: Ask, fabrics: Sequence[Fabric]) -> list[Json]:
    return [render_network(ask, fabric, net) for fabric in fabrics for net in server_of(ask, fabric).networks]


def _network_mappings(ask: Ask, network: str = "") -> list[Json]:
    mappings = ask.vault.network_mappings
    return [render_network_mapping(ask, known) for known in mappings if network.lower() in {"", known.network_id}]


def _logical_networks(ask: Ask) -> list[Json]:
    fabric = fabric_named(ask)
    names = dict.fromkeys(network.logical_network for network in server_of(ask, fabric).networks)
    return [render_logical_network(ask, fabric, name) for name in names]


def _policies(ask: Ask) -> list[Json]:
    return [render_policy(ask, policy) for policy in ask.vault.policies]


def _alerts(ask: Ask) -> list[Json]:
    return [render_setting(ask, "replicationAlertSettings", "defaultAlertSetting", _ALERTS)]


def _settings(ask: Ask) -> list[Json]:
    return [render_setting(ask, "replicationVaultSettings", "default", _SETTING)]


def _registration(ask: Ask) -> Answer:
    return Answer(body=render_registration(ask, ask.vault))


def _registrations(ask: Ask) -> Answer:
    group = ask.args.get("rg", "").lower()
    vaults = [vault for vault in ask.azure.vaults if group in {"", vault.resource_group.lower()}]
    return plain([render_registration(ask, vault) for vault in vaults])


def _fabric_lists() -> Iterator[tuple[str, Callable[[Ask, Sequence[Fabric]], list[Json]]]]:
    """What is listed for the vault and for each fabric alike."""
    yield "replicationrecoveryservicesproviders", lambda ask, of: [render_provider(ask, fabric) for fabric in of]
    yield "replicationprotectioncontainers", _containers
    yield "replicationnetworks", _networks


def _routes() -> Iterator[Route]:
    for kind, values in _fabric_lists():
        yield "GET", f"{V}/{kind}", _whole(values)
        yield "GET", f"{FABRIC}/{kind}", _part(values)
        yield "GET", f"{FABRIC}/{kind}/{{name}}", _single(values)
    for path, listed in _PLAIN_LISTS.items():
        yield "GET", path, _list(listed)
        yield "GET", f"{path}/{{name}}", _element(listed)
    for kind in _NOTHING:
        yield "GET", f"{V}/{kind}", _list(_nothing)
    yield "GET", f"{FABRIC}/replicationstorageclassifications", _list(_nothing)


def _whole(values: Callable[[Ask, Sequence[Fabric]], list[Json]]) -> Handler:
    return lambda ask: everything(values(ask, ask.vault.fabrics))


def _part(values: Callable[[Ask, Sequence[Fabric]], list[Json]]) -> Handler:
    return lambda ask: everything(values(ask, [fabric_named(ask)]))


def _single(values: Callable[[Ask, Sequence[Fabric]], list[Json]]) -> Handler:
    return lambda ask: one(values(ask, [fabric_named(ask)]), ask.args["name"])


def _list(values: Callable[[Ask], list[Json]]) -> Handler:
    return lambda ask: everything(values(ask))


def _element(values: Callable[[Ask], list[Json]]) -> Handler:
    return lambda ask: one(values(ask), ask.args["name"])


def _nothing(ask: Ask) -> list[Json]:
    """Things that an estate of VMM clouds does not have; the vault has to exist all the same."""
    _ = ask.vault
    return []


_NOTHING = (
    "replicationappliances",
    "replicationmigrationitems",
    "replicationprotectionclusters",
    "replicationprotectionintents",
    "replicationstorageclassifications",
    "replicationstorageclassificationmappings",
    "replicationvcenters",
)

_PLAIN_LISTS: dict[str, Callable[[Ask], list[Json]]] = {
    f"{V}/replicationfabrics": lambda ask: [render_fabric(ask, fabric) for fabric in ask.vault.fabrics],
    f"{V}/replicationpolicies": _policies,
    f"{V}/replicationprotectioncontainermappings": _container_mappings,
    f"{CONTAINER}/replicationprotectioncontainermappings": _own_mappings,
    f"{V}/replicationnetworkmappings": _network_mappings,
    f"{FABRIC}/replicationnetworks/{{network}}/replicationnetworkmappings": (
        lambda ask: _network_mappings(ask, ask.args["network"])
    ),
    f"{FABRIC}/replicationlogicalnetworks": _logical_networks,
    f"{V}/replicationalertsettings": _alerts,
    f"{V}/replicationvaultsettings": _settings,
}

_SUB = "/subscriptions/{sub}"

ROUTES: tuple[Route, ...] = (
    ("GET", V, _registration),
    ("GET", f"{_SUB}/resourcegroups/{{rg}}/providers/microsoft.recoveryservices/vaults", _registrations),
    ("GET", f"{_SUB}/providers/microsoft.recoveryservices/vaults", _registrations),
    ("GET", f"{V}/replicationvaulthealth", lambda ask: Answer(body=render_health(ask))),
    *_routes(),
)
"""Everything about a vault but its machines, plans, jobs and events."""
