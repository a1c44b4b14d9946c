"""What does a simulated Windows host answer to one WS-Management request?"""

import asyncio
import base64
import binascii
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from weakref import WeakSet
from xml.sax.saxutils import escape

from aiohttp import web

from drcheck.lab.faults import ON_LISTENING, Fault, Faults
from drcheck.lab.state.world import Host
from drcheck.lab.wsman import soap
from drcheck.lab.wsman.auth import Authenticator, SignedIn, SignInRequired
from drcheck.lab.wsman.misbehave import answer_badly, cut, deliver
from drcheck.lab.wsman.sealing import Plain, Seal, Unreadable
from drcheck.lab.wsman.shells import Commands, RunningCommand, Shell, Stream, new_id

CMD_SHELL = f"{soap.SHELL}/cmd"
MAX_SHELLS_PER_USER = 30
"""Windows Server 2012 and later (learn.microsoft.com, Quotas for Remote Shells)."""
MAX_REQUEST = 500 * 1024
"""MaxEnvelopeSizekb of Windows Server 2012 and later: the largest request, in bytes."""

_STREAM_PIECE = 30_000
_MARKUP = 4096
"""Room that is left in an answer for everything but the output."""

_PROOF = web.RequestKey("proof", str)
"""How the host proves itself to the client of a request."""

_Operation = Callable[[soap.Request, str, str], Awaitable[str]]


