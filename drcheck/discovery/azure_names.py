"""Which private DNS zones does a subscription have, and which networks can resolve them?

Shapes are those of Microsoft's REST reference of the version below; unverified against a recording.
"""

from collections.abc import Iterator

from msgspec import Struct

from drcheck.discovery import ArmAsk, ArmCollector
from drcheck.query import ArmRead
from drcheck.topology.azure_edges import PrivateZone, ZoneLink
from drcheck.topology.base import Target
from drcheck.transport.arm_values import NO_COUNT, Count, Reference, arm_id, parent_id, reference_id

ROLE = "azure"
DNS_API = "2020-06-01"
"""Version of Microsoft.Network/privateDnsZones."""


class _ZoneProperties(Struct, frozen=True, rename="camel"):
    number_of_record_sets: Count = NO_COUNT


class _Zone(Struct, frozen=True):
    id: str
    name: str
    properties: _ZoneProperties = _ZoneProperties()


class _LinkProperties(Struct, frozen=True, rename="camel"):
    virtual_network: Reference
    registration_enabled: bool | None = None
    virtual_network_link_state: str | None = None


class _Link(Struct, frozen=True):
    id: str
    name: str
    properties: _LinkProperties


class _Page(Struct, frozen=True, rename="camel"):
    value: tuple[_Link, ...]
    next_link: str | None = None


def read_zones(ask: ArmAsk, target: Target) -> Iterator[PrivateZone]:
    """Every private DNS zone."""
    path = f"{target.endpoint}/providers/Microsoft.Network/privateDnsZones"
    for found in ask.every(path, DNS_API, _Zone):
        yield PrivateZone(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            records=found.properties.number_of_record_sets.value,
        )


def read_links(ask: ArmAsk, target: Target) -> Iterator[ZoneLink]:
    """Every link of every zone, zone by zone."""
    zones = ask.every(f"{target.endpoint}/providers/Microsoft.Network/privateDnsZones", DNS_API, _Zone)
    paths = [f"{zone.id}/virtualNetworkLinks" for zone in zones]
    for path, page in zip(paths, ask.each(paths, DNS_API, _Page), strict=True):
        links = page.value if page.next_link is None else ask.every(path, DNS_API, _Link)
        for found in links:
            yield ZoneLink(
                key=arm_id(found.id),
                seen=ask.seen(path),
                name=found.name,
                zone=parent_id(found.id, "virtualNetworkLinks"),
                network=reference_id(found.properties.virtual_network),
                registers=found.properties.registration_enabled,
                state=found.properties.virtual_network_link_state or "",
            )


_ZONES = ArmRead(path="{subscription}/providers/Microsoft.Network/privateDnsZones", api_version=DNS_API)
_ZONE = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/privateDnsZones/{zone}"

COLLECTORS = (
    ArmCollector(kind=PrivateZone, read=read_zones, reads=(_ZONES,)),
    ArmCollector(
        kind=ZoneLink,
        read=read_links,
        reads=(_ZONES, ArmRead(path=f"{_ZONE}/virtualNetworkLinks", api_version=DNS_API)),
    ),
)
