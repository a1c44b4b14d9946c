"""Which Azure subscriptions do ARM ids lead to? What is recovered, mapped or peered may lie far from the vault."""

import re
from collections.abc import Iterator

from drcheck.topology.base import Target

_SUBSCRIPTION = re.compile(r"/subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=/|$)")


def subscriptions_of(*ids: str) -> Iterator[Target]:
    """The subscription of every ARM id (lower case) that names one, once each; anything else leads nowhere."""
    found = (_SUBSCRIPTION.match(arm_id) for arm_id in ids)
    for endpoint in dict.fromkeys(match.group() for match in found if match):
        yield Target(role="azure", endpoint=endpoint)


def azure_scope(arm_id: str) -> str:
    """Where gaps and looks of facts about an ARM id's subscription are filed."""
    return f"azure:{'/'.join(arm_id.lower().split('/')[:3])}"
