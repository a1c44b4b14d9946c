"""Which shape must the part of estate.yaml have that says how Azure is reached, and as whom?"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import model_validator

from drcheck.estate.forms import Form, Guid, Https, Seconds, Section, Text
from drcheck.estate.model import AzureMethod

_TAKES: Mapping[str, tuple[str, ...]] = {
    "default": (),
    "cli": ("tenant",),
    "managed-identity": ("client",),
    "workload-identity": ("tenant", "client", "token_file"),
    "service-principal": ("tenant", "client", "certificate_file", "secret_env", "secret_file", "secret_keyring"),
}
"""What may be said about each way to sign in."""


class VaultForm(Form):
    """A Recovery Services vault."""

    subscription: Guid
    resource_group: Text
    name: Text


class SignInForm(Form):
    """As whom Azure is asked."""

    method: AzureMethod
    tenant: Text | None = None
    client: Guid | None = None
    certificate_file: Text | None = None
    secret_env: Text | None = None
    secret_file: Text | None = None
    secret_keyring: Text | None = None
    token_file: Text | None = None

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        given = {name for name in type(self).model_fields if name != "method" and getattr(self, name) is not None}
        if foreign := given.difference(_TAKES[self.method]):
            raise ValueError(f"{self.method} takes no {' and no '.join(sorted(foreign))}")
        if self.method == "service-principal":
            self._is_whole(given)
        return self

    def _is_whole(self, given: set[str]) -> None:
        if not {"tenant", "client"} <= given:
            raise ValueError("service-principal needs tenant and client")
        if len(given) != 3:
            raise ValueError("give one of certificate_file, secret_env, secret_file and secret_keyring")


class AzureForm(Form):
    """How Azure Resource Manager is reached."""

    cloud: Literal["public", "china", "us-government"] | None = None
    endpoint: Https | None = None
    authority: Https | None = None
    ca_file: Text | None = None
    token_env: Text | None = None
    token_file: Text | None = None
    sign_in: Section = None
    connect_seconds: Seconds = 5.0
    total_seconds: Seconds = 120.0
    visit_seconds: Seconds = 1800.0
    vaults: Section = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        tokens = [self.token_env, self.token_file, self.sign_in]
        if len(tokens) - tokens.count(None) > 1:
            raise ValueError("give one of token_env, token_file and sign_in")
        if self.cloud is not None and self.endpoint is not None:
            raise ValueError("give cloud or endpoint, not both")
        if self.authority is not None and self.endpoint is None:
            raise ValueError("authority goes with endpoint; a cloud has its own")
        return self
