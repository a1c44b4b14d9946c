"""What went wrong between us and Azure Resource Manager, in drcheck's own terms?"""

import re
import ssl
from collections.abc import Iterator, Mapping

import msgspec
import requests
import urllib3
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)
from msgspec import Struct

from drcheck.errors import (
    AccessDenied,
    AuthenticationFailed,
    Deadline,
    DrcheckError,
    Garbled,
    NameNotResolved,
    QueryFailed,
    Refused,
    RemoteFault,
    Throttled,
    TlsFailed,
    TransportError,
)
from drcheck.transport.decoding import decoder

LONGEST_TEXT = 300
_ACTION = re.compile(r"action '([^']+)'")


class _Detail(Struct):
    code: str | None = None
    message: str | None = None
    details: list["_Detail"] | None = None


class _Envelope(Struct):
    error: _Detail | None = None
    code: str | None = None
    message: str | None = None


class Problem(Struct, frozen=True):
    """An ARM error: a code for programs, a text for people."""

    code: str
    message: str


def problem_in(body: bytes) -> Problem | None:
    """The error that a body tells of, or ``None`` when it is not ARM's.

    ARM wraps: Site Recovery answers ``BadRequest`` outside and the code that means something in ``details[0]``.
    """
    try:
        envelope = decoder(_Envelope).decode(body)
    except msgspec.DecodeError:
        return None
    outer = envelope.error or _Detail(code=envelope.code, message=envelope.message)
    inner = next((detail for detail in outer.details or () if detail.code), outer)
    if not (inner.code or outer.code):
        return None
    return Problem(code=inner.code or outer.code or "", message=one_line(inner.message or outer.message))


class Question(Struct, frozen=True, kw_only=True):
    """What was asked of whom; in text without the query string, which holds nothing a reader needs."""

    endpoint: str
    method: str
    path: str

    def __str__(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    def remedy(self, for_reads: str) -> str:
        """What to do when an answer is lost. A lost answer to a POST does not say that nothing happened."""
        return for_reads if self.method == "GET" else "It may have begun: look before you try again."


def of_answer(asked: Question, status: int, headers: Mapping[str, str], body: bytes) -> DrcheckError:
    """The error that an answer with a status outside 2xx stands for."""
    problem = problem_in(body)
    if status == 401:
        code = f" ({problem.code})" if problem else ""
        return AuthenticationFailed(asked.endpoint, f"the token was not accepted{code}", "Sign in again, or renew it.")
    if status == 429:
        return _throttled(asked, headers)
    if status == 408 or status >= 500:
        said = f"{problem.code}: {problem.message}" if problem else "and nothing that can be read"
        what = f"{asked} was answered with status {status}, {said}"
        return RemoteFault(asked.endpoint, what, asked.remedy("Try again later."))
    if problem is None:
        return _not_arm(asked, status, headers)
    if status == 403:
        action = _ACTION.search(problem.message)
        what = f"the action {action[1]} was denied" if action else f"{asked} was denied"
        return AccessDenied(asked.endpoint, f"{what} ({problem.code})", "Give the identity a role that includes it.")
    return QueryFailed(asked.endpoint, str(asked), problem.code, problem.message)


def of_exception(asked: Question, error: AzureError | OSError) -> TransportError:
    """The error that a failure below HTTP stands for."""
    causes = tuple(causes_of(error))
    where = asked.endpoint
    if not isinstance(error, AzureError):  # the one thing that the library lets through is a CA file it cannot read
        return TlsFailed(where, f"TLS failed: {one_line(str(error))}", "Check the CA file.")
    if any(isinstance(cause, ssl.SSLError | requests.exceptions.SSLError) for cause in causes):
        return TlsFailed(where, f"TLS failed: {_reason(causes)}", "Check the CA file, the name and the port.")
    if any(isinstance(cause, urllib3.exceptions.NameResolutionError) for cause in causes):
        return NameNotResolved(where, "its name has no address", "Check the name and the resolver.")
    if any(isinstance(cause, requests.exceptions.ProxyError) for cause in causes):
        return Refused(where, f"the proxy did not connect: {_reason(causes)}", "Check HTTPS_PROXY and NO_PROXY.")
    if isinstance(error, ClientAuthenticationError):
        return AuthenticationFailed(where, f"there is no token: {one_line(str(error))}", "Sign in, or give a token.")
    return _of_azure(asked, error, causes)


def _of_azure(asked: Question, error: AzureError, causes: tuple[BaseException, ...]) -> TransportError:
    where = asked.endpoint
    if isinstance(error, ServiceRequestTimeoutError):
        return Deadline(where, "no connection in time", "Check the network and the firewall.")
    if isinstance(error, ServiceResponseTimeoutError):
        return too_late(asked)
    if isinstance(error, IncompleteReadError | HttpResponseError):
        what = f"the answer to {asked} was cut off: {_reason(causes)}"
        return Garbled(where, what, asked.remedy("Is a proxy in between?"))
    if isinstance(error, ServiceRequestError):
        return Refused(where, f"no connection: {_reason(causes)}", "Is the address right, and the service up?")
    return Refused(where, f"{asked}: the connection was cut: {_reason(causes)}", asked.remedy("Try again later."))


def too_late(asked: Question) -> Deadline:
    """The error for an answer that was not complete when its time was over."""
    what = f"{asked}: no complete answer in time"
    return Deadline(asked.endpoint, what, asked.remedy("Try later, or allow more seconds."))


def _throttled(asked: Question, headers: Mapping[str, str]) -> Throttled:
    wait = headers.get("Retry-After", "")
    wanted = f" (wait {one_line(wait)} s)" if wait else ""
    what = f"{asked} was throttled until our patience ended{wanted}"
    return Throttled(asked.endpoint, what, "Run later, or give drcheck an identity of its own.")


def _not_arm(asked: Question, status: int, headers: Mapping[str, str]) -> Garbled:
    if 300 <= status < 400:
        what = f"{asked} was redirected to {one_line(headers.get('Location'))}"
        return Garbled(asked.endpoint, what, "Redirects are not followed; check the endpoint.")
    what = f"{asked} was answered with status {status} and no ARM error"
    return Garbled(asked.endpoint, what, "Is this Azure Resource Manager, or a proxy in between?")


def one_line(text: str | None) -> str:
    """Far-side text on one line, shortened."""
    return " ".join((text or "").split())[:LONGEST_TEXT]


def _reason(causes: tuple[BaseException, ...]) -> str:
    """The innermost cause; outer ones repeat the address and object reprs."""
    innermost = causes[-1]
    return one_line(getattr(innermost, "strerror", None) or str(innermost) or type(innermost).__name__)


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it: libraries keep that in an attribute, in the arguments, or in the chain."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        inside = (
            getattr(current, "inner_exception", None),
            getattr(current, "reason", None),
            *getattr(current, "args", ()),
            current.__cause__,
        )
        current = next((item for item in inside if isinstance(item, BaseException) and id(item) not in seen), None)
