"""What can be asked. A query is data: it names a cmdlet, a registry key, a T-SQL text or an ARM path, never a script.

Windows queries travel as JSON values to a fixed, hash-pinned collector script (see ``transport``); ARM reads travel
as GET requests. The complete set of queries that drcheck may ever send is the set of query values in
``drcheck/discovery`` and ``drcheck/drill``, which is what a security team reviews.
"""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field

Scalar: TypeAlias = str | int | bool | None


class Among(Struct, frozen=True, kw_only=True):
    """Objects whose property (a path) is one of some texts; enums go by name. A missing property is an error."""

    path: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        """The condition."""
        return f"where {self.path} is {' or '.join(self.values)}"


class Cmdlet(Struct, frozen=True, kw_only=True, tag_field="type", tag="cmdlet"):
    """One cmdlet call that reads.

    ``select`` holds property paths (``HardDrives.Path``); over an array a path yields a list, in the array's order.
    ``pipe`` names an earlier query with ``keep`` whose objects are piped into this cmdlet: all, or those that ``where``
    lets through.
    """

    id: str
    module: str
    cmdlet: str
    select: tuple[str, ...]
    params: Mapping[str, Scalar] = field(default_factory=dict)
    pipe: str | None = None
    where: Among | None = None
    keep: bool = False
    limit: int | None = None

    def __str__(self) -> str:
        """The call as an operator would type it."""
        given = "".join(f" -{name} {value}" for name, value in self.params.items())
        source = "".join(f"{part} | " for part in (self.pipe, self.where) if part)
        return f"{source}{self.cmdlet}{given}"


class Registry(Struct, frozen=True, kw_only=True, tag_field="type", tag="registry"):
    """Values of one registry key; a value that does not exist is reported as missing, not as null."""

    id: str
    key: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        """The key."""
        return f"registry {self.key}"


class Sql(Struct, frozen=True, kw_only=True, tag_field="type", tag="sql"):
    """One T-SQL batch that reads, asked of a local instance with the session's own Windows identity."""

    id: str
    text: str
    columns: tuple[str, ...]
    instance: str = "MSSQLSERVER"
    sample: int = 0
    """1, 2, 3 ...: one of a series, of which as many are asked as policy wants and the machine's deadline allows."""
    wait_seconds: int = 0
    """How long the batch itself waits before it reads (``WAITFOR DELAY``)."""

    def __str__(self) -> str:
        """The first line, shortened."""
        return f"T-SQL {self.id}: {' '.join(self.text.split())[:80]}"


class Certificates(Struct, frozen=True, kw_only=True, tag_field="type", tag="certificate"):
    """Every certificate in one store of the machine; private keys are never touched."""

    id: str
    columns: tuple[str, ...]
    store: str = "My"

    def __str__(self) -> str:
        """The store."""
        return f"certificates LocalMachine\\{self.store}"


class Probe(Struct, frozen=True, kw_only=True, tag_field="type", tag="probe"):
    """Can the machine open a TCP connection, and what does a TLS server there present? Nothing is sent after that.

    One row, whatever happens: a closed port is an answer. ``seconds`` bounds name resolution and each connection
    attempt, apart. The certificate is judged and reported, never trusted.
    """

    id: str
    host: str
    port: int
    tls: bool = False
    seconds: int = 5

    def __str__(self) -> str:
        """Where it goes."""
        return f"{'TLS' if self.tls else 'TCP'} {self.host}:{self.port}"


class Resolve(Struct, frozen=True, kw_only=True, tag_field="type", tag="resolve"):
    """What does one DNS server answer about a name? Hosts file, cache and other servers are left out.

    One row, whatever the server says: a name that does not exist is an answer, and so is silence.
    """

    id: str
    name: str
    server: str

    def __str__(self) -> str:
        """The call as an operator would type it."""
        return f"Resolve-DnsName {self.name} -Server {self.server}"


class ArmRead(Struct, frozen=True, kw_only=True):
    """One GET on Azure Resource Manager.

    ``path`` is a template. A leading ``{vault}`` or ``{subscription}`` stands for the target's own id, every other name
    in braces for one segment: a name or a GUID that an earlier answer told.
    """

    path: str
    api_version: str

    def __str__(self) -> str:
        """The path."""
        return f"GET {self.path}"

    def covers(self, path: str, api_version: str, endpoint: str) -> bool:
        """Is this the GET that was declared? A query string is left off; case makes no difference."""
        return self.api_version == api_version and _fits(self.path, path.partition("?")[0], endpoint)


class ArmAction(Struct, frozen=True, kw_only=True):
    """One POST on Azure Resource Manager, by a template as ``ArmRead`` has it; its last segment is the action."""

    path: str
    api_version: str

    def __str__(self) -> str:
        """The path."""
        return f"POST {self.path}"

    def covers(self, path: str, api_version: str, endpoint: str) -> bool:
        """Is this the POST that was declared? Case makes no difference."""
        return self.api_version == api_version and _fits(self.path, path, endpoint)


class BlobCall(Struct, frozen=True, kw_only=True):
    """One kind of call to the blob container of ``drill_leases``: with which method, on blobs of which folder."""

    method: str
    comp: str = ""
    """What it is about when it is not the blob itself: ``list``, ``appendblock``."""
    folder: str = ""
    """Empty: the container's list."""

    def __str__(self) -> str:
        """As it is on the wire."""
        place = f"/{self.folder}/{{blob}}" if self.folder else ""
        return f"{self.method} {{container}}{place}{f'?comp={self.comp}' if self.comp else ''}"


WindowsQuery: TypeAlias = Cmdlet | Registry | Sql | Certificates | Probe | Resolve
Query: TypeAlias = WindowsQuery | ArmRead
Asked: TypeAlias = Query | ArmAction | BlobCall
"""Everything that is ever sent, but for the verbs of the drill script."""


def _fits(template: str, path: str, endpoint: str) -> bool:
    wanted, asked = _spelled_out(template, endpoint).split("/"), path.lower().split("/")
    alike = (want.startswith("{") or want == given for want, given in zip(wanted, asked, strict=False))
    return len(wanted) == len(asked) and all(alike)


def _spelled_out(template: str, endpoint: str) -> str:
    """A template with the target's own id in its place, in lower case."""
    head, slash, rest = template.partition("/")
    return (endpoint if head in ("{vault}", "{subscription}") else head).lower() + slash + rest.lower()
