"""How is a WS-Management message read and written, the way Windows does it?

Structure, namespaces and fault shapes follow the traffic of real Windows hosts that pypsrp's test suite recorded.
"""

import re
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
ANONYMOUS = f"{ADDRESSING}/role/anonymous"
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
FAULT_DETAIL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail"

_NS = {"s": ENVELOPE, "a": ADDRESSING, "w": WSMAN, "rsp": SHELL}
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", re.ASCII)
_OPEN = (
    f'<s:Envelope xml:lang="en-US" xmlns:s="{ENVELOPE}" xmlns:a="{ADDRESSING}" xmlns:x="{TRANSFER}" '
    f'xmlns:w="{WSMAN}" xmlns:rsp="{SHELL}" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd">'
)


class Malformed(Exception):
    """What arrived is not a WS-Management request."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One WS-Management request."""

    action: str
    message_id: str
    resource: str
    selectors: dict[str, str]
    seconds: float
    """OperationTimeout: how long the service may hold the request."""
    envelope: int
    """MaxEnvelopeSize: the largest answer the client takes, in bytes."""
    body: ET.Element

    @property
    def operation(self) -> str:
        """The last part of the action, such as ``Create`` or ``Receive``."""
        return self.action.rpartition("/")[2]

    def text(self, path: str) -> str:
        """The text at a path below the body, prefixes as in the module; empty when absent."""
        return self.body.findtext(path, "", _NS).strip()

    def find(self, path: str) -> ET.Element | None:
        """The first element at a path below the body."""
        return self.body.find(path, _NS)

    def find_all(self, path: str) -> list[ET.Element]:
        """Every element at a path below the body."""
        return self.body.findall(path, _NS)


def parse(data: bytes) -> Request:
    """Read a request; raises ``Malformed`` when it is not one."""
    try:
        root = ET.fromstring(data)  # noqa: S314  # expat itself refuses entity bombs; the lab listens on loopback only
    except ET.ParseError as error:
        raise Malformed(str(error)) from error
    header, body = root.find("s:Header", _NS), root.find("s:Body", _NS)
    if header is None or body is None:
        raise Malformed("no header or no body")
    return Request(
        action=header.findtext("a:Action", "", _NS).strip(),
        message_id=header.findtext("a:MessageID", "", _NS).strip(),
        resource=header.findtext("w:ResourceURI", "", _NS).strip(),
        selectors={one.get("Name", ""): one.text or "" for one in header.iterfind("w:SelectorSet/w:Selector", _NS)},
        seconds=seconds(header.findtext("w:OperationTimeout", "PT60S", _NS)),
        envelope=int(header.findtext("w:MaxEnvelopeSize", "153600", _NS)),
        body=body,
    )


def seconds(duration: str) -> float:
    """Seconds of an ``xs:duration`` made of days, hours, minutes and seconds; raises ``Malformed``."""
    found = _DURATION.fullmatch(duration.strip())
    if found is None:
        raise Malformed(f"not a duration: {duration!r}")
    days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def answer(request: Request, body: str) -> bytes:
    """The answer to a request, around the XML of its body."""
    return _envelope(f"{request.action}Response", request.message_id, body)


@dataclass(frozen=True)
class SoapFault:
    """A fault as Windows words it.

    ``code`` is the language-independent number (``WSManFault/@Code``); ``sender`` says whose mistake it is.
    """

    code: int
    subcode: str
    text: str
    sender: bool = False
    detail: str = ""
    provider: bool = False
    """Raised by the shell plug-in rather than by the service."""

    def render(self, message_id: str, machine: str) -> bytes:
        """The fault as an envelope; it relates to the request's message id."""
        side = "s:Sender" if self.sender else "s:Receiver"
        detail = f"<w:FaultDetail>{FAULT_DETAIL}/{self.detail}</w:FaultDetail>" if self.detail else ""
        text = escape(self.text)
        inner = text
        if self.provider:
            path = r"%systemroot%\system32\winrscmd.dll"
            inner = f'<f:ProviderFault provider="Shell cmd plugin" path="{path}">{text}</f:ProviderFault>'
        body = (
            f"<s:Fault><s:Code><s:Value>{side}</s:Value><s:Subcode><s:Value>{self.subcode}</s:Value></s:Subcode></s:Code>"
            f'<s:Reason><s:Text xml:lang="en-US">{text}</s:Text></s:Reason><s:Detail>{detail}'
            '<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" '
            f'Code="{self.code}" Machine={quoteattr(machine)}><f:Message>{inner}</f:Message></f:WSManFault>'
            "</s:Detail></s:Fault>"
        )
        return _envelope(FAULT_ACTION, message_id, body)


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    message_id, activity = (str(uuid.uuid4()).upper() for _ in range(2))
    return (
        f"{_OPEN}<s:Header><a:Action>{escape(action)}</a:Action><a:MessageID>uuid:{message_id}</a:MessageID>"
        f"<p:ActivityId>{activity}</p:ActivityId><a:To>{ANONYMOUS}</a:To><a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


class Faulted(Exception):
    """The service answers this request with a fault."""

    def __init__(self, fault: SoapFault) -> None:
        super().__init__(fault.text)
        self.fault = fault


TIMED_OUT = SoapFault(
    2150858793,
    "w:TimedOut",
    "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  ",
)
NO_SHELL = SoapFault(
    2150858843,
    "w:InvalidSelectors",
    "The request for the Windows Remote Shell failed because the shell was not found on the server. Possible causes "
    "are: the specified ShellId is incorrect or the shell no longer exists on the server. ",
    sender=True,
    detail="UnexpectedSelectors",
)
NO_COMMAND = SoapFault(
    2150858843,
    "w:InvalidSelectors",
    "The Windows Remote Shell received a request to perform an operation on a command identifier that does not exist. "
    "Either the command has completed execution or the client specified an invalid command identifier. ",
    sender=True,
    detail="UnexpectedSelectors",
)
BAD_PARAMETER = SoapFault(
    87, "w:InvalidParameter", "The parameter is incorrect. ", sender=True, detail="InvalidValue", provider=True
)
BAD_HEADER = SoapFault(
    2150858767,
    "a:InvalidMessageInformationHeader",
    "The WS-Management service cannot process the request because a header is missing or invalid. ",
    sender=True,
)
TOO_MANY_SHELLS = SoapFault(
    2150859173,
    "w:QuotaLimit",
    "The WS-Management service cannot process the request. The maximum number of concurrent shells for this user has "
    "been exceeded. Close existing shells or raise the quota for this user. ",
)
BAD_RESOURCE = SoapFault(
    2150858778,
    "a:DestinationUnreachable",
    "The WS-Management service cannot process the request. The resource URI is missing or it has an incorrect format. ",
    sender=True,
    detail="InvalidResourceURI",
)
ACCESS_DENIED = SoapFault(5, "w:AccessDenied", "Access is denied. ", sender=True)

_KNOWN = {
    fault.code: fault for fault in (TIMED_OUT, NO_SHELL, BAD_PARAMETER, BAD_HEADER, TOO_MANY_SHELLS, ACCESS_DENIED)
}


def fault_of(code: int) -> SoapFault:
    """The fault with a code; one that is not known here comes as the service's internal error."""
    return _KNOWN.get(code) or SoapFault(code, "w:InternalError", f"The service failed with the code {code}. ")
