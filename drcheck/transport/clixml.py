"""What does PowerShell's stderr say? It is CLIXML when output is redirected: progress, warnings and errors in one.

Format: MS-PSRP, section 2.2.5 (serialisation); error text stands in ``<S S="Error">`` elements, one per output line,
with ``_xHHHH_`` for characters that XML or the console would not keep.
"""

import re
import xml.etree.ElementTree as ET

_MARK = "#< CLIXML"
_OBJECTS = re.compile(r"<Objs\b.*?</Objs>", re.DOTALL)
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def error_text(stderr: bytes, limit: int = 500) -> str:
    """The error text of a PowerShell process's stderr on one line: plain lines and error records; no progress."""
    text = stderr.decode("utf-8", errors="replace")
    said = [_OBJECTS.sub("", text).replace(_MARK, "")]
    for objects in _OBJECTS.findall(text):
        said += _errors(objects)
    line = " ".join("".join(said).split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


def _errors(objects: str) -> list[str]:
    try:
        root = ET.fromstring(objects)  # noqa: S314 - expat refuses entity bombs, and the size is bounded by the caller
    except ET.ParseError:
        # Cut in the middle, or two streams mixed: better shown raw than lost.
        return [objects]
    found = [node for node in root.iter() if node.get("S") == "Error" and node.tag.rpartition("}")[2] == "S"]
    return [_unescape(node.text or "") for node in found]


def _unescape(text: str) -> str:
    # Each escape is one UTF-16 unit, so characters beyond the first plane come as two.
    units = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return units.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le", errors="replace")
