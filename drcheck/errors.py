"""Everything drcheck raises on purpose.

DrcheckError
    UsageError              the user asked for something that cannot be done as asked (exit code 4)
        EstateError         estate.yaml is wrong; carries every mistake with its place
    TransportError          a question did not reach an endpoint, or no usable answer came back
        NameNotResolved     the endpoint's name has no address
        Refused             nothing listens there
        Deadline            no answer within the endpoint's time
        TlsFailed           the certificate is not trusted, or TLS is not spoken
        AuthenticationFailed  the endpoint knows us and says no
        AccessDenied        signed in, but not allowed to do this
        Garbled             an answer came, and it is not the protocol
        RemoteFault         the endpoint answered with a fault of its own
        Throttled           the endpoint asked us to come back later, too often
    QueryFailed             a question arrived and the far side could not answer it
    AnswerError             an answer came back, and is not what the collector understands
    SnapshotError           a snapshot file is damaged, altered, or of an unknown version
    DrillError              a drill cannot start or go on
        IsolationRefused    the target network is not proven isolated
        LeaseHeld           somebody else is drilling the same machine
        DrillFailed         a step of the drill did not do what it had to
"""

from collections.abc import Sequence


class DrcheckError(Exception):
    """Base of every error below."""


class UsageError(DrcheckError):
    """The user asked for something that cannot be done as asked."""


class EstateError(UsageError):
    """estate.yaml is wrong; ``problems`` lists every mistake as ``file:line:column: path: what``."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class TransportError(DrcheckError):
    """A question did not reach an endpoint, or no usable answer came back.

    Args:
        endpoint: the endpoint as the user knows it, e.g. ``winrm https://hv1.example:5986``.
        what: what happened, in one clause.
        remedy: what to do about it, in one clause.
    """

    cause = "transport"

    def __init__(self, endpoint: str, what: str, remedy: str) -> None:
        super().__init__(f"{endpoint}: {what}. {remedy}")
        self.endpoint = endpoint
        self.what = what
        self.remedy = remedy


class NameNotResolved(TransportError):
    """The endpoint's name has no address."""

    cause = "dns"


class Refused(TransportError):
    """Nothing listens at the address, or the connection was cut."""

    cause = "refused"


class Deadline(TransportError):
    """No answer within the endpoint's time."""

    cause = "timeout"


class TlsFailed(TransportError):
    """The certificate is not trusted, its name is another, or TLS is not spoken there."""

    cause = "tls"


class AuthenticationFailed(TransportError):
    """The endpoint refused the credentials."""

    cause = "authentication"


class AccessDenied(TransportError):
    """Signed in, but not allowed to do this."""

    cause = "access"


class Garbled(TransportError):
    """An answer came, and it is not the protocol: noise, a truncated body, a lost line."""

    cause = "garbled"


class RemoteFault(TransportError):
    """The endpoint answered with a fault of its own."""

    cause = "fault"


class Throttled(TransportError):
    """The endpoint asked us to come back later, more often than we are willing to."""

    cause = "throttled"


class QueryFailed(DrcheckError):
    """A question arrived and the far side could not answer it.

    Args:
        endpoint: where it was asked.
        query: the question in one line.
        error_id: the far side's language-independent code (FullyQualifiedErrorId, ARM error code).
        message: the far side's own text; for people only, it may be localised.
    """

    cause = "query"

    def __init__(self, endpoint: str, query: str, error_id: str, message: str) -> None:
        super().__init__(f"{endpoint}: {query} failed with {error_id}: {message}")
        self.endpoint = endpoint
        self.query = query
        self.error_id = error_id
        self.message = message


class AnswerError(DrcheckError):
    """An answer came back, and is not what the collector understands."""

    cause = "answer"

    def __init__(self, query: str, field: str, problem: str) -> None:
        super().__init__(f"the answer to {query} cannot be read: {field}: {problem}")
        self.query = query
        self.field = field
        self.problem = problem


class SnapshotError(DrcheckError):
    """A snapshot file is damaged, altered, or of an unknown version."""


class DrillError(DrcheckError):
    """A drill cannot start or go on."""


class IsolationRefused(DrillError):
    """The target network is not proven isolated; nothing was started."""

    def __init__(self, network: str, leaks: Sequence[str]) -> None:
        super().__init__(f"{network} is not isolated: {'; '.join(leaks)}. Nothing was started.")
        self.network = network
        self.leaks = tuple(leaks)


class IsolationLost(DrillError):
    """The target network began to leak while copies ran in it, or could not be read any more."""

    def __init__(self, network: str, leaks: Sequence[str]) -> None:
        super().__init__(f"{network} did not stay isolated: {'; '.join(leaks)}. The copies were removed at once.")
        self.network = network
        self.leaks = tuple(leaks)


class LeaseHeld(DrillError):
    """Somebody else is drilling the same machine."""


class DrillFailed(DrillError):
    """A step of the drill did not do what it had to."""
