"""What does a simulated ARM call ask, and in which envelopes are answers and errors sent?"""

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar
from urllib.parse import quote

from drcheck.lab.azure.engine import Engine
from drcheck.lab.azure.state import AzureWorld, Vault
from drcheck.lab.state.world import World

Json: TypeAlias = Mapping[str, object]

AHEAD: ContextVar[float] = ContextVar("seconds that the service's clock is ahead", default=0.0)
"""Added to every moment that is written; of the call that is being answered."""
PAGE = 25
"""Items on one page of the lists that page."""


class ArmError(Exception):
    """An answer in ARM's error envelope.

    Args:
        status: HTTP status.
        code: ARM's code; what Site Recovery has to say is in the details.
        message: text for people.
        detail: the service's own code, which is the useful one.
    """

    def __init__(self, status: int, code: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.detail = detail

    def body(self, request_id: str) -> Json:
        """The envelope."""
        error: dict[str, object] = {"code": self.code, "message": str(self)}
        if self.detail:
            error["details"] = [
                {
                    "code": self.detail,
                    "message": str(self),
                    "possibleCauses": "",
                    "recommendedAction": "",
                    "clientRequestId": request_id,
                    "activityId": request_id,
                }
            ]
        return {"error": error}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer before it is written to the wire; ``body`` of ``None`` is an empty one, unless there is ``text``."""

    status: int = 200
    body: Json | None = None
    text: str = ""
    """What is sent where the service sends no JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One call. ``args`` are the names in its path, as the caller wrote them."""

    engine: Engine
    args: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    base: str
    """Scheme, host and port, as the caller wrote them."""
    path: str
    now: float

    @property
    def world(self) -> World:
        """The estate."""
        return self.engine.world

    @property
    def azure(self) -> AzureWorld:
        """The subscription."""
        return self.engine.azure

    @property
    def vault(self) -> Vault:
        """The vault that the path names."""
        group, name = self.args["rg"].lower(), self.args["vault"].lower()
        for vault in self.azure.vaults:
            if (vault.resource_group.lower(), vault.name.lower()) == (group, name):
                return vault
        raise not_found(f"Microsoft.RecoveryServices/vaults/{self.args['vault']}", self.args["rg"])

    @property
    def v(self) -> str:
        """ARM id of that vault as Site Recovery writes it."""
        return self.azure.vault_id(self.vault)

    def properties(self) -> Json:
        """The ``properties`` of the request's body."""
        found = self.body.get("properties", {})
        if not isinstance(found, dict):
            raise ArmError(400, "InvalidRequestContent", "The request content was invalid: 'properties' is no object.")
        return found


Handler: TypeAlias = Callable[[Ask], Answer]
Route: TypeAlias = tuple[str, str, Handler]
"""Method, path template in lower case, handler."""


def not_found(what: str, group: str) -> ArmError:
    """ARM's own 404."""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{what}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def no_such(what: str) -> ArmError:
    """Site Recovery's 404 for something inside a vault."""
    return ArmError(404, "NotFound", f"The resource '{what}' doesn't exist in the vault.", "ArmResourceDoesNotExist")


def everything(values: Sequence[Json]) -> Answer:
    """A Site Recovery list on one page; the key ``nextLink`` is there, and null."""
    return Answer(body={"value": list(values), "nextLink": None})


def plain(values: Sequence[Json]) -> Answer:
    """A list as other providers write it: without ``nextLink``."""
    return Answer(body={"value": list(values)})


Listed = TypeVar("Listed")


def paged(ask: Ask, values: Sequence[Listed], render: Callable[[Listed], Json], *, tail: bool = False) -> Answer:
    """One page of a list, of which no more is rendered; ``tail`` adds an empty last page, as protectable items have."""
    start = int(ask.query.get("$skipToken", ask.query.get("skipToken", "0")).rpartition(":")[2])
    rest = len(values) - (start + PAGE)
    following = str(start + PAGE) if rest > 0 or (tail and start < len(values)) else ""
    link = None
    if following:
        version = quote(ask.query["api-version"])
        link = f"{ask.base}{ask.path}?api-version={version}&$skipToken=ReplicationGroup%3A{following}"
    page = [render(value) for value in values[start : start + PAGE]]
    return Answer(body={"value": page, "nextLink": link})


def ticks(moment: float) -> str:
    """A moment with the seven decimals that the service writes."""
    moment += AHEAD.get()
    whole = datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{int(moment % 1 * 1e7):07d}Z"


def seconds(moment: float) -> str:
    """A moment cut to whole seconds, as the service writes the end of a job."""
    return datetime.fromtimestamp(int(moment + AHEAD.get()), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
