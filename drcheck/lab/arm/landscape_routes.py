"""Which questions about ways out, rules, room and oversight does the simulated ARM answer?"""

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from drcheck.lab.arm import render_network, render_oversight, render_room, render_rules
from drcheck.lab.arm.answers import Answer, ArmError, Ask, Handler, Json, Route, not_found, plain
from drcheck.lab.arm.paths import V

_SUB = "/subscriptions/{sub}"
_GROUP = _SUB + "/resourcegroups/{rg}"
_NETWORK = "providers/microsoft.network"
_AUTHORIZATION = "providers/microsoft.authorization"
_ACCOUNT = _GROUP + "/providers/microsoft.automation/automationaccounts/{account}"
_FILTER = re.compile(r"resourceType eq '([^']*)'", re.IGNORECASE)

Listing: TypeAlias = Callable[[Ask], Iterator[Json]]

_LISTS: dict[str, Listing] = {
    f"{_NETWORK}/networksecuritygroups": render_network.security_groups,
    f"{_NETWORK}/routetables": render_network.route_tables,
    f"{_NETWORK}/publicipaddresses": render_network.public_addresses,
    f"{_NETWORK}/loadbalancers": render_network.load_balancers,
    f"{_NETWORK}/privatednszones": render_network.zones,
    f"{_AUTHORIZATION}/locks": render_rules.locks,
    f"{_AUTHORIZATION}/denyassignments": render_rules.denials,
    f"{_AUTHORIZATION}/policyassignments": render_rules.assignments,
    "providers/microsoft.storage/storageaccounts": render_room.storage_accounts,
}
"""What the subscription lists."""

_SINGLE: dict[str, Listing] = {
    f"{_GROUP}/{_NETWORK}/virtualnetworkgateways/{{name}}": render_network.gateways,
    f"{_SUB}/{_AUTHORIZATION}/policydefinitions/{{name}}": render_rules.policies,
    f"{_SUB}/{_AUTHORIZATION}/policysetdefinitions/{{name}}": render_rules.initiatives,
    f"{_SUB}/{_AUTHORIZATION}/roledefinitions/{{name}}": render_oversight.role_definitions,
    f"{_GROUP}/providers/microsoft.operationalinsights/workspaces/{{name}}": render_oversight.workspaces,
    _ACCOUNT: render_oversight.accounts,
}
"""What is read by its id."""


def _list(values: Listing) -> Handler:
    return lambda ask: plain(list(values(ask)))


def _single(values: Listing) -> Handler:
    def handle(ask: Ask) -> Answer:
        for value in values(ask):
            if str(value["id"]).lower() == ask.path.lower():
                return Answer(body=value)
        raise not_found(ask.path.rpartition("/providers/")[2], ask.args.get("rg", ""))

    return handle


def _in_region(values: Listing) -> Handler:
    """A region that the subscription does not use has its quotas too; the lab knows one region."""

    def handle(ask: Ask) -> Answer:
        if ask.args["location"].lower() != ask.azure.region:
            raise ArmError(400, "NoRegisteredProviderFound", f"No registered provider in {ask.args['location']}.")
        return plain(list(values(ask)))

    return handle


def _resources(ask: Ask) -> Answer:
    """The list of all resources, of one type; gateways are the only ones that drcheck looks for there."""
    match = _FILTER.fullmatch(ask.query.get("$filter", ""))
    if match is None:
        raise ArmError(400, "InvalidFilterInQueryString", "the lab lists resources of one type only")
    chosen = match[1].lower() == "microsoft.network/virtualnetworkgateways"
    found = render_network.gateways(ask) if chosen else iter(())
    return plain([{key: value for key, value in one.items() if key != "properties"} for one in found])


def _skus(ask: Ask) -> Answer:
    if ask.query.get("$filter", "") != f"location eq '{ask.azure.region}'":
        raise ArmError(400, "InvalidParameter", "the lab lists sizes of its own region only")
    return plain(list(render_room.sizes(ask)))


def _links(ask: Ask) -> Answer:
    group, name = ask.args["rg"].lower(), ask.args["zone"].lower()
    for zone in ask.azure.landscape.zones:
        if (zone.resource_group.lower(), zone.name.lower()) == (group, name):
            return plain(list(render_network.links(ask, zone)))
    raise not_found(f"Microsoft.Network/privateDnsZones/{name}", group)


def _assignments(ask: Ask) -> Answer:
    """Without the filter, the service lists those below the vault too; drcheck asks for those above."""
    if ask.query.get("$filter", "") != "atScope()":
        raise ArmError(400, "InvalidFilter", "the lab lists role assignments at a scope only")
    return plain(list(render_oversight.role_assignments(ask)))


def _runbooks(ask: Ask) -> Answer:
    account = ask.path.rpartition("/")[0]
    _single(render_oversight.accounts)(ask_at(ask, account))
    return plain(list(render_oversight.runbooks(ask, account)))


def _content(ask: Ask) -> Answer:
    """The published text of a runbook; one that was never published has none."""
    runbook = ask.path.rpartition("/")[0]
    for found in render_oversight.runbooks(ask, runbook.rpartition("/runbooks/")[0]):
        if str(found["id"]).lower() == runbook.lower() and found["name"] not in ask.azure.landscape.draft_runbooks:
            return Answer(text=ask.azure.landscape.runbook_texts.get(ask.args["name"].lower(), "Write-Output 'ready'"))
    raise not_found(f"Microsoft.Automation/automationAccounts/runbooks/{ask.args['name']}", ask.args["rg"])


def ask_at(ask: Ask, path: str) -> Ask:
    """The same call, of another path."""
    return Ask(
        engine=ask.engine,
        args=ask.args,
        query=ask.query,
        body=ask.body,
        base=ask.base,
        path=path,
        now=ask.now,
    )


ROUTES: tuple[Route, ...] = (
    *(("GET", f"{_SUB}/{kind}", _list(values)) for kind, values in _LISTS.items()),
    *(("GET", path, _single(values)) for path, values in _SINGLE.items()),
    (
        "GET",
        f"{_SUB}/providers/microsoft.compute/locations/{{location}}/usages",
        _in_region(render_room.compute_usages),
    ),
    ("GET", f"{_SUB}/{_NETWORK}/locations/{{location}}/usages", _in_region(render_room.network_usages)),
    ("GET", f"{_SUB}/providers/microsoft.compute/skus", _skus),
    ("GET", f"{_SUB}/resources", _resources),
    ("GET", f"{_GROUP}/{_NETWORK}/privatednszones/{{zone}}/virtualnetworklinks", _links),
    ("GET", f"{V}/{_AUTHORIZATION}/roleassignments", _assignments),
    ("GET", f"{V}/providers/microsoft.insights/diagnosticsettings", _list(render_oversight.diagnostics)),
    ("GET", f"{_ACCOUNT}/runbooks", _runbooks),
    ("GET", f"{_ACCOUNT}/runbooks/{{name}}/content", _content),
)
"""What surrounds the vault and its networks."""
