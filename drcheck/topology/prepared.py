"""What people prepared for the day of a recovery: facts of the role ``estate``, as ``drcheck.topology.declared`` has.

A declaration is evidence of what somebody wrote down, and of nothing else.
"""

from datetime import date
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact


class DataFile(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A file of limits or lifecycles that came with the drcheck that discovered. Key: its name."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "data file"

    name: str
    values: int
    oldest: str
    """The value that was looked up longest ago."""
    as_of: date
    """When that was."""


class QuorumDesign(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """How a cluster is meant to keep its quorum. Key: the cluster's name as declared, lower case."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "quorum design"

    name: str
    witness: str
    """``none``, ``disk``, ``share`` or ``cloud``; empty when nobody decided."""
    votes: tuple[tuple[str, int], ...]
    """(node, vote); a node that is not listed has one."""
    dynamic_quorum: bool


class BreakGlass(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """An account, a secret or a device that the recovery needs. Key: its name."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "recovery credential"

    name: str
    kept_at: tuple[str, ...]
    """Sites from which it can be fetched."""
    holders: tuple[str, ...]
    needs: tuple[str, ...]
    """What has to answer when it is used: a vault, a second factor, a revocation list; hosts or other names."""
    domain: str
    """The directory that the account is in; empty for none."""
    tested: date | None
    """When it was last fetched and used without the primary site, as somebody wrote it; ``None``: never."""


class DrillController(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A domain controller whose copy is started in drills. Key: the VM's name or id, lower case."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "drill domain controller"

    name: str
    host: str
    """Its FQDN."""
    fsmo: str
    """Whether the copy in the bubble may ``hold`` or has to ``seize`` the FSMO roles; empty when nobody decided."""
    generation_id_accepted: bool
    """Somebody knows that the copy discards its RID pool and gets another invocation id."""


class KitPart(Struct, frozen=True, kw_only=True, gc=False):
    """A part of the recovery kit: ``runbook``, ``contacts``, ``keys`` or ``media``."""

    name: str
    kept_at: tuple[str, ...]
    """Sites."""
    reviewed: date | None
    """When somebody last looked into it; ``None``: never."""


class RecoveryKit(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What a recovery starts with when nothing else is there. Key: ``recovery kit``; there is one or none."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "recovery kit"

    parts: tuple[KitPart, ...]
