"""What does the simulated Site Recovery answer to an order, and when does it ask to be asked again?"""

import math

from drcheck.lab.arm.answers import Answer, ArmError, Ask, Json
from drcheck.lab.azure.network import VNet


def accepted(ask: Ask, operation_id: str, target: str) -> Answer:
    """202 with an empty body: the order is taken, and where its progress can be read is in the headers."""
    version = ask.query["api-version"]
    status = f"{ask.v}/replicationOperationStatus/{operation_id}"
    return Answer(
        status=202,
        headers={
            "Azure-AsyncOperation": f"{ask.base}{status}?api-version={version}",
            "Location": f"{ask.base}{target}/operationresults/{operation_id}?api-version={version}",
            "Retry-After": str(retry_after(ask)),
            "x-ms-request-id": f"{ask.v}/replicationJobs/{operation_id}",
        },
    )


def retry_after(ask: Ask) -> int:
    """The service asks for 30 seconds; a lab in a hurry for fewer."""
    return max(1, math.ceil(30 / ask.engine.clock.speed))


def target_network(ask: Ask, given: Json) -> VNet:
    """The VNet that a test failover names.

    Raises:
        ArmError: a network is not given, given in a way that Azure as a target does not know, or does not exist.
    """
    if given.get("failoverDirection", "PrimaryToRecovery") != "PrimaryToRecovery":
        raise ArmError(400, "BadRequest", "The failover direction is invalid.", "InvalidFailoverDirection")
    if given.get("networkType") != "VmNetworkAsInput":
        kind = given.get("networkType")
        raise ArmError(400, "BadRequest", f"The network type {kind} is invalid for Azure.", "InvalidNetworkType")
    network_id = text(given, "networkId")
    vnet = ask.azure.vnets.get(network_id.lower())
    if vnet is None:
        raise ArmError(400, "BadRequest", f"The resource '{network_id}' doesn't exist.", "ArmResourceDoesNotExist")
    return vnet


def text(given: Json, key: str) -> str:
    """A text of the request; empty when it is absent or null.

    Raises:
        ArmError: it is something else.
    """
    value = given.get(key)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise ArmError(400, "InvalidRequestContent", f"The request content was invalid: '{key}' is no string.")
