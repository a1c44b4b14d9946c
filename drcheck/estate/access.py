"""How are the machines of this estate reached, and as whom?"""

from collections.abc import Mapping

from drcheck.estate.document import Loc
from drcheck.estate.forms import CredentialForm, HostForm, WindowsForm
from drcheck.estate.model import Credential, HostAccess, HostOverride, Windows
from drcheck.estate.reader import Part, Reader
from drcheck.estate.secret import Secret


def read_windows(reader: Reader, value: object) -> tuple[Windows, Credential | None]:
    """How Windows machines are reached, and the credential for services inside a recovered guest."""
    if value is None:
        return Windows(), None
    part = reader.part(WindowsForm, value, ("windows",))
    form = part.form or WindowsForm()
    forms = reader.table(CredentialForm, part.get("credentials"), ("windows", "credentials"))
    credentials = {name: _credential(reader, each) for name, each in forms.items()}
    guest = part.get("guest_credentials")
    windows = Windows(
        port=form.port,
        https=form.https,
        transport=form.transport,
        credential=credentials.get("default"),
        ca_file=reader.certificate_file(part.get("ca_file"), ("windows", "ca_file")),
        connect_seconds=form.connect_seconds,
        total_seconds=form.total_seconds,
        hosts=_hosts(reader, part.get("hosts"), credentials),
    )
    _check_ways(reader, windows, part.get("hosts"))
    if guest is None:
        return windows, None
    inside = _credential(reader, reader.part(CredentialForm, guest, ("windows", "guest_credentials")))
    if inside.cert_file or inside.keytab_file or inside.ticket_cache:
        reader.problem(("windows", "guest_credentials"), "PowerShell Direct signs in to a guest with a password only")
    return windows, inside


def check_reachable(reader: Reader, windows: Windows, declared: Mapping[str, Loc]) -> None:
    """Every machine that discovery starts from needs a credential; there is no anonymous WinRM."""
    for name, loc in declared.items():
        for machine in windows.via(name) or (name,):
            if windows.host(machine).credential is None:
                reader.problem(loc, f"there is no credential for {machine}; declare windows.credentials.default")


def _credential(reader: Reader, part: Part[CredentialForm]) -> Credential:
    username = part.get("username") or ""
    return Credential(
        username=username,
        password=_password(reader, part, username),
        cert_file=reader.existing_file(part.get("cert_file"), (*part.loc, "cert_file")),
        key_file=reader.private_file(part.get("key_file"), (*part.loc, "key_file")),
        keytab_file=reader.private_file(part.get("keytab_file"), (*part.loc, "keytab_file")),
        ticket_cache=bool(part.get("ticket_cache")),
    )


def _password(reader: Reader, part: Part[CredentialForm], username: str) -> Secret:
    if part.get("password_env") is not None:
        return reader.secret_of_variable(part.get("password_env"), (*part.loc, "password_env"))
    if part.get("password_file") is not None:
        return reader.secret_of_file(part.get("password_file"), (*part.loc, "password_file"))
    if part.get("password_keyring") is not None:
        return reader.secret_of_keyring(part.get("password_keyring"), username, (*part.loc, "password_keyring"))
    return Secret("")


def _check_ways(reader: Reader, windows: Windows, hosts: object) -> None:
    """Does every way of signing in find what it needs in its credential? A machine may change either for itself."""
    places: dict[str, Loc] = {"": ("windows", "transport")}
    for written in hosts if isinstance(hosts, dict) else ():
        name = str(written).lower().rstrip(".")
        own = windows.hosts.get(name, HostOverride())
        if own.transport or own.credential or own.https is not None:
            places[name] = ("windows", "hosts", written)
    ways = {name: windows.host(name) for name in places}
    for name, way in ways.items():
        if what := _mismatch(way):
            reader.problem(places[name], what)
    tickets = {way.credential.ticket_cache for way in ways.values() if way.credential and way.transport == "kerberos"}
    if len(tickets) > 1:
        what = "Kerberos tickets are either all there (ticket_cache) or all got by drcheck, not some of each"
        reader.problem(("windows", "credentials"), what, at_key=True)


def _mismatch(way: HostAccess) -> str:
    """What a way of signing in lacks; empty when nothing."""
    credential = way.credential
    if not way.https and way.transport in ("basic", "certificate"):
        return f"{way.transport} needs https; without it only ntlm, kerberos and credssp encrypt"
    if credential is None:
        return ""
    if way.transport == "certificate":
        return "" if credential.cert_file else "certificate needs a credential with cert_file and key_file"
    if way.transport == "kerberos":
        name, _, realm = credential.username.partition("@")
        wrong = credential.cert_file or "\\" in name or not realm
        return (
            "kerberos needs a username written as name@REALM, with a password, keytab_file or ticket" if wrong else ""
        )
    if credential.cert_file or credential.keytab_file or credential.ticket_cache:
        return f"{way.transport} needs a credential with a password"
    return ""


def _hosts(reader: Reader, value: object, credentials: Mapping[str, Credential]) -> dict[str, HostOverride]:
    made: dict[str, HostOverride] = {}
    for written, part in reader.table(HostForm, value, ("windows", "hosts")).items():
        name = written.lower().rstrip(".")
        if name in made:
            reader.problem(part.loc, f"{name} is declared twice; case makes no difference", at_key=True)
        made[name] = _host(reader, part, name, credentials)
    return made


def _host(reader: Reader, part: Part[HostForm], name: str, credentials: Mapping[str, Credential]) -> HostOverride:
    form = part.form or HostForm()
    credential = part.get("credential")
    if credential is not None:
        reader.one_of(credential, list(credentials), (*part.loc, "credential"), "one of windows.credentials")
    if name in (part.get("via") or ()):
        reader.problem((*part.loc, "via"), f"{name} cannot be asked through itself")
    return HostOverride(
        address=form.address,
        port=form.port,
        https=form.https,
        transport=form.transport,
        credential=credentials.get(credential or ""),
        ca_file=reader.certificate_file(part.get("ca_file"), (*part.loc, "ca_file")),
        connect_seconds=form.connect_seconds,
        total_seconds=form.total_seconds,
        via=tuple(form.via),
    )
