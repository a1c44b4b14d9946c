"""Where can an auditor read the text of a control? Dated addresses with their source.

A reference whose standard is not listed has no address, which is better than one that leads nowhere.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import msgspec
import yaml

_FILE = Path(__file__).with_name("controls.yaml")
_CONTROL = re.compile(r"\b[A-Z]{2}-\d+")
"""A control's id in NIST's catalogue; an enhancement, ``CP-6(1)``, is part of its control there."""


class Standard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the text of the references that begin in one way is found, who said so, and when that was looked up."""

    begins: str
    title: str
    url: str
    source: str
    as_of: date


@cache
def standards() -> Mapping[str, Standard]:
    """Every known standard."""
    return msgspec.convert(yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader), dict[str, Standard])


def standard_of(control: str) -> Standard | None:
    """The standard that a reference is to; ``None`` when none is known."""
    known = [one for one in standards().values() if control.startswith(one.begins)]
    return max(known, key=lambda one: len(one.begins), default=None)


@cache
def url_of(control: str) -> str:
    """The address of a control's text, or of the page of its standard; empty when none is known."""
    standard = standard_of(control)
    if standard is None:
        return ""
    named = _CONTROL.search(control.removeprefix(standard.begins))
    if "{control}" in standard.url and named is None:
        return ""
    return standard.url.replace("{control}", named[0] if named else "")
