"""Where does Azure Resource Manager answer, what is a token for it asked for, and of whom?"""

from pathlib import Path

from azure.core import AzureClouds
from azure.mgmt.core.tools import get_arm_endpoints
from msgspec import Struct

from drcheck.estate.model import AzureSignIn
from drcheck.estate.secret import Secret
from drcheck.transport.arm_policies import origin

PUBLIC_CLOUD = "https://management.azure.com"
BODY_CAP = 64 * 1024 * 1024
_AUTHORITIES = {
    AzureClouds.AZURE_CHINA_CLOUD: "login.chinacloudapi.cn",
    AzureClouds.AZURE_US_GOVERNMENT: "login.microsoftonline.us",
}
"""Sign-in hosts of the sovereign clouds (azure-identity, ``AzureAuthorityHosts``)."""


class ArmEndpoint(Struct, frozen=True, kw_only=True):
    """Where Azure Resource Manager answers, and how long we wait for it.

    ``total_seconds`` bounds each question with all its attempts; ``token`` is a given bearer token, without which
    azure-identity signs in; ``ca_file`` wins over ``REQUESTS_CA_BUNDLE``.
    """

    base_url: str = PUBLIC_CLOUD
    ca_file: Path | None = None
    token: Secret | None = None
    sign_in: AzureSignIn = AzureSignIn()
    """Who asks, when no token is given."""
    sign_in_host: str = ""
    """Of a cloud that is none of Microsoft's public ones; empty: what belongs to the base URL."""
    connect_seconds: float = 5.0
    total_seconds: float = 120.0
    body_cap: int = BODY_CAP

    @property
    def label(self) -> str:
        """The endpoint in messages."""
        return f"arm {self.base_url}"

    @property
    def scope(self) -> str:
        """What a token is asked for. A token for one cloud's ARM is never asked for another base URL."""
        cloud = self._cloud()
        if cloud is None:
            return f"{self.base_url.rstrip('/')}/.default"
        return str(get_arm_endpoints(cloud)["credential_scopes"][0])

    @property
    def authority(self) -> str | None:
        """The sign-in host of a sovereign cloud; ``None`` for azure-identity's own default."""
        cloud = self._cloud()
        return None if cloud is None else _AUTHORITIES.get(cloud)

    def _cloud(self) -> AzureClouds | None:
        here = origin(self.base_url)
        return next(
            (cloud for cloud in AzureClouds if origin(get_arm_endpoints(cloud)["resource_manager"]) == here), None
        )
