"""How is Azure of this estate reached, and as whom?"""

from collections.abc import Mapping

from drcheck.estate.azure_forms import AzureForm, SignInForm, VaultForm
from drcheck.estate.model import Azure, AzureSignIn, VaultRef
from drcheck.estate.reader import Part, Reader
from drcheck.estate.secret import Secret

CLOUDS: Mapping[str, str] = {
    "public": "https://management.azure.com",
    "china": "https://management.chinacloudapi.cn",
    "us-government": "https://management.usgovcloudapi.net",
}
"""Azure Resource Manager of each cloud; scope and sign-in host follow from it (azure-core, ``AzureClouds``)."""

_SIGN_IN = ("azure", "sign_in")


def read_azure(reader: Reader, value: object) -> Azure:
    """How Azure is reached, and which vaults are read there."""
    if value is None:
        return Azure()
    part = reader.part(AzureForm, value, ("azure",))
    form = part.form or AzureForm()
    return Azure(
        endpoint=form.endpoint or CLOUDS[form.cloud or "public"],
        authority=form.authority or "",
        ca_file=reader.certificate_file(part.get("ca_file"), ("azure", "ca_file")),
        token=_token(reader, part),
        sign_in=_sign_in(reader, part.get("sign_in")),
        connect_seconds=form.connect_seconds,
        total_seconds=form.total_seconds,
        visit_seconds=form.visit_seconds,
        vaults=_vaults(reader, part.get("vaults")),
    )


def _token(reader: Reader, part: Part[AzureForm]) -> Secret | None:
    if part.get("token_env") is not None:
        return reader.secret_of_variable(part.get("token_env"), ("azure", "token_env"))
    if part.get("token_file") is not None:
        return reader.secret_of_file(part.get("token_file"), ("azure", "token_file"))
    return None


def _sign_in(reader: Reader, value: object) -> AzureSignIn:
    """One of the ways to sign in; its name alone stands for one that needs nothing else."""
    if value is None:
        return AzureSignIn()
    part = reader.part(SignInForm, {"method": value} if isinstance(value, str) else value, _SIGN_IN)
    certificate = reader.private_file(part.get("certificate_file"), (*_SIGN_IN, "certificate_file"))
    token_file = reader.existing_file(part.get("token_file"), (*_SIGN_IN, "token_file"))
    return AzureSignIn(
        method=part.get("method") or "default",
        tenant=part.get("tenant") or "",
        client=part.get("client") or "",
        secret=_secret(reader, part),
        certificate_file=certificate,
        token_file=token_file,
    )


def _secret(reader: Reader, part: Part[SignInForm]) -> Secret | None:
    if part.get("secret_env") is not None:
        return reader.secret_of_variable(part.get("secret_env"), (*_SIGN_IN, "secret_env"))
    if part.get("secret_file") is not None:
        return reader.secret_of_file(part.get("secret_file"), (*_SIGN_IN, "secret_file"))
    if part.get("secret_keyring") is not None:
        client = part.get("client") or ""
        return reader.secret_of_keyring(part.get("secret_keyring"), client, (*_SIGN_IN, "secret_keyring"))
    return None


def _vaults(reader: Reader, value: object) -> tuple[VaultRef, ...]:
    made: list[VaultRef] = []
    for part in reader.rows(VaultForm, value, ("azure", "vaults")):
        name = part.get("name") or ""
        if any(name.lower() == other.name.lower() for other in made):
            reader.problem((*part.loc, "name"), f"{name!r} is the name of an earlier vault; drills know them by it")
        # A vault with a mistake elsewhere still has its name, so that drills which name it are no second mistake.
        made.append(
            VaultRef(
                subscription=part.get("subscription") or "",
                resource_group=part.get("resource_group") or "",
                name=name,
            )
        )
    return tuple(made)
