"""How does a part of a YAML file become a checked form, with every mistake told at its place?"""

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from drcheck.estate.document import Document, Loc
from drcheck.estate.forms import Form
from drcheck.estate.secret import Secret

FormT = TypeVar("FormT", bound=Form)

_SENSITIVE = ("credential", "password", "token")
_MODE_OTHERS = 0o077


class Reader:
    """Reads the parts of one document.

    Args:
        document: the file.
        environ: where secrets may be.
    """

    def __init__(self, document: Document, environ: Mapping[str, str]) -> None:
        self.document = document
        self._environ = environ

    def of(self, document: Document) -> "Reader":
        """A reader of another file, with the same environment."""
        return Reader(document, self._environ)

    def form(self, kind: type[FormT], value: object, loc: Loc) -> FormT | None:
        """The form; ``None`` when it has mistakes, which are noted."""
        if not isinstance(value, dict):
            self.problem(loc, f"must be a mapping with {', '.join(kind.model_fields)}")
            return None
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            for detail in error.errors():
                self._note(kind, detail, loc)
        return None

    def table(self, kind: type[FormT], value: object, loc: Loc) -> dict[str, FormT]:
        """The forms of a mapping by name, without those that have mistakes."""
        if value is not None and not isinstance(value, dict):
            self.problem(loc, "must be a mapping of names")
        made: dict[str, FormT] = {}
        for name, each in (value if isinstance(value, dict) else {}).items():
            if not isinstance(name, str):
                self.problem((*loc, name), "a name must be a text; put it in quotes", at_key=True)
            elif (form := self.form(kind, each, (*loc, name))) is not None:
                made[name] = form
        return made

    def rows(self, kind: type[FormT], value: object, loc: Loc) -> list[tuple[Loc, FormT]]:
        """The forms of a list with their places, without those that have mistakes."""
        if value is not None and not isinstance(value, list):
            self.problem(loc, "must be a list")
        items = value if isinstance(value, list) else []
        places = [(*loc, at) for at in range(len(items))]
        forms = [(place, self.form(kind, item, place)) for place, item in zip(places, items, strict=True)]
        return [(place, form) for place, form in forms if form is not None]

    def problem(self, loc: Sequence[str | int], what: str, *, at_key: bool = False) -> None:
        """Note a mistake at a part of the file."""
        self.document.problem(loc, what, at_key=at_key)

    def one_of(self, wanted: str, known: Sequence[str], loc: Loc, what: str) -> bool:
        """Is a name one of those that were declared? If not, that is noted."""
        if wanted not in known:
            self.problem(loc, f"{wanted!r} is not {what}{_instead(wanted, known)}")
        return wanted in known

    def existing_file(self, name: str | None, loc: Loc) -> Path | None:
        """A file that must be there and readable."""
        if name is None:
            return None
        path = self.document.file(name)
        if not path.is_file() or not os.access(path, os.R_OK):
            self.problem(loc, f"there is no readable file {path}")
        return path

    def private_file(self, name: str | None, loc: Loc) -> Path | None:
        """A file that must be there, and that nobody else may read."""
        path = self.existing_file(name, loc)
        if path is not None and path.is_file() and os.name == "posix" and path.stat().st_mode & _MODE_OTHERS:
            mode = path.stat().st_mode & 0o777
            self.problem(loc, f"{path} can be read by others (mode {mode:04o}); run chmod 600 on it")
        return path

    def secret_of_variable(self, name: str, loc: Loc) -> Secret:
        """A secret from the environment; an unset or empty variable is a mistake."""
        text = self._environ.get(name, "")
        if not text:
            self.problem(loc, f"the environment variable {name} is not set")
        return Secret(text)

    def secret_of_file(self, name: str, loc: Loc) -> Secret:
        """A secret from a private file, without the line break at its end."""
        path = self.private_file(name, loc)
        if path is None or not path.is_file() or not os.access(path, os.R_OK):
            return Secret("")
        try:
            text = path.read_text(encoding="utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            self.problem(loc, f"{path} is not UTF-8 text")
            return Secret("")
        if not text:
            self.problem(loc, f"{path} is empty")
        return Secret(text)

    def _note(self, kind: type[Form], detail: ErrorDetails, loc: Loc) -> None:
        place = (*loc, *detail["loc"])
        if detail["type"] == "extra_forbidden":
            name = str(detail["loc"][-1])
            known = list(kind.model_fields) if len(detail["loc"]) == 1 else []
            self.problem(place, f"is not known here{_instead(name, known)}", at_key=True)
            return
        self.problem(place, _said(detail, secret=_is_sensitive(place)))


def _is_sensitive(place: Sequence[str | int]) -> bool:
    """Somebody may have written a password where its variable's name belongs."""
    return any(word in str(step).lower() for step in place for word in _SENSITIVE)


def _said(detail: ErrorDetails, *, secret: bool) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] == "value_error":
        return str(context["error"])
    if detail["type"] == "literal_error":
        what = f"must be {context['expected']}"
    else:
        what = detail["msg"].replace("Input should", "must", 1).replace("String should", "must", 1)
    got = detail["input"]
    if secret or isinstance(got, dict | list):
        return what
    return f"{what}, not {got!r}"


def _instead(wanted: str, known: Sequence[str]) -> str:
    """A hint after a name that nobody knows."""
    near = difflib.get_close_matches(wanted, known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there is {', '.join(known)}" if known else ""