class WsManHost:
    """The WS-Management service of one host.

    Args:
        host: the simulated machine; its ``up`` and ``fault`` are looked at on every request.
        commands: what can be run in its shells.
        authenticator: who may sign in.
        faults: what else goes wrong.
    """

    def __init__(self, host: Host, commands: Commands, authenticator: Authenticator, faults: Faults) -> None:
        self.host = host
        self._listening = host.fault if host.fault in ON_LISTENING else ""
        self.shells: dict[str, Shell] = {}
        self.calls: Counter[str] = Counter()
        """Signed-in requests so far, by operation."""
        self.waiting = 0
        """Receives that are waiting for output at this moment."""
        self._connections: WeakSet[asyncio.Transport] = WeakSet()
        self._commands = commands
        self._authenticator = authenticator
        self._faults = faults
        self._operations: dict[str, _Operation] = {
            f"{soap.TRANSFER}/Create": self._create,
            f"{soap.TRANSFER}/Delete": self._delete,
            f"{soap.SHELL}/Command": self._command,
            f"{soap.SHELL}/Send": self._send,
            f"{soap.SHELL}/Receive": self._receive,
            f"{soap.SHELL}/Signal": self._signal,
        }

    def app(self) -> web.Application:
        """The web application that serves this host under ``/wsman``."""
        app = web.Application(client_max_size=MAX_REQUEST)
        app.router.add_post("/wsman", self._handle)
        app.on_response_prepare.append(_sign)
        return app

    async def close(self) -> None:
        """End everything that runs on the host, and every connection to it."""
        for shell in list(self.shells.values()):
            await shell.close()
        self.shells.clear()
        for connection in list(self._connections):
            connection.abort()

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        if http.transport is not None:
            self._connections.add(http.transport)
        if not self.host.up or self.host.fault == "refuse":
            return cut(http)
        data = await http.read()
        fault = self._declared() or self._faults.pick(self.host.name)
        if fault is not None and not fault.after:
            return await answer_badly(http, fault, data, self.host.name, Plain())
        try:
            client = self._authenticator.check(http)
            data, seal = client.open(http.headers.get("Content-Type", ""), data)
        except SignInRequired as required:
            return web.Response(status=401, headers=[("WWW-Authenticate", offer) for offer in required.offers])
        except Unreadable:
            return web.Response(status=400)
        http[_PROOF] = client.reply
        return await self._answer(http, fault, client, (data, seal))

    async def _answer(
        self, http: web.Request, fault: Fault | None, client: SignedIn, message: tuple[bytes, Seal]
    ) -> web.StreamResponse:
        """Answer the plain text of a message, under its seal."""
        data, seal = message
        if not data:
            return web.Response()  # a client that is going to encrypt signs in with nothing to say
        if isinstance(seal, Plain) and not http.secure:
            return web.Response(status=500)  # as Windows does while AllowUnencrypted is false
        try:
            request = soap.parse(data)
        except soap.Malformed:
            return web.Response(status=400)
        self.calls[request.operation] += 1
        fault = fault or self._faults.pick(self.host.name, request.operation, lambda: self._about(request))
        if fault is not None and not fault.after:
            return await answer_badly(http, fault, data, self.host.name, seal)
        status, body = await self._serve(request, client.user, http.remote or "")
        return await deliver(http, fault, status, body, seal)

    def _declared(self) -> Fault | None:
        """The fault that the scenario declares, unless the listening socket has already seen to it."""
        kind = self.host.fault
        if kind in ON_LISTENING and kind != self._listening:
            raise ValueError(f"{self.host.name} already listens: {kind!r} comes too late")
        return Fault(kind=kind) if kind and kind not in ON_LISTENING else None

    async def _serve(self, request: soap.Request, user: str, client: str) -> tuple[int, bytes]:
        """The HTTP status and the envelope that answer a request."""
        try:
            return 200, soap.answer(request, await self._operation(request)(request, user, client))
        except soap.Faulted as faulted:
            return 500, faulted.fault.render(request.message_id, self.host.name)

    def _operation(self, request: soap.Request) -> _Operation:
        operation = self._operations.get(request.action)
        if operation is None or not request.message_id:
            raise soap.Faulted(soap.BAD_HEADER)
        return operation

    def _about(self, request: soap.Request) -> str:
        """What the command of this request was told so far, this request included."""
        shell = self.shells.get(request.selectors.get("ShellId", ""))
        commands = list(shell.commands.values()) if shell else []
        told = [part for command in commands for part in (command.line, command.console.stdin.decode("latin-1"))]
        sent = b"".join(base64.b64decode(stream.text or "") for stream in request.find_all("rsp:Send/rsp:Stream"))
        return "\n".join((*told, request.text("rsp:CommandLine/rsp:Command"), sent.decode("latin-1")))

    async def _create(self, request: soap.Request, user: str, client: str) -> str:
        if request.resource != CMD_SHELL:
            raise soap.Faulted(soap.BAD_RESOURCE)
        await self._drop_idle()
        if sum(shell.user == user for shell in self.shells.values()) >= MAX_SHELLS_PER_USER:
            raise soap.Faulted(soap.TOO_MANY_SHELLS)
        asked = request.find("rsp:Shell")
        shell = Shell(
            host=self.host,
            user=user,
            client=client,
            idle_seconds=soap.seconds(request.text("rsp:Shell/rsp:IdleTimeOut") or "PT7200S"),
            working_directory=request.text("rsp:Shell/rsp:WorkingDirectory"),
            id=(asked.get("ShellId", "") if asked is not None else "").upper() or new_id(),
        )
        self.shells[shell.id] = shell
        return _created(shell, self.host.address)

    async def _drop_idle(self) -> None:
        now = time.monotonic()
        for shell in [shell for shell in self.shells.values() if now - shell.touched > shell.idle_seconds]:
            del self.shells[shell.id]
            await shell.close()

    async def _command(self, request: soap.Request, _user: str, _client: str) -> str:
        shell = self._shell(request)
        asked = request.find("rsp:CommandLine")
        if asked is None:
            raise soap.Faulted(soap.BAD_PARAMETER)
        words = [request.text("rsp:CommandLine/rsp:Command")]
        words += [argument.text or "" for argument in request.find_all("rsp:CommandLine/rsp:Arguments")]
        running = shell.start(self._commands, " ".join(words), asked.get("CommandId", "").upper() or new_id())
        return f"<rsp:CommandResponse><rsp:CommandId>{running.id}</rsp:CommandId></rsp:CommandResponse>"

    async def _send(self, request: soap.Request, _user: str, _client: str) -> str:
        shell = self._shell(request)
        for stream in request.find_all("rsp:Send/rsp:Stream"):
            running = _running(shell, stream.get("CommandId", ""))
            try:
                data = base64.b64decode(stream.text or "", validate=True)
            except binascii.Error as error:
                raise soap.Faulted(soap.BAD_PARAMETER) from error
            if running.console.stdin_ended:
                raise soap.Faulted(soap.BAD_PARAMETER)
            running.console.feed(data, end=stream.get("End", "").lower() == "true")
        return "<rsp:SendResponse/>"

    async def _receive(self, request: soap.Request, _user: str, _client: str) -> str:
        shell = self._shell(request)
        asked = request.find("rsp:Receive/rsp:DesiredStream")
        if asked is None or "CommandId" not in asked.attrib:
            raise soap.Faulted(soap.BAD_PARAMETER)
        running = _running(shell, asked.attrib["CommandId"])
        self.waiting += 1
        try:
            async with asyncio.timeout(request.seconds):
                await running.console.wait_for_output()
        except TimeoutError:
            raise soap.Faulted(soap.TIMED_OUT) from None
        finally:
            self.waiting -= 1
            shell.touched = time.monotonic()
        pieces = await running.console.take((request.envelope - _MARKUP) // 4 * 3)
        return _received(running, pieces)

    async def _signal(self, request: soap.Request, _user: str, _client: str) -> str:
        shell = self._shell(request)
        signal = request.find("rsp:Signal")
        running = _running(shell, signal.get("CommandId", "") if signal is not None else "")
        await shell.terminate(running.id)
        return "<rsp:SignalResponse/>"

    async def _delete(self, request: soap.Request, _user: str, _client: str) -> str:
        shell = self._shell(request)
        del self.shells[shell.id]
        await shell.close()
        return ""

    def _shell(self, request: soap.Request) -> Shell:
        shell = self.shells.get(request.selectors.get("ShellId", "").upper())
        if shell is None:
            raise soap.Faulted(soap.NO_SHELL)
        shell.touched = time.monotonic()
        return shell


async def _sign(http: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "Microsoft-HTTPAPI/2.0"
    if proof := http.get(_PROOF):
        response.headers["WWW-Authenticate"] = proof


def _running(shell: Shell, command_id: str) -> RunningCommand:
    running = shell.commands.get(command_id.upper())
    if running is None:
        raise soap.Faulted(soap.NO_COMMAND)
    return running


def _created(shell: Shell, address: str) -> str:
    where = f"<rsp:WorkingDirectory>{escape(shell.working_directory)}</rsp:WorkingDirectory>"
    return (
        f"<x:ResourceCreated><a:Address>https://{address}/wsman</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{CMD_SHELL}</w:ResourceURI><w:SelectorSet>"
        f'<w:Selector Name="ShellId">{shell.id}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
        f"</x:ResourceCreated><rsp:Shell><rsp:ShellId>{shell.id}</rsp:ShellId>"
        f"<rsp:ResourceUri>{CMD_SHELL}</rsp:ResourceUri><rsp:Owner>{escape(shell.user)}</rsp:Owner>"
        f"<rsp:ClientIP>{escape(shell.client)}</rsp:ClientIP>{where if shell.working_directory else ''}"
        f"<rsp:IdleTimeOut>PT{shell.idle_seconds:.3f}S</rsp:IdleTimeOut><rsp:InputStreams>stdin</rsp:InputStreams>"
        "<rsp:OutputStreams>stdout stderr</rsp:OutputStreams><rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime>"
        "<rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity></rsp:Shell>"
    )


def _received(running: RunningCommand, pieces: list[tuple[Stream, bytes]]) -> str:
    """Output as Windows sends it: several elements of one stream, and at the end two empty ones and the exit code."""
    parts = [_stream(running.id, stream, data) for stream, data in _merged(pieces)]
    if not running.console.drained:
        parts.append(f'<rsp:CommandState CommandId="{running.id}" State="{soap.SHELL}/CommandState/Running"/>')
    else:
        parts += [f'<rsp:Stream Name="{name}" CommandId="{running.id}" End="true"/>' for name in ("stdout", "stderr")]
        parts.append(
            f'<rsp:CommandState CommandId="{running.id}" State="{soap.SHELL}/CommandState/Done">'
            f"<rsp:ExitCode>{running.exit_code}</rsp:ExitCode></rsp:CommandState>"
        )
    return f"<rsp:ReceiveResponse>{''.join(parts)}</rsp:ReceiveResponse>"


def _merged(pieces: list[tuple[Stream, bytes]]) -> list[tuple[Stream, bytes]]:
    """The same bytes with neighbours of one stream joined."""
    runs: list[tuple[Stream, bytearray]] = []
    for stream, data in pieces:
        if not runs or runs[-1][0] != stream:
            runs.append((stream, bytearray()))
        runs[-1][1].extend(data)
    return [(stream, bytes(data)) for stream, data in runs]


def _stream(command_id: str, name: Stream, data: bytes) -> str:
    elements = []
    for start in range(0, len(data), _STREAM_PIECE):
        text = base64.b64encode(data[start : start + _STREAM_PIECE]).decode()
        elements.append(f'<rsp:Stream Name="{name}" CommandId="{command_id}">{text}</rsp:Stream>')
    return "".join(elements)
