"""How do several threads come to decoders without crashing the interpreter?

msgspec 0.22 finds out what a Struct consists of when somebody first asks, by running Python code in between, and marks
the Struct as known before it is. A second thread that decodes or asks at that moment uses what is half there, which
ends the process with a segmentation fault; decoders that are finished may be used from anywhere.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
Hook = Callable[[type, Any], Any]

_TURN = Lock()
_DECODERS: dict[tuple[Any, Hook | None], msgspec.json.Decoder[Any]] = {}


def decoder(of: type[T], hook: Hook | None = None) -> "msgspec.json.Decoder[T]":
    """The JSON decoder of a type, made once, by one thread at a time.

    Args:
        of: the type.
        hook: makes values of types that msgspec does not know; see ``msgspec.json.Decoder``.
    """
    made = _DECODERS.get((of, hook))
    if made is None:
        with _TURN:
            made = _DECODERS.setdefault((of, hook), msgspec.json.Decoder(of, dec_hook=hook))
    return made


def convert(value: object, of: type[T], hook: Hook | None = None) -> T:
    """``msgspec.convert`` to a type that is fully known before.

    Raises:
        msgspec.ValidationError: the value does not fit.
    """
    decoder(of, hook)
    return msgspec.convert(value, of, dec_hook=hook)
