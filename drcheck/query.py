"""What can be asked. A query is data: it names a cmdlet, a registry key, a T-SQL text or an ARM path, never a script.

Windows queries travel as JSON values to a fixed, hash-pinned collector script (see ``transport``); ARM reads travel
as GET requests. The complete set of queries that drcheck may ever send is the set of query values in
``drcheck/discovery`` and ``drcheck/drill``, which is what a security team reviews.
"""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field

Scalar: TypeAlias = str | int | bool | None


class Cmdlet(Struct, frozen=True, kw_only=True):
    """One cmdlet call that reads.

    ``select`` holds property paths (``HardDrives.Path``); over an array a path yields a list, in the array's order.
    ``pipe`` names an earlier query with ``keep`` whose objects are piped into this cmdlet.
    """

    id: str
    module: str
    cmdlet: str
    select: tuple[str, ...]
    params: Mapping[str, Scalar] = field(default_factory=dict)
    pipe: str | None = None
    keep: bool = False
    limit: int | None = None

    def __str__(self) -> str:
        """The call as an operator would type it."""
        given = "".join(f" -{name} {value}" for name, value in self.params.items())
        return f"{self.pipe + ' | ' if self.pipe else ''}{self.cmdlet}{given}"


class Registry(Struct, frozen=True, kw_only=True):
    """Values of one registry key; a value that does not exist is reported as missing, not as null."""

    id: str
    key: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        """The key."""
        return f"registry {self.key}"


class Sql(Struct, frozen=True, kw_only=True):
    """One T-SQL batch that reads, asked of a local instance with the session's own Windows identity."""

    id: str
    text: str
    columns: tuple[str, ...]
    instance: str = "MSSQLSERVER"

    def __str__(self) -> str:
        """The first line, shortened."""
        return f"T-SQL {self.id}: {' '.join(self.text.split())[:80]}"


class ArmRead(Struct, frozen=True, kw_only=True):
    """One GET on Azure Resource Manager; ``many`` follows ``nextLink`` and yields every element of ``value``."""

    path: str
    api_version: str
    many: bool = False
    filter: str | None = None

    def __str__(self) -> str:
        """The path."""
        return f"GET {self.path}"


WindowsQuery: TypeAlias = Cmdlet | Registry | Sql
Query: TypeAlias = Cmdlet | Registry | Sql | ArmRead
