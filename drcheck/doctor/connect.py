"""Has the name an address, does the port answer, and is the certificate one that will do, also next month?"""

import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from drcheck.doctor import Symptom, Topic, met, unmet, warning
from drcheck.errors import Deadline, NameNotResolved, Refused, TlsFailed, TransportError
from drcheck.transport.deadline import Guard

EXPIRES_SOON_DAYS = 30
_NAME_FAULT = 62
_EXPIRED = 10
_NOT_YET = 9
"""OpenSSL's verify codes (``X509_V_ERR_*``)."""


class Place(Struct, frozen=True, kw_only=True):
    """Where an endpoint listens. ``name`` is what its certificate must hold; it is connected to at ``address``."""

    label: str
    name: str
    address: str
    port: int
    ca_file: Path | None
    seconds: float


def reach(place: Place, now: Callable[[], datetime]) -> tuple[tuple[Symptom, ...], TransportError | None]:
    """Name, port and certificate, as far as one can get, and the error of the transport that stands for the failure."""
    symptoms: list[Symptom] = []
    for step in (_name, _tcp, lambda where: _tls(where, now)):
        symptom, error = step(place)
        symptoms.append(symptom)
        if error is not None:
            return tuple(symptoms), error(f"{place.label}", symptom.what, symptom.remedy)
    return tuple(symptoms), None


Step = tuple[Symptom, type[TransportError] | None]


def _name(place: Place) -> Step:
    # The resolver knows no time-out; a thread that hangs in it is left behind.
    pool = ThreadPoolExecutor(1, thread_name_prefix="resolver")
    asked = pool.submit(socket.getaddrinfo, place.address, place.port, type=socket.SOCK_STREAM)
    pool.shutdown(wait=False)
    try:
        found = asked.result(place.seconds)
    except TimeoutError:
        remedy = "Are the name servers of this machine reachable? (nslookup)"
        return unmet(place.label, Topic.NAME, f"no name server answered about {place.address}", remedy), Deadline
    except (OSError, UnicodeError):
        remedy = f"Create a DNS record, correct the name, or declare windows.hosts.{place.name}.address in estate.yaml"
        return unmet(place.label, Topic.NAME, f"{place.address} has no address", remedy), NameNotResolved
    return met(place.label, Topic.NAME, ", ".join(sorted({str(one[4][0]) for one in found}))), None


def _tcp(place: Place) -> Step:
    try:
        socket.create_connection((place.address, place.port), place.seconds).close()
    except TimeoutError:
        remedy = f"Open port {place.port} from here in every firewall on the way; is the machine up?"
        return unmet(place.label, Topic.TCP, f"port {place.port} did not answer", remedy), Deadline
    except OSError as error:
        remedy = (
            "On the machine: winrm quickconfig -transport:https (needs a certificate), and "
            f"New-NetFirewallRule -DisplayName 'WinRM HTTPS' -Direction Inbound -Protocol TCP -LocalPort {place.port}"
        )
        return unmet(place.label, Topic.TCP, f"port {place.port}: {error.strerror or error}", remedy), Refused
    return met(place.label, Topic.TCP, f"port {place.port} is open"), None


def _tls(place: Place, now: Callable[[], datetime]) -> Step:
    try:
        context = ssl.create_default_context(cafile=str(place.ca_file) if place.ca_file else None)
        with (
            Guard(2 * place.seconds) as guard,
            socket.create_connection((place.address, place.port), place.seconds) as plain,
        ):
            guard.watch(plain)
            with context.wrap_socket(plain, server_hostname=place.name) as secure:
                certificate, version = secure.getpeercert() or {}, secure.version()
    except ssl.SSLCertVerificationError as error:
        return _refused(place, error), TlsFailed
    except (OSError, ValueError) as error:
        remedy = "Is this an HTTPS listener? winrm enumerate winrm/config/listener"
        return unmet(place.label, Topic.TLS, f"TLS could not be agreed on: {_text(error)}", remedy), TlsFailed
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    days = (ends - now()).days
    what = f"{version}, certificate good until {ends:%Y-%m-%d}"
    if days < EXPIRES_SOON_DAYS:
        return warning(place.label, Topic.TLS, f"{what}: expiring in {days} days", _renew(place)), None
    return met(place.label, Topic.TLS, what), None


def _refused(place: Place, error: ssl.SSLCertVerificationError) -> Symptom:
    if error.verify_code in (_EXPIRED, _NOT_YET):
        when = "has expired" if error.verify_code == _EXPIRED else "is not valid yet"
        return unmet(place.label, Topic.TLS, f"the certificate {when}", _renew(place))
    if error.verify_code == _NAME_FAULT:
        remedy = f"Use the name that is in the certificate, or issue one for {place.name}"
        return unmet(place.label, Topic.TLS, f"the certificate is not for {place.name}", remedy)
    remedy = "Save the certificate of the authority that signed it as PEM and name the file in ca_file of estate.yaml"
    said = error.verify_message or "verification failed"
    return unmet(place.label, Topic.TLS, f"the certificate's authority is not trusted ({said})", remedy)


def _renew(place: Place) -> str:
    return (
        f"Get a new certificate for {place.name}, then on the machine: winrm set "
        'winrm/config/Listener?Address=*+Transport=HTTPS @{CertificateThumbprint="<thumbprint>"}'
    )


def _text(error: Exception) -> str:
    return " ".join(str(getattr(error, "reason", "") or error).split())
