"""Which loader and which scripts does the lab know? Anything else is not run."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


@cache
def known() -> Mapping[str, Any]:
    """The accepted hashes: ``loader``, ``scripts`` by name, ``guests``, and ``probes`` by their kind."""
    text = (Path(__file__).parent / "powershell" / "known_scripts.json").read_text(encoding="utf-8")
    accepted: Mapping[str, Any] = json.loads(text)
    return accepted
