"""Which modules does a folder hold? The only registry there is: put a file there and it is found."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType


def modules(package: ModuleType) -> Iterator[ModuleType]:
    """Yield every direct sub-module of a package, in name order; names with a leading underscore are left out."""
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    for name in names:
        if not name.startswith("_"):
            yield importlib.import_module(f"{package.__name__}.{name}")
