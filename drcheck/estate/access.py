"""How are the machines and the cloud of this estate reached, and as whom?"""

from collections.abc import Mapping

from drcheck.estate.document import Loc
from drcheck.estate.forms import AzureForm, CredentialForm, HostForm, VaultForm, WindowsForm
from drcheck.estate.model import Azure, Credential, HostOverride, VaultRef, Windows
from drcheck.estate.reader import Reader
from drcheck.estate.secret import Secret


def read_windows(reader: Reader, value: object) -> tuple[Windows, Credential | None]:
    """How Windows machines are reached, and the credential for services inside a recovered guest."""
    if value is None:
        return Windows(), None
    loc: Loc = ("windows",)
    sections = value if isinstance(value, dict) else {}
    form = reader.form(WindowsForm, value, loc) or WindowsForm()
    forms = reader.table(CredentialForm, sections.get("credentials"), (*loc, "credentials"))
    credentials = {name: _credential(reader, each, (*loc, "credentials", name)) for name, each in forms.items()}
    hosts = reader.table(HostForm, sections.get("hosts"), (*loc, "hosts"))
    windows = Windows(
        port=form.port,
        transport=form.transport,
        credential=credentials.get("default"),
        ca_file=reader.existing_file(form.ca_file, (*loc, "ca_file")),
        connect_seconds=form.connect_seconds,
        total_seconds=form.total_seconds,
        hosts=_hosts(reader, hosts, credentials, known=sections.get("credentials")),
    )
    return windows, _guest(reader, sections.get("guest_credentials"))


def read_azure(reader: Reader, value: object) -> Azure:
    """How Azure is reached, and which vaults are read there."""
    if value is None:
        return Azure()
    loc: Loc = ("azure",)
    sections = value if isinstance(value, dict) else {}
    form = reader.form(AzureForm, value, loc) or AzureForm()
    token: Secret | None = None
    if form.token_env is not None:
        token = reader.secret_of_variable(form.token_env, (*loc, "token_env"))
    elif form.token_file is not None:
        token = reader.secret_of_file(form.token_file, (*loc, "token_file"))
    return Azure(
        endpoint=form.endpoint,
        ca_file=reader.existing_file(form.ca_file, (*loc, "ca_file")),
        token=token,
        connect_seconds=form.connect_seconds,
        total_seconds=form.total_seconds,
        vaults=_vaults(reader, sections.get("vaults")),
    )


def check_reachable(reader: Reader, windows: Windows, declared: Mapping[str, Loc]) -> None:
    """Every machine that discovery starts from needs a credential; there is no anonymous WinRM."""
    if "default" in _credentials_as_written(reader):
        return
    for name, loc in declared.items():
        for machine in windows.via(name) or (name,):
            if windows.host(machine).credential is None:
                reader.problem(loc, f"there is no credential for {machine}; declare windows.credentials.default")


def _credentials_as_written(reader: Reader) -> Mapping[object, object]:
    """A credential that has a mistake of its own is there all the same."""
    value = reader.document.value
    section = value.get("windows") if isinstance(value, dict) else None
    written = section.get("credentials") if isinstance(section, dict) else None
    return written if isinstance(written, dict) else {}


def _credential(reader: Reader, form: CredentialForm, loc: Loc) -> Credential:
    if form.password_env is not None:
        password = reader.secret_of_variable(form.password_env, (*loc, "password_env"))
    elif form.password_file is not None:
        password = reader.secret_of_file(form.password_file, (*loc, "password_file"))
    else:
        password = Secret("")
    return Credential(
        username=form.username,
        password=password,
        cert_file=reader.existing_file(form.cert_file, (*loc, "cert_file")),
        key_file=reader.private_file(form.key_file, (*loc, "key_file")),
    )


def _guest(reader: Reader, value: object) -> Credential | None:
    loc: Loc = ("windows", "guest_credentials")
    form = None if value is None else reader.form(CredentialForm, value, loc)
    return None if form is None else _credential(reader, form, loc)


def _hosts(
    reader: Reader, forms: Mapping[str, HostForm], credentials: Mapping[str, Credential], *, known: object
) -> dict[str, HostOverride]:
    made: dict[str, HostOverride] = {}
    for written, form in forms.items():
        name, loc = written.lower().rstrip("."), ("windows", "hosts", written)
        if name in made:
            reader.problem(loc, f"{name} is declared twice; case makes no difference", at_key=True)
        if name in form.via:
            reader.problem((*loc, "via"), f"{name} cannot be asked through itself")
        if form.credential is not None:
            names = [str(each) for each in known] if isinstance(known, dict) else []
            reader.one_of(form.credential, names, (*loc, "credential"), "one of windows.credentials")
        made[name] = HostOverride(
            address=form.address,
            port=form.port,
            transport=form.transport,
            credential=credentials.get(form.credential) if form.credential else None,
            ca_file=reader.existing_file(form.ca_file, (*loc, "ca_file")),
            connect_seconds=form.connect_seconds,
            total_seconds=form.total_seconds,
            via=tuple(form.via),
        )
    return made


def _vaults(reader: Reader, value: object) -> tuple[VaultRef, ...]:
    made: dict[str, VaultRef] = {}
    for loc, form in reader.rows(VaultForm, value, ("azure", "vaults")):
        vault = VaultRef(subscription=form.subscription, resource_group=form.resource_group, name=form.name)
        if any(vault.name.lower() == other.name.lower() for other in made.values()):
            reader.problem(
                (*loc, "name"), f"{vault.name!r} is the name of an earlier vault; drills tell them apart by it"
            )
        made.setdefault(vault.id, vault)
    return tuple(made.values())
