"""Which certificates does a simulated machine have in a store?"""

from collections.abc import Iterator, Sequence

from drcheck.lab.cmdlets.objects import CmdletError, Session, moment
from drcheck.lab.state.windows import Certificate

STORES = frozenset({"my", "root", "ca", "remote desktop"})
"""Those that every machine has; all but the first are empty here."""
SHA256_RSA = "1.2.840.113549.1.1.11"


def read(session: Session, store: str, columns: Sequence[str]) -> Iterator[dict[str, object]]:
    """One row per certificate of a store; ``StoreNotFound`` when the machine has no such store."""
    if store.lower() not in STORES:
        raise CmdletError("StoreNotFound", f"there is no store LocalMachine\\{store}", "InvalidOperation")
    for certificate in session.host.certificates if store.lower() == "my" else ():
        row = _row(certificate)
        yield {name: row[name] for name in columns if name in row}


def _row(certificate: Certificate) -> dict[str, object]:
    return {
        "Thumbprint": certificate.thumbprint,
        "Subject": certificate.subject,
        "Issuer": certificate.issuer,
        "NotBefore": _utc(certificate.not_before),
        "NotAfter": _utc(certificate.not_after),
        "HasPrivateKey": certificate.has_private_key,
        "SignatureAlgorithm": SHA256_RSA,
        "EnhancedKeyUsage": certificate.eku,
        "DnsNames": list(certificate.dns_names),
        "ChainStatus": list(certificate.chain_status),
    }


def _utc(seconds: float) -> str:
    return f"{moment(seconds):%Y-%m-%dT%H:%M:%S.%f}0Z"
