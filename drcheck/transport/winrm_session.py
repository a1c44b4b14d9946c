"""How is one command run on one Windows machine: shell, stdin, output as it comes, and the shell gone afterwards?"""

import logging
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

from msgspec import Struct
from winrm.exceptions import WinRMOperationTimeoutError, WinRMTransportError
from winrm.protocol import Protocol

from drcheck.errors import UsageError
from drcheck.estate.secret import Secret
from drcheck.transport.deadline import Guard
from drcheck.transport.winrm_http import EndpointAdapter

SignIn: TypeAlias = Literal["basic", "ntlm", "kerberos", "credssp", "certificate"]

ENCRYPTING = ("ntlm", "kerberos", "credssp")
"""Sign-ins whose messages pywinrm encrypts itself; the others would send a password, or the data, in the clear."""

STDIN_PIECE = 100_000
"""Bytes of stdin in one Send: Windows takes requests of 150 KB (2008 R2) or 500 KB, and base64 adds a third."""

UTF_8 = 65001
HOLD_SECONDS = 20
"""How long the far side may hold a Receive without output; it then answers with a time-out, and is asked again."""
CLOSE_SECONDS = 5.0
IDLE_ANSWERS = 1000
"""Empty answers in a row, none of which was held: the far side is not waiting for its command."""

_log = logging.getLogger(__name__)

for _talkative, _least in (
    # It logs the traceback of every error that it also raises; ours says the same in one line.
    ("winrm.vendor.requests_kerberos", logging.CRITICAL + 1),
    # Its details are the tokens of a sign-in, from which a password can be guessed at leisure.
    ("spnego", logging.WARNING),
):
    logging.getLogger(_talkative).setLevel(_least)

_MESSAGE_ID = re.compile(rb"MessageID[^>]*>\s*(?:uuid:)?([0-9A-Fa-f-]{36})")
_RELATES_TO = re.compile(rb"RelatesTo[^>]*>\s*(?:uuid:)?([0-9A-Fa-f-]{36})")


class WinRmEndpoint(Struct, frozen=True, kw_only=True):
    """One Windows machine as WinRM reaches it.

    Raises:
        UsageError: plain HTTP with a sign-in that does not encrypt its messages.
    """

    name: str
    """FQDN: what TLS, ``Host`` and Kerberos are checked against."""
    username: str
    password: Secret
    address: str = ""
    """Connect there; empty means: resolve the name."""
    port: int = 5986
    transport: SignIn = "ntlm"
    https: bool = True
    ca_file: str = ""
    """PEM file of the authority that signed the endpoint's certificate; empty means the public ones."""
    cert_file: str = ""
    """PEM file of the client certificate, for ``certificate``."""
    key_file: str = ""
    keytab_file: str = ""
    """Keys of ``username``, for ``kerberos``: a ticket is got with them, else with the password, else it is there."""
    connect_seconds: float = 5.0
    total_seconds: float = 120.0
    body_cap: int = 4 * 1024 * 1024
    """Bytes of one HTTP body; envelopes are asked for at 150 KB."""

    def __post_init__(self) -> None:
        """Refuse what would send a password in the clear."""
        if not self.https and self.transport not in ENCRYPTING:
            raise UsageError(f"{self}: {self.transport} needs https; without it only {', '.join(ENCRYPTING)} encrypt")

    def __str__(self) -> str:
        """As it stands in messages."""
        return f"winrm {self.url}"

    @property
    def url(self) -> str:
        """The service's URL, without credentials."""
        return f"{'https' if self.https else 'http'}://{self.name}:{self.port}"


class ForeignAnswer(Exception):
    """The answer does not belong to the message that was sent, or is not WS-Management at all."""


class Exit(Struct, frozen=True):
    """How a command ended."""

    code: int
    stderr: bytes


def belongs(message: bytes, answer: bytes) -> bool:
    """Is this the answer to that message? Windows writes GUIDs in upper case, pywinrm in lower."""
    sent = _MESSAGE_ID.search(message)
    back = _RELATES_TO.search(answer)
    return sent is not None and back is not None and sent[1].lower() == back[1].lower()


class _CheckedProtocol(Protocol):
    """pywinrm's protocol, refusing answers that belong to no message of ours.

    pywinrm takes any well-formed XML for an empty Receive, and would then ask for ever. And it never recovers when a
    connection is lost over which messages were encrypted, because that is where the keys belong.
    """

    reconnect: Callable[[], None]
    """Signs in anew over a connection of its own."""

    def send_message(self, message: str) -> bytes:
        """Send one message and return its answer."""
        try:
            answer = super().send_message(message)
        except Exception as error:
            if self.transport.encryption is None or not _undecipherable(error):
                raise
            # The far side could not read a word of it, so that sending it again repeats nothing.
            self.reconnect()
            answer = super().send_message(message)
        if not belongs(message.encode(), answer):
            raise ForeignAnswer("an answer came that belongs to no message of ours")
        return answer


