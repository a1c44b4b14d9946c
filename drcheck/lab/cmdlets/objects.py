"""What is handed to a simulated cmdlet, and what does it hand back?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import Host, World

HYPERV = "Microsoft.HyperV.PowerShell."
CLUSTER = "Microsoft.FailoverClusters.PowerShell."
VMM = "Microsoft.SystemCenter.VirtualMachineManager."


@dataclass
class CmdletError(Exception):
    """An error record, terminating when raised, otherwise noted with ``Call.note``.

    Args:
        error_id: the FullyQualifiedErrorId, which is the same in every language.
        message: English text, as an English server would write it.
        category: name of the ErrorCategory.
    """

    error_id: str
    message: str
    category: str = "NotSpecified"


class LabNotImplementedError(CmdletError):
    """The real machine would answer, and the lab cannot: loud, so that nobody mistakes it for a finding."""

    def __init__(self, what: str) -> None:
        super().__init__("LabNotImplemented", f"the lab does not simulate {what}", "NotImplemented")


@dataclass(kw_only=True)
class PsObject:
    """An object in a pipeline.

    A property is a string, number, bool, datetime, timedelta, another object, a list of these, or a function that
    gives one of them when the property is read (objects refer to each other in circles).
    """

    kind: str
    """Its .NET type; decides which properties exist."""
    values: Mapping[str, object]
    text: str = ""
    """What ``ToString()`` gives."""
    source: object = None
    """The object of the world it was made from."""


Scalar: TypeAlias = str | int | bool | None


@dataclass(kw_only=True)
class Session:
    """One ``powershell.exe``: what earlier queries of the same request left behind."""

    world: World
    clock: LabClock
    host: Host
    vmm_connection: object = None
    """The default connection that ``Get-SCVMMServer`` made."""
    machines: Sequence[object] | None = None
    """The host's own machines, once somebody asked for them."""
    waited: float = 0.0
    """Seconds that batches waited on purpose: nobody really waits, later answers are of that much later."""


@dataclass(kw_only=True)
class Call:
    """One cmdlet call: its parameters by real name, and what was piped into it."""

    session: Session
    cmdlet: str
    params: Mapping[str, Scalar]
    piped: Sequence[PsObject] | None = None
    errors: list[CmdletError] = field(default_factory=list)

    @property
    def world(self) -> World:
        """The estate."""
        return self.session.world

    @property
    def host(self) -> Host:
        """The machine it runs on."""
        return self.session.host

    @property
    def now(self) -> float:
        """This moment, POSIX seconds."""
        return self.session.clock.now()

    def stamp(self, seconds: float | None) -> datetime | None:
        """A moment as this machine's own clock tells it."""
        return None if seconds is None else moment(seconds + self.host.clock_offset)

    def note(self, error: CmdletError) -> None:
        """Write a non-terminating error: the cmdlet goes on, and the answer is partial."""
        self.errors.append(error)

    def text(self, name: str) -> str | None:
        """A parameter as text."""
        value = self.params.get(name)
        return None if value is None else str(value)

    def unsupported(self, *names: str) -> None:
        """Fail loudly when one of these real parameters is used: the lab would silently ignore it."""
        for name in names:
            if name in self.params:
                raise LabNotImplementedError(f"{self.cmdlet} -{name}")


Handler: TypeAlias = Callable[[Call], Iterable[PsObject]]


def moment(seconds: float) -> datetime:
    """A moment of the lab as a .NET DateTime."""
    return datetime.fromtimestamp(seconds, UTC)


def same_name(left: str, right: str) -> bool:
    """Do two computer names mean one machine? A short name means the first label."""
    left, right = left.lower(), right.lower()
    if "." in left and "." in right:
        return left == right
    return left.partition(".")[0] == right.partition(".")[0]


def local_only(call: Call, parameter: str) -> None:
    """Refuse another computer: credentials do not travel from a WinRM shell to a second machine."""
    asked = call.text(parameter)
    if asked is None or asked in {".", "localhost"} or same_name(asked, call.host.name):
        return
    raise CmdletError(
        f"AccessDenied,{call.cmdlet}",
        f"{call.cmdlet} : You do not have the required permission to complete this task on {asked}.",
        "PermissionDenied",
    )
