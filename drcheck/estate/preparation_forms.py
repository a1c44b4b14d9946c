"""Which shape has what people prepared for the day of a recovery: designs, break-glass accounts, controllers, a kit?"""

from typing import Annotated, Literal

from pydantic import Field

from drcheck.estate.forms import Date, Form, HostName, Text

Vote = Annotated[int, Field(ge=0, le=1)]


class ClusterDesignForm(Form):
    """How a cluster is meant to keep its quorum."""

    witness: Literal["none", "disk", "share", "cloud"] | None = None
    votes: dict[str, Vote] | None = None
    dynamic_quorum: bool = True


class BreakGlassForm(Form):
    """An account, a secret or a device that the recovery needs."""

    kept_at: Annotated[list[Text], Field(min_length=1)]
    holders: Annotated[list[Text], Field(min_length=1)]
    needs: list[HostName] | None = None
    domain: HostName | None = None
    tested: Date | None = None


class DrillControllerForm(Form):
    """A domain controller whose copy is started in drills."""

    host: HostName
    fsmo: Literal["hold", "seize"] | None = None
    generation_id_accepted: bool = False


class KitPartForm(Form):
    """A part of the kit that works without the primary site."""

    kept_at: Annotated[list[Text], Field(min_length=1)]
    reviewed: Date | None = None


class KitForm(Form):
    """What a recovery starts with when nothing else is there."""

    runbook: KitPartForm | None = None
    contacts: KitPartForm | None = None
    keys: KitPartForm | None = None
    media: KitPartForm | None = None