def _undecipherable(error: Exception) -> bool:
    """Did the far side say that it has no keys for a message? With CredSSP it does not even get to say so."""
    if isinstance(error, WinRMTransportError):
        return bool(error.code == 400)
    return type(error).__name__ == "AuthenticationException"


class Shell:
    """One shell on one machine; leaving it always deletes it on the far side.

    Args:
        endpoint: the machine.
        guard: the conversation's time, already running.
    """

    def __init__(self, endpoint: WinRmEndpoint, guard: Guard) -> None:
        self._endpoint = endpoint
        self._guard = guard
        hold = max(1, min(HOLD_SECONDS, int(guard.seconds / 2)))
        self._protocol = _CheckedProtocol(**_settings(endpoint), operation_timeout_sec=hold, read_timeout_sec=hold + 10)
        self._protocol.reconnect = self._connect
        self._id = ""

    def __enter__(self) -> Self:
        idle = f"PT{int(self._guard.seconds) + 60}S"
        try:
            self._connect()
            self._id = self._protocol.open_shell(codepage=UTF_8, noprofile=True, idle_timeout=idle)
        except BaseException:
            self._protocol.transport.close_session()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._guard.restart(CLOSE_SECONDS)
        try:
            if error is not None:
                # A broken connection also breaks message encryption, which is bound to it: begin anew.
                self._connect()
            self._protocol.close_shell(self._id)
        except Exception as left:  # noqa: BLE001 - pywinrm raises some twenty types; none may hide the first error
            _log.warning("%s: a shell was left behind (%s); it ends when idle", self._endpoint, type(left).__name__)
        finally:
            self._protocol.transport.close_session()

    def run(self, command: str, stdin: bytes, hear: Callable[[bytes], None], sending: Callable[[], None]) -> Exit:
        """Run one command and hand its stdout over as it arrives.

        Args:
            command: the command line.
            stdin: sent in pieces, then ended.
            hear: called with each piece of stdout.
            sending: called right before the last piece of stdin is sent.
        """
        command_id = self._protocol.run_command(self._id, command, console_mode_stdin=False)
        pieces = [stdin[at : at + STDIN_PIECE] for at in range(0, len(stdin), STDIN_PIECE)] or [b""]
        for piece in pieces[:-1]:
            self._protocol.send_command_input(self._id, command_id, piece)
        sending()
        self._protocol.send_command_input(self._id, command_id, pieces[-1], end=True)
        return self._listen(command_id, hear)

    def _listen(self, command_id: str, hear: Callable[[bytes], None]) -> Exit:
        errors = bytearray()
        idle = 0
        while True:
            try:
                out, err, code, done = self._protocol.get_command_output_raw(self._id, command_id)
            except WinRMOperationTimeoutError:
                # Nothing to say for a while, which a slow cmdlet may; the guard ends it when it takes too long.
                idle = 0
                continue
            idle = 0 if out or err else idle + 1
            errors += err[: max(0, STDIN_PIECE - len(errors))]
            if out:
                hear(out)
            if done:
                return Exit(code, bytes(errors))
            if idle > IDLE_ANSWERS:
                raise ForeignAnswer("one empty answer after another came")

    def _connect(self) -> None:
        transport = self._protocol.transport
        transport.close_session()
        transport.encryption = None
        # With encryption, build_session would sign in at once, before the adapter is in place.
        wanted, transport.message_encryption = transport.message_encryption, "never"
        session = transport.build_session()
        transport.message_encryption = wanted
        # No proxies, CA bundles or .netrc of the environment: the latter overwrites certificate sign-in.
        session.trust_env = False
        session.max_redirects = 0
        session.headers["Host"] = f"{self._endpoint.name}:{self._endpoint.port}"
        adapter = EndpointAdapter(
            address=self._endpoint.address,
            connect_seconds=self._endpoint.connect_seconds,
            body_cap=self._endpoint.body_cap,
            guard=self._guard,
            newest_tls=self._endpoint.transport != "certificate",
        )
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        if not self._endpoint.https:
            transport.setup_encryption(session)


def _settings(endpoint: WinRmEndpoint) -> dict[str, Any]:
    return {
        "endpoint": f"{endpoint.url}/wsman",
        "transport": endpoint.transport,
        "username": endpoint.username,
        "password": endpoint.password.reveal(),
        "ca_trust_path": endpoint.ca_file or None,
        "cert_pem": endpoint.cert_file or None,
        "cert_key_pem": endpoint.key_file or None,
        "server_cert_validation": "validate",
        "proxy": None,
    }
