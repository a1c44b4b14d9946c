"""What may not be written down, although somebody wrote it where it can be read?

People put passwords into the notes of machines, and error messages repeat connection strings. No fact and no gap leaves
the driver with a secret that estate.yaml names, nor with what looks like one.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from drcheck.estate.secret import Secret
from drcheck.topology.base import Fact
from drcheck.transport.decoding import convert

REDACTED = "<redacted>"
AT_A_TIME = 1000
"""Facts that are looked through at once: their text is as large as they are."""
SHORTEST = 4
"""Characters: to hide a shorter secret wherever it occurs would blot out half of what is read."""
_NAMES = r"(?:password|passwd|passphrase|pwd|secret|api[_-]?key|accountkey|accesskey|access_token)(?!_env|_file)"
_LIKELY: tuple[tuple[str, str], ...] = (
    # Password=x; pwd: "y z"; ClientSecret=…; SharedAccessKey=…: up to what ends it where such things are written
    (rf"({_NAMES}\w*\s*[=:]\s*)(?!{REDACTED})(?:'[^']+'|\"[^\"]+\"|[^\s;,'\"]+)", r"\1" + REDACTED),
    (rf"(\s[-/]{_NAMES}[ :]\s*)(?!{REDACTED})(?:'[^']+'|\"[^\"]+\"|[^\s;,'\"]+)", r"\1" + REDACTED),
    (r"([?&]sig=)[^&\s'\"<]+", r"\1" + REDACTED),  # shared access signatures of Azure
    (r"\beyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?", REDACTED),  # JSON Web Tokens
    (r"(\bBearer\s+)[\w.~+/=-]{8,}", r"\1" + REDACTED),
    (r"(\bAuthorization:\s*\w+\s+)[\w.~+/=-]{8,}", r"\1" + REDACTED),
    (r"(\w://[^/\s:@]+:)(?!<redacted>)[^/\s@]+(?=@)", r"\1" + REDACTED),  # https://user:password@host
    (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", REDACTED),
)
_LIKELY_TEXT = [(re.compile(pattern, re.IGNORECASE | re.DOTALL), instead) for pattern, instead in _LIKELY]
_HINTS = (
    *(b"passw", b"passphrase", b"pwd", b"secret", b"accountkey", b"accesskey", b"apikey", b"api_key", b"api-key"),
    *(b"access_token", b"sig=", b"eyj", b"bearer", b"authorization:", b"private key-----", b"://"),
)
"""One of these, in any case, is in all that is likely; a search for words is a tenth of the cost of the patterns."""


class Redactor:
    """Blots out secrets.

    Args:
        secrets: those that the estate declares.
    """

    def __init__(self, secrets: Iterable[Secret]) -> None:
        texts = {secret.reveal() for secret in secrets}
        self._texts = sorted((text for text in texts if len(text) >= SHORTEST), key=len, reverse=True)
        self._encoded = [msgspec.json.encode(text)[1:-1] for text in self._texts]

    def __repr__(self) -> str:
        return "Redactor(...)"

    def text(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._texts:
            text = text.replace(secret, REDACTED)
        for pattern, instead in _LIKELY_TEXT:
            text = pattern.sub(instead, text)
        return text

    def facts(self, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        """The facts without secrets in any of their texts."""
        return tuple(
            fact for begin in range(0, len(facts), AT_A_TIME) for fact in self._some(facts[begin : begin + AT_A_TIME])
        )

    def _some(self, facts: Sequence[Fact]) -> Sequence[Fact]:
        if not self._suspicious(facts):
            return facts
        return [self._clean(fact) if self._suspicious(fact) else fact for fact in facts]

    def _suspicious(self, what: object) -> bool:
        encoded = msgspec.json.encode(what)
        lower = encoded.lower()
        return any(hint in lower for hint in _HINTS) or any(secret in encoded for secret in self._encoded)

    def _clean(self, fact: Fact) -> Fact:
        return convert(_changed(msgspec.to_builtins(fact), self.text), type(fact))


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    """The same, with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _changed(each, change) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_changed(each, change) for each in value]
    return value
