"""Is there room for what would be recovered: how much may a subscription have in a region, and what is offered there?

Shapes are those of Microsoft's REST reference of the versions below; unverified against a recording.
"""

from collections.abc import Iterator
from urllib.parse import quote

from msgspec import Struct

from drcheck.discovery import ArmAsk, ArmCollector
from drcheck.query import ArmRead
from drcheck.topology.azure_compute import Quota, VmSize
from drcheck.topology.base import Target
from drcheck.transport.arm_values import arm_id

ROLE = "azure"
COMPUTE_API = "2024-07-01"
"""Version of Microsoft.Compute/locations/usages."""
SKU_API = "2021-07-01"
"""Version of Microsoft.Compute/skus."""
NETWORK_API = "2024-05-01"
"""Version of Microsoft.Network."""
VERSIONS = {"Microsoft.Compute": COMPUTE_API, "Microsoft.Network": NETWORK_API}


class _Placed(Struct, frozen=True):
    location: str


class _Name(Struct, frozen=True):
    value: str


class _Usage(Struct, frozen=True, rename="camel"):
    """No defaults: a quota without its figures is no evidence of room."""

    name: _Name
    current_value: int
    limit: int


class _Capability(Struct, frozen=True):
    name: str
    value: str | None = None


class _Restriction(Struct, frozen=True, rename="camel"):
    type: str | None = None
    reason_code: str | None = None


class _Sku(Struct, frozen=True, rename="camel"):
    resource_type: str
    name: str | None = None
    family: str | None = None
    capabilities: tuple[_Capability, ...] | None = None
    restrictions: tuple[_Restriction, ...] | None = None


def read_quotas(ask: ArmAsk, target: Target) -> Iterator[Quota]:
    """Quotas of machines and networks in every region that has a network."""
    for region in _regions(ask, target):
        for provider, version in VERSIONS.items():
            path = f"{target.endpoint}/providers/{provider}/locations/{region}/usages"
            for found in ask.every(path, version, _Usage):
                yield Quota(
                    key=arm_id(f"{path}/{found.name.value}"),
                    seen=ask.seen(path),
                    name=found.name.value,
                    location=region,
                    provider=provider,
                    used=found.current_value,
                    limit=found.limit,
                )


def read_sizes(ask: ArmAsk, target: Target) -> Iterator[VmSize]:
    """Sizes of machines that are offered in every region that has a network."""
    for region in _regions(ask, target):
        path = f"{target.endpoint}/providers/Microsoft.Compute/skus?$filter={quote(_at(region), safe=_QUOTE)}"
        for found in ask.every(path, SKU_API, _Sku):
            if found.resource_type == "virtualMachines" and found.name:
                yield _size(found, found.name, region, ask, target)


_QUOTE = "'"


def _at(region: str) -> str:
    return f"location eq '{region}'"


def _regions(ask: ArmAsk, target: Target) -> list[str]:
    """Regions in which the subscription has a network, in name order."""
    networks = ask.every(f"{target.endpoint}/providers/Microsoft.Network/virtualNetworks", NETWORK_API, _Placed)
    return sorted({network.location.lower() for network in networks})


def _size(found: _Sku, name: str, region: str, ask: ArmAsk, target: Target) -> VmSize:
    can = {capability.name: capability.value or "" for capability in found.capabilities or ()}
    premium = {"true": True, "false": False}.get(can.get("PremiumIO", "").lower())
    return VmSize(
        key=arm_id(f"{target.endpoint}/{region}/{name}"),
        seen=ask.seen(f"{target.endpoint}/providers/Microsoft.Compute/skus"),
        name=name,
        location=region,
        family=found.family or "",
        vcpus=_count(can.get("vCPUs", "")),
        memory_gb=_number(can.get("MemoryGB", "")),
        max_interfaces=_count(can.get("MaxNetworkInterfaces", "")),
        max_data_disks=_count(can.get("MaxDataDiskCount", "")),
        premium=premium,
        restrictions=tuple(f"{one.type or ''}: {one.reason_code or ''}" for one in found.restrictions or ()),
    )


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _number(text: str) -> float | None:
    """A figure like ``0.75``; anything else is not told."""
    return float(text) if text.isascii() and text.replace(".", "", 1).isdigit() else None


_NETWORKS = ArmRead(path="{subscription}/providers/Microsoft.Network/virtualNetworks", api_version=NETWORK_API)

COLLECTORS = (
    ArmCollector(
        kind=Quota,
        read=read_quotas,
        reads=(
            _NETWORKS,
            *(
                ArmRead(
                    path=f"{{subscription}}/providers/{provider}/locations/{{region}}/usages",
                    api_version=version,
                )
                for provider, version in VERSIONS.items()
            ),
        ),
    ),
    ArmCollector(
        kind=VmSize,
        read=read_sizes,
        reads=(
            _NETWORKS,
            ArmRead(path="{subscription}/providers/Microsoft.Compute/skus", api_version=SKU_API),
        ),
    ),
)
