r"""Which cmdlets do the scripts call themselves, with which parameters? Read from the PowerShell that is sent.

A reading run sends the collector; only a drill sends the others. All are written so that this can be read line by
line: a cmdlet is called by its full name, its parameters are spelled out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from msgspec import Struct

from drcheck.drill.guest.scripts import carriers, frame_script, guest_scripts
from drcheck.permissions.uses import RunKind
from drcheck.transport.scripts import collect_script, loader_text

_CALL = re.compile(r"(?<![\w.$'-])(?:([A-Za-z][\w-]*)\\)?([A-Z][A-Za-z]+-[A-Z][A-Za-z]+)\b(?!')(?=([^|;{}\n]*))")
_PARAMETER = re.compile(r"(?<=\s)-([A-Z][A-Za-z]+)(?=[\s:)]|$)")
_OPERATORS = ("EQ", "NE")
_COMMENT = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)
_DEFINED = re.compile(r"^function\s+([A-Za-z]+-[A-Za-z]+)", re.MULTILINE)
_FUNCTION = re.compile(r"^function\s+([A-Za-z]+-[A-Za-z]+)(.*?)^}", re.MULTILINE | re.DOTALL)
_VERB = re.compile(r"^\$Verbs\['([a-z.-]+)'\] = \{(.*?)^}", re.MULTILINE | re.DOTALL)


class Invoked(Struct, frozen=True, kw_only=True, order=True):
    """A cmdlet that a script calls."""

    script: str
    """``loader``, ``collect``, ``act``, or ``guest``: what probes run inside a machine."""
    cmdlet: str
    """With its module when the script names it."""
    parameters: tuple[str, ...]


def invoked(run: RunKind) -> tuple[Invoked, ...]:
    """Every cmdlet that the scripts of a run call, besides those that queries name."""
    texts = {"loader": loader_text(), "collect": collect_script()}
    if run is RunKind.DRILL:
        texts["act"] = frame_script()
        texts["guest"] = "\n".join([*guest_scripts().values(), *carriers().values()])
    return tuple(sorted(one for script, text in texts.items() for one in _calls(script, text)))


@cache
def invoked_by(verb: str) -> tuple[Invoked, ...]:
    """Every cmdlet that a verb of the drill script may call on the host, in its own lines or in functions it uses."""
    parts = _parts(_COMMENT.sub("", frame_script()))
    wanted, known = [f"verb {verb}"], set[str]()
    while wanted:
        name = wanted.pop()
        if name not in known and name in parts:
            known.add(name)
            wanted += [other for other in parts if re.search(rf"(?<![\w-]){re.escape(other)}\b", parts[name])]
    own = set(_DEFINED.findall(frame_script()))
    text = "\n".join(parts[name] for name in sorted(known))
    return tuple(sorted(one for one in _calls("act", text) if one.cmdlet not in own))


def _parts(text: str) -> Mapping[str, str]:
    """The script's functions by name, and its verbs as ``verb <name>``; each ends with a brace in the first column."""
    return dict(_FUNCTION.findall(text)) | {f"verb {name}": body for name, body in _VERB.findall(text)}


def _calls(script: str, text: str) -> Iterator[Invoked]:
    own = set(_DEFINED.findall(text))
    found: dict[str, set[str]] = {}
    for module, name, rest in _CALL.findall(_COMMENT.sub("", text)):
        if name not in own:
            found.setdefault(f"{module}\\{name}" if module else name, set()).update(_parameters(rest))
    for cmdlet, parameters in found.items():
        yield Invoked(script=script, cmdlet=cmdlet, parameters=tuple(sorted(parameters)))


def _parameters(rest: str) -> Sequence[str]:
    """Of the call itself: what stands in parentheses belongs to another."""
    depth, own = 0, ""
    for letter in rest:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            break
        own += letter if depth == 0 else ""
    return [name for name in _PARAMETER.findall(own) if name not in _OPERATORS]
