"""What may stand in the `policy` of estate.yaml and in the file of waivers?"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from drcheck.estate.forms import Date, Duration, Form, Guid, Section, Text


class TierForm(Form):
    """Thresholds of one tier; what is not given stays as it is by default."""

    rpo: Duration | None = None
    rto: Duration | None = None
    drill_interval: Duration | None = None
    recovery_plan_required: bool | None = None
    coverage_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    look_back: Duration | None = None


class PolicyForm(Form):
    """Thresholds; what is not given stays as it is by default."""

    tiers: Section = None
    snapshot_max_age: Duration | None = None
    rpo_figure_max_age: Duration | None = None
    missed_cycles_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    lag_cycles: Annotated[int, Field(ge=1)] | None = None
    sql_lag_samples: Annotated[int, Field(ge=1, le=12)] | None = None
    excluded_disks: list[Text] | None = None
    exempt_databases: list[Text] | None = None
    clock_skew_max: Duration | None = None
    checkpoint_max_age: Duration | None = None
    test_failover_max_age: Duration | None = None
    app_consistent_cycles: Annotated[int, Field(ge=1)] | None = None
    first_replication_max_age: Duration | None = None
    stale_registration_age: Duration | None = None
    log_retention: Duration | None = None
    heartbeat_max_age: Duration | None = None
    version_expiry_ahead: Duration | None = None
    ad_replication_max_age: Duration | None = None
    quota_headroom_percent: Annotated[float, Field(ge=0)] | None = None
    recovery_point_skew_max: Duration | None = None
    break_glass_principals: list[Guid] | None = None
    support_ends_ahead: Duration | None = None
    address_margin_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    recovered_tiers: Annotated[int, Field(ge=0)] | None = None
    vcpus_per_processor: Annotated[float, Field(gt=0)] | None = None
    redo_rto_percent: Annotated[float, Field(gt=0, le=100)] | None = None
    host_reserve_gib: Annotated[int, Field(ge=0)] | None = None
    listener_ttl_max: Duration | None = None
    certificate_expiry_ahead: Duration | None = None
    kerberos_skew_max: Duration | None = None
    scenario_interval: Duration | None = None
    rpo_window: Duration | None = None
    rpo_violation_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    rpo_samples_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    change_drilled_within: Duration | None = None
    review_within: Duration | None = None
    critical_finding_within: Duration | None = None
    finding_due_critical: Duration | None = None
    finding_due_high: Duration | None = None
    finding_due_other: Duration | None = None
    other_hands_interval: Duration | None = None
    drill_slowdown_percent: Annotated[float, Field(ge=0)] | None = None
    drill_failover: Duration | None = None
    drill_boot: Duration | None = None
    drill_probes: Duration | None = None
    drill_clean_up: Duration | None = None
    drill_growth_percent: Annotated[float, Field(ge=0)] | None = None
    replication_outage: Duration | None = None
    churn_growth_percent: Annotated[float, Field(ge=0)] | None = None
    resync_machine_max: Duration | None = None
    resync_site_max: Duration | None = None
    silence_max_age: Duration | None = None
    waiver_max_days: Annotated[int, Field(ge=1)] | None = None
    waiver_max_days_critical: Annotated[int, Field(ge=1)] | None = None
    heartbeat_silence_min: Duration | None = None
    heartbeat_silence_max: Duration | None = None
    break_glass_test_interval: Duration | None = None
    recovery_kit_max_age: Duration | None = None
    full_backup_max_age: Duration | None = None
    log_backup_max_age: Duration | None = None
    integrity_check_max_age: Duration | None = None
    validation_max_age: Duration | None = None
    data_max_age: Duration | None = None
    default_tier: Annotated[int, Field(ge=0)] | None = None


class WaiversForm(Form):
    """The waivers file."""

    version: Literal[1]
    waivers: Section


class WaiverForm(Form):
    """A failure accepted for a limited time."""

    id: Text
    check: Text
    subject: Text
    reason: Text
    risk: Text
    owner: Text
    approver: Text
    ticket: Text
    start: Date
    expiry: Date
    compensation: str = ""

    @model_validator(mode="after")
    def _is_an_acceptance(self) -> Self:
        if self.expiry < self.start:
            raise ValueError(f"expires on {self.expiry}, before it starts on {self.start}")
        if self.owner.strip().lower() == self.approver.strip().lower():
            raise ValueError(f"{self.owner} cannot approve their own waiver")
        return self
