"""Which of drcheck's errors is what pywinrm, requests or the far side did, and what can the user do about it?

pywinrm raises some twenty types from six libraries; catching its ``WinRMError`` alone misses most of them.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from http.client import BadStatusLine, HTTPException, RemoteDisconnected

import requests
from requests import exceptions as http
from urllib3.exceptions import NameResolutionError, NewConnectionError
from winrm.exceptions import (
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

from drcheck.errors import (
    AccessDenied,
    Deadline,
    Garbled,
    NameNotResolved,
    Refused,
    RemoteFault,
    Throttled,
    TlsFailed,
    TransportError,
)
from drcheck.transport.winrm_http import BodyTooLarge, NotEncrypted
from drcheck.transport.winrm_session import ForeignAnswer, WinRmEndpoint
from drcheck.transport.winrm_sign_in import Case, causes, sign_in_case
from drcheck.transport.wire import WireError

ACCESS_DENIED = (5, 0x80070005)
"""WSManFault codes of Win32's ERROR_ACCESS_DENIED and of its HRESULT."""

FAULTS = {
    170: "The machine is busy with an earlier message; try again later.",
    995: "The service was stopped during the call; try again when the machine is up.",
    2150858843: "The shell is gone: was the machine or its WinRM service restarted?",
    2150859173: "Too many shells of this account (MaxShellsPerUser); close them or wait until they time out.",
    2150859174: "Too many operations of this account (MaxConcurrentOperationsPerUser); restart WinRM there.",
}
"""Remedies for WSManFault codes (winerror.h; codes seen in recordings of Windows by pypsrp)."""

PASSING = (170, 995, 2150858843)
"""Of these, the faults of a machine that is busy or restarting its service."""

NOT_WINRM = "Does something else answer at this address and port?"
LISTENER = "Is the machine up, does WinRM listen there (winrm enumerate winrm/config/listener), is the firewall open?"
SLOW = "Is the machine up and the firewall open? Otherwise raise connect_seconds or total_seconds."


def explain(endpoint: WinRmEndpoint, error: Exception, *, expired: bool) -> TransportError | None:
    """The error of ours that says what happened; ``None`` for a mistake in this program.

    Args:
        endpoint: where it happened.
        error: what was raised.
        expired: whether the conversation's time was over: then whatever broke, broke because of that.
    """
    if expired:
        case: Case | None = Case(Deadline, "no complete answer came within the time allowed", SLOW)
    else:
        case = sign_in_case(endpoint, error)
        case = case or next((tell(error) for of, tell in _TABLE if isinstance(error, of)), None)
    if case is None:
        return None
    return case.error(str(endpoint), endpoint.password.hide_in(case.what), case.remedy)


def worth_asking_again(error: Exception) -> bool:
    """May a read that failed like this succeed in a moment: was it cut off, or its service just starting?"""
    cause = error.__cause__
    if isinstance(cause, WSManFaultError):
        return cause.wsman_fault_code in PASSING
    if isinstance(cause, WinRMTransportError):
        return int(cause.code) == 503
    return isinstance(error, Refused) or isinstance(cause, http.ChunkedEncodingError)


def _holds(error: BaseException, *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in causes(error))


def _tls(error: Exception) -> Case:
    text = " ".join(str(cause) for cause in causes(error))
    if "CERTIFICATE_VERIFY_FAILED" not in text:
        return Case(TlsFailed, "TLS could not be agreed on", "Is this an HTTPS listener (5986), or a plain one (5985)?")
    if "Hostname mismatch" in text or "doesn't match" in text or "IP address mismatch" in text:
        return Case(TlsFailed, "the certificate is for another name", "Use the name in the certificate, or renew it.")
    if "expired" in text:
        return Case(TlsFailed, "the certificate has expired", "Renew the listener's certificate.")
    return Case(TlsFailed, "the certificate is not trusted", "Name the authority that signed it in ca_file.")


def _timeout(error: Exception) -> Case:
    what = "could not be connected to in time" if isinstance(error, http.ConnectTimeout) else "no answer came in time"
    return Case(Deadline, what, SLOW)


def _connection(error: Exception) -> Case:
    if _holds(error, NameResolutionError):
        return Case(NameNotResolved, "the name has no address", "Check the name and DNS, or give an address.")
    if _holds(error, NewConnectionError):
        return Case(Refused, "nothing listens there", LISTENER)
    if _holds(error, TimeoutError):
        return _timeout(error)
    if _holds(error, RemoteDisconnected, ConnectionError):
        return Case(Refused, "the connection was cut", LISTENER)
    if _holds(error, BadStatusLine, HTTPException, BodyTooLarge):
        return _garbled(error)
    return Case(Refused, "the connection broke", LISTENER)


def _body(_error: Exception) -> Case:
    return Case(Garbled, "an answer was cut short", "Is there a proxy or an inspecting firewall on the way?")


def _redirect(_error: Exception) -> Case:
    return Case(Garbled, "it redirects to another address", NOT_WINRM)


def _operation(_error: Exception) -> Case:
    return Case(Deadline, "the machine held a message for too long", "Is it overloaded?")


def _fault(error: Exception) -> Case:
    code = getattr(error, "wsman_fault_code", None)
    reason = " ".join(str(getattr(error, "reason", "")).split())[:300]
    if code in ACCESS_DENIED:
        return Case(AccessDenied, "access was denied", "Is the account a member of Remote Management Users there?")
    remedy = FAULTS.get(code or 0, "See the code in Microsoft's WS-Management errors.")
    return Case(RemoteFault, f"fault {code or 'without code'}: {reason}", remedy)


def _status(error: Exception) -> Case:
    code = int(getattr(error, "code", 0))
    what = f"it answers with HTTP status {code}"
    if code == 403:
        return Case(AccessDenied, what, "Does the listener's IP filter, or a proxy, keep this machine out?")
    if code == 429:
        return Case(Throttled, what, "Try again later.")
    if code == 503:
        return Case(RemoteFault, what, "Is the WinRM service running, and its HTTP queue not full?")
    return Case(RemoteFault, what, NOT_WINRM)


def _files(error: Exception) -> Case:
    return Case(TlsFailed, f"a certificate file cannot be read: {error}", "Check ca_file and the client certificate.")


def _garbled(error: Exception) -> Case:
    told = WireError | ForeignAnswer | BodyTooLarge | NotEncrypted
    said = str(error) if isinstance(error, told) else "that is not WS-Management"
    return Case(Garbled, f"an answer came that makes no sense ({said})", NOT_WINRM)


_TABLE: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Exception], Case]], ...] = (
    (http.SSLError, _tls),
    (requests.Timeout, _timeout),
    (http.ChunkedEncodingError, _body),
    (http.ContentDecodingError, _body),
    (requests.TooManyRedirects, _redirect),
    (requests.ConnectionError, _connection),
    (WSManFaultError, _fault),
    (WinRMTransportError, _status),
    (WinRMOperationTimeoutError, _operation),
    (WinRMError, _garbled),
    ((WireError, ForeignAnswer, BodyTooLarge, NotEncrypted, ET.ParseError), _garbled),
    (requests.RequestException, _connection),
    # A StopIteration inside a generator comes out as RuntimeError; KeyError is an encrypted reply without its header.
    ((StopIteration, RuntimeError, AssertionError, KeyError, ValueError), _garbled),
    (OSError, _files),
)
"""In this order: SSLError is a ConnectionError, some errors of requests are ValueErrors, and all of them OSErrors."""
