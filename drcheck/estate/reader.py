"""How does a part of a YAML file become a checked form, with every mistake told at its place?"""

import difflib
import os
import ssl
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from drcheck.estate.document import Document, Loc
from drcheck.estate.forms import Form
from drcheck.estate.secret import Secret

FormT = TypeVar("FormT", bound=Form)

_SENSITIVE = ("credential", "password", "token")
_MODE_OTHERS = 0o077


class Part(Generic[FormT]):
    """A part of the file: where it is, its form, and those of its values that are sound whatever the others are.

    Args:
        loc: its place.
        form: the whole; ``None`` when anything in it is wrong.
        values: field -> value, of the fields that are right; what is compared with other parts is taken from here.
    """

    def __init__(self, loc: Loc, form: FormT | None, values: Mapping[str, Any]) -> None:
        self.loc = loc
        self.form = form
        self._values = values

    def get(self, name: str) -> Any:
        """A sound value; ``None`` when it is wrong or not given."""
        return self._values.get(name)

    def listed(self, name: str) -> Iterator[tuple[Loc, Any]]:
        """The elements of a list with their places; none when the list is wrong or not given."""
        for at, item in enumerate(self._values.get(name) or ()):
            yield (*self.loc, name, at), item


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

    def part(self, kind: type[FormT], value: object, loc: Loc) -> Part[FormT]:
        """A part of the file; its mistakes are noted."""
        if not isinstance(value, dict):
            self.problem(loc, f"must be a mapping with {', '.join(kind.model_fields)}")
            return Part(loc, None, {})
        try:
            form = kind.model_validate(value)
        except ValidationError as error:
            for detail in error.errors():
                self._note(kind, detail, loc)
            return Part(loc, None, dict(_sound(kind, value)))
        return Part(loc, form, {name: getattr(form, name) for name in kind.model_fields})

    def table(self, kind: type[FormT], value: object, loc: Loc) -> dict[str, Part[FormT]]:
        """The parts of a mapping by name."""
        if value is not None and not isinstance(value, dict):
            self.problem(loc, "must be a mapping of names")
        made: dict[str, Part[FormT]] = {}
        for name, each in (value if isinstance(value, dict) else {}).items():
            if isinstance(name, str):
                made[name] = self.part(kind, each, (*loc, name))
            else:
                self.problem((*loc, name), "a name must be a text; put it in quotes", at_key=True)
        return made

    def rows(self, kind: type[FormT], value: object, loc: Loc) -> list[Part[FormT]]:
        """The parts of a list."""
        if value is not None and not isinstance(value, list):
            self.problem(loc, "must be a list")
        items = value if isinstance(value, list) else []
        return [self.part(kind, item, (*loc, at)) for at, item in enumerate(items)]

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

    def certificate_file(self, name: str | None, loc: Loc) -> Path | None:
        """A PEM file with the certificate of at least one authority; any other would make every endpoint look wrong."""
        path = self.existing_file(name, loc)
        if path is not None and path.is_file() and os.access(path, os.R_OK):
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
            except ssl.SSLError:
                self.problem(loc, f"{path} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
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

    def secret_of_keyring(self, service: str, username: str, loc: Loc) -> Secret:
        """The secret that the system's keyring holds for a user under a service's name."""
        try:
            import keyring  # noqa: PLC0415 - an optional package, which few estates need
            from keyring.errors import KeyringError  # noqa: PLC0415
        except ImportError:
            self.problem(loc, "needs the package keyring; run pip install 'drcheck[keyring]'")
            return Secret("")
        try:
            text = keyring.get_password(service, username)
        except KeyringError as error:
            self.problem(loc, f"the keyring cannot be read ({type(error).__name__}); is it there and unlocked?")
            return Secret("")
        if not text:
            self.problem(loc, f"the keyring holds nothing for it; run: keyring set {service!r} {username!r}")
        return Secret(text or "")

    def _note(self, kind: type[Form], detail: ErrorDetails, loc: Loc) -> None:
        place = (*loc, *detail["loc"])
        if detail["type"] == "extra_forbidden":
            name = str(detail["loc"][-1])
            known = list(kind.model_fields) if len(detail["loc"]) == 1 else []
            self.problem(place, f"is not known here{_instead(name, known)}", at_key=True)
            return
        self.problem(place, _said(detail, secret=_is_sensitive(place)))


@cache
def _checker(kind: type[Form], name: str) -> TypeAdapter[Any]:
    field = kind.model_fields[name]
    annotated: Any = Annotated[field.annotation, field]
    return TypeAdapter(annotated, config=ConfigDict(strict=True))


def _sound(kind: type[Form], value: Mapping[Any, object]) -> Iterator[tuple[str, Any]]:
    """The fields of a wrong part that are right by themselves."""
    for name in kind.model_fields:
        if name in value:
            try:
                yield name, _checker(kind, name).validate_python(value[name])
            except ValidationError:
                continue  # told already, by the part as a whole


def _is_sensitive(place: Sequence[str | int]) -> bool:
    """Somebody may have written a password where its variable's name belongs."""
    return any(word in str(step).lower() for step in place for word in _SENSITIVE)


def _said(detail: ErrorDetails, *, secret: bool) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    if detail["type"] == "missing":
        return "is missing"
    if detail["input"] is None:
        return f"is empty; it must be {context['expected']}" if "expected" in context else "is empty; fill it in"
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
