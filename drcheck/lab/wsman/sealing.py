"""How does a WinRM message travel encrypted inside HTTP (MS-WSMV 2.2.9.1)?

A multipart body: for every part a header that names the kind of encryption and the length of the plain text, and the
sealed bytes with their signature in front. Structure as real clients send it (pywinrm, pypsrp).
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import spnego
from spnego.exceptions import SpnegoError

SOAP_TYPE = "application/soap+xml;charset=UTF-8"
CREDSSP = "application/HTTP-CredSSP-session-encrypted"

_BOUNDARY = b"--Encrypted Boundary"
_KIND = re.compile(r'multipart/(?:x-multi-)?encrypted;\s*protocol="(application/HTTP-[A-Za-z]+-session-encrypted)"')
_LENGTH = re.compile(rb"OriginalContent:[^\r\n]*;Length=(\d+)")
_OCTETS = b"\tContent-Type: application/octet-stream\r\n"
_MOST_OF_CREDSSP = 16384
"""CredSSP seals with TLS, whose records are no longer than this; longer messages have several parts."""


class Unreadable(Exception):
    """The message is not sealed with the keys of this connection, or not whole."""


class Seal(Protocol):
    """What a message is sealed with, from its plain text to the body that is sent."""

    @property
    def content_type(self) -> str:
        """``Content-Type`` of what it makes."""

    def put(self, plain: bytes) -> bytes:
        """The body of a message."""


class Plain:
    """No seal at all: TLS is enough, or nothing has been signed in with that could seal."""

    content_type = SOAP_TYPE

    def put(self, plain: bytes) -> bytes:
        """The message itself."""
        return plain


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A seal with the keys of one connection, in the kind that the client chose."""

    context: spnego.ContextProxy
    kind: str

    @property
    def content_type(self) -> str:
        """``multipart/encrypted``, or its form for several parts that CredSSP has."""
        form = "x-multi-encrypted" if self.kind == CREDSSP else "encrypted"
        return f'multipart/{form};protocol="{self.kind}";boundary="Encrypted Boundary"'

    def put(self, plain: bytes) -> bytes:
        """The multipart body of a message."""
        most = _MOST_OF_CREDSSP if self.kind == CREDSSP else max(len(plain), 1)
        parts = [self._part(plain[at : at + most]) for at in range(0, max(len(plain), 1), most)]
        return b"".join(parts) + _BOUNDARY + b"--\r\n"

    def take(self, body: bytes) -> bytes:
        """The plain text of a multipart body; raises ``Unreadable``."""
        try:
            return b"".join(self._open(header, data) for header, data in _parts(body))
        except (SpnegoError, struct.error, ValueError) as error:
            raise Unreadable(str(error)) from error

    def _part(self, plain: bytes) -> bytes:
        made = self.context.wrap_winrm(plain)
        head = f"\tContent-Type: {self.kind}\r\n\tOriginalContent: type={SOAP_TYPE};Length={len(plain)}\r\n".encode()
        sealed = struct.pack("<i", len(made.header)) + made.header + made.data
        return _BOUNDARY + b"\r\n" + head + _BOUNDARY + b"\r\n" + _OCTETS + sealed

    def _open(self, header: bytes, data: bytes) -> bytes:
        length = _LENGTH.search(header)
        (size,) = struct.unpack("<i", data[:4])
        plain = self.context.unwrap_winrm(data[4 : 4 + size], data[4 + size :])
        if length is None or int(length[1]) != len(plain):
            raise Unreadable("the length of the plain text is another")
        return plain


def kind_of(content_type: str) -> str:
    """The kind of encryption that a ``Content-Type`` names; empty when the message is not encrypted."""
    found = _KIND.match(content_type)
    return found[1] if found else ""


def _parts(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Header and sealed bytes of every part; raises ``ValueError``."""
    end = _BOUNDARY + b"--\r\n"
    if not body.endswith(end):
        raise ValueError("the last boundary is missing")
    pieces = body.removesuffix(end).split(_BOUNDARY + b"\r\n")[1:]
    if not pieces or len(pieces) % 2:
        raise ValueError("the parts are not in pairs")
    for header, data in zip(pieces[::2], pieces[1::2], strict=True):
        yield header, data.removeprefix(_OCTETS)
