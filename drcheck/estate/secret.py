"""How does a password travel through the program without being printed?"""


class Secret:
    """Text that shows itself only to who asks for it by name: not in ``repr``, logs, tracebacks' values or f-strings.

    Args:
        text: the secret.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself, for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        # Pickles and copies end up in files and other processes.
        raise TypeError("a secret is not serialised")

    def hide_in(self, text: str) -> str:
        """The text with every occurrence of the secret blotted out; for messages of the far side that may echo it."""
        return text.replace(self._text, "<redacted>") if self._text else text
