"""What do simulated Windows machines and clusters consist of, besides VMs and roles? Parts of ``lab.world``.

Times are POSIX seconds (UTC) on the lab's clock.
"""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class ClusterNetwork:
    """A network between the nodes of a cluster, with the address of every node in it."""

    id: str
    name: str
    address: str
    mask: str = "255.255.255.0"
    role: str = "ClusterAndClient"
    metric: int = 70384
    state: str = "Up"
    interfaces: dict[str, str] = field(default_factory=dict)
    """Node's FQDN -> its address."""


@dataclass(kw_only=True)
class SharedVolume:
    """A cluster shared volume; what VMs use of it follows from their disks."""

    id: str
    name: str
    path: str
    size_gb: int = 20480
    other_gb: int = 512
    """Used by anything but VMs' disks."""
    state: str = "Online"


@dataclass(kw_only=True)
class Volume:
    """A local volume."""

    id: str
    """GUID, as in its device path."""
    letter: str
    """``D:``."""
    label: str
    size_gb: int
    other_gb: int
    """Used by anything but VMs' disks."""


@dataclass(kw_only=True)
class Certificate:
    """A certificate in the machine's personal store."""

    thumbprint: str
    """Upper-case hex."""
    subject: str
    issuer: str
    not_before: float
    not_after: float
    has_private_key: bool = True
    eku: list[str] | None = None
    """OIDs; ``None`` without the extension, which means every purpose."""
    dns_names: list[str] = field(default_factory=list)
    chain_status: list[str] = field(default_factory=list)
    """Names of ``X509ChainStatusFlags``; empty when the chain builds."""


@dataclass(kw_only=True)
class ReplicaServer:
    """A host's settings for receiving replicas, and its firewall."""

    authentication: str = "Kerberos"
    """``Kerberos``, ``Certificate`` or ``CertificateAndKerberos``."""
    thumbprint: str = ""
    storage: str = "D:\\Replica"
    primaries: list[str] = field(default_factory=list)
    """Servers that may send, as in an authorisation entry (``hv1.lab``, ``*.lab``); empty for any."""
    trust_group: str = "DR"
    listener_open: bool = True
    """The firewall rule of the listener in use is enabled."""


@dataclass(kw_only=True)
class Checkpoint:
    """A checkpoint somebody, or a backup, made of a VM."""

    id: str
    name: str
    created: float
    checkpoint_type: str = "Standard"
    """``Standard``, or ``Recovery`` when a backup left it."""
