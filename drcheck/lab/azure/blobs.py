"""What does the simulated storage account hold, and who may ask for it?"""

from dataclasses import dataclass, field

from drcheck.lab.azure.faults import Faults

CONTAINER = "drcheck"


@dataclass(kw_only=True)
class Blob:
    """One blob. An append blob grows; its kind never changes."""

    kind: str
    """``BlockBlob`` or ``AppendBlob``."""
    body: bytes
    etag: str
    modified: float
    blocks: int = 0
    """Committed blocks of an append blob."""


@dataclass(kw_only=True)
class BlobAccount:
    """One storage account. Blob names keep their case: here, unlike in ARM, it makes a difference."""

    token: str = ""
    """The bearer token for storage that it accepts; the one for ARM is another."""
    containers: dict[str, dict[str, Blob]] = field(default_factory=lambda: {CONTAINER: {}})
    allowed: frozenset[str] = frozenset({"read", "write", "delete"})
    """Data actions on blobs that the caller's role has."""
    faults: Faults = field(default_factory=Faults)
    writes: list[str] = field(default_factory=list)
    """Every call that was not a GET, as ``<method> <path>``, in order."""
    tags: int = 0
    """Entity tags given so far."""

    @property
    def leases(self) -> dict[str, Blob]:
        """The blobs below ``leases/``."""
        blobs = self.containers[CONTAINER]
        return {name: blob for name, blob in blobs.items() if name.startswith("leases/")}

    def tag(self) -> str:
        """A new entity tag, quoted as on the wire."""
        self.tags += 1
        return f'"0x8D{self.tags:012X}"'
