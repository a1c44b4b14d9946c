"""Which thresholds apply? Defaults per tier, overridden by estate.yaml, printed in every report."""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct, field

MINUTE, HOUR, DAY = 60, 3600, 86400

Seconds: TypeAlias = Annotated[int, Meta(description="seconds")]
"""A duration; reports write it as one."""


class TierPolicy(Struct, frozen=True, kw_only=True):
    """Thresholds of one tier, in seconds unless the name says otherwise. Tier 0 is the recovery machinery itself."""

    rpo: Seconds
    rto: Seconds
    drill_interval: Seconds
    recovery_plan_required: bool
    coverage_percent: float
    """Share of the tier's machines that must be protected by a declared method."""
    look_back: Seconds = 0
    """How far back its copies must be able to go; 0: nobody asked for it."""


DEFAULT_TIERS: Mapping[int, TierPolicy] = {
    0: TierPolicy(
        rpo=15 * MINUTE, rto=HOUR, drill_interval=90 * DAY, recovery_plan_required=False, coverage_percent=100.0
    ),
    1: TierPolicy(
        rpo=15 * MINUTE, rto=4 * HOUR, drill_interval=90 * DAY, recovery_plan_required=True, coverage_percent=100.0
    ),
    2: TierPolicy(rpo=HOUR, rto=8 * HOUR, drill_interval=180 * DAY, recovery_plan_required=True, coverage_percent=98.0),
    3: TierPolicy(
        rpo=4 * HOUR, rto=24 * HOUR, drill_interval=365 * DAY, recovery_plan_required=False, coverage_percent=0.0
    ),
}


class Policy(Struct, frozen=True, kw_only=True):
    """Every threshold a check may use. Durations are seconds."""

    tiers: Mapping[int, TierPolicy] = field(default_factory=lambda: DEFAULT_TIERS)
    snapshot_max_age: Seconds = DAY
    rpo_figure_max_age: Seconds = 30 * MINUTE
    """How old Site Recovery's own RPO figure may be before it says nothing."""
    missed_cycles_percent: float = 5.0
    lag_cycles: int = 3
    """How many replication cycles a replica may be behind."""
    sql_lag_samples: int = 3
    excluded_disks: tuple[str, ...] = ()
    """Shell patterns over disk paths that may be left out of replication (page file, scratch)."""
    exempt_databases: tuple[str, ...] = ()
    """Shell patterns over databases that need not be in an availability group."""
    clock_skew_max: Seconds = 60
    checkpoint_max_age: Seconds = 3 * DAY
    """How long a checkpoint of a protected VM may be kept."""
    test_failover_max_age: Seconds = DAY
    """How long a test failover may wait for its clean-up."""
    app_consistent_cycles: int = 2
    """How many intervals the newest application-consistent recovery point may be old."""
    first_replication_max_age: Seconds = 3 * DAY
    """How long a machine's first replication may take."""
    stale_registration_age: Seconds = 30 * DAY
    """After how much silence a server that is registered in a vault counts as gone."""
    log_retention: Seconds = 400 * DAY
    """How long a vault's logs must be kept."""
    heartbeat_max_age: Seconds = 15 * MINUTE
    """How long a Site Recovery provider may be silent."""
    version_expiry_ahead: Seconds = 30 * DAY
    """How long before a version expires that becomes a fault."""
    ad_replication_max_age: Seconds = DAY
    """How long ago a domain controller may have received the last changes."""
    quota_headroom_percent: float = 10.0
    """How much more than a failover and a drill need must be free in Azure's quotas."""
    recovery_point_skew_max: Seconds = 15 * MINUTE
    """How far the newest recovery points of one application's machines may lie apart."""
    break_glass_principals: tuple[str, ...] = ()
    """Object ids that may own a vault all the time."""
    support_ends_ahead: Seconds = 180 * DAY
    """How long before the end of a version's support that is worth a warning."""
    address_margin_percent: float = 10.0
    """How many more addresses than adapters a subnet must have free."""
    recovered_tiers: int = 2
    """The last tier that has to run at the recovery site."""
    vcpus_per_processor: float = 4.0
    """How many virtual processors a logical processor of a host may carry."""
    redo_rto_percent: float = 25.0
    """Which share of the RTO a secondary may need to work off its redo queue."""
    host_reserve_gib: int = 4
    """Memory that a Hyper-V host needs for itself."""
    listener_ttl_max: Seconds = 5 * MINUTE
    """How long clients may remember the address of a listener that registers one address at a time."""
    certificate_expiry_ahead: Seconds = 45 * DAY
    """How long before a certificate expires that becomes a fault."""
    kerberos_skew_max: Seconds = 5 * MINUTE
    """How far a domain controller's clock may be off."""
    scenario_interval: Seconds = 365 * DAY
    """How often each declared scenario has to be gone through."""
    change_drilled_within: Seconds = 30 * DAY
    """How soon after a change a drill has to show that recovery still works."""
    review_within: Seconds = 30 * DAY
    """How soon after a drill somebody else has to sign its record."""
    critical_finding_within: Seconds = 45 * DAY
    """How soon after a drill a critical finding has to be due."""
    finding_due_critical: Seconds = 30 * DAY
    """When a critical finding of a drill is due, unless somebody writes another date."""
    finding_due_high: Seconds = 45 * DAY
    finding_due_other: Seconds = 90 * DAY
    other_hands_interval: Seconds = 365 * DAY
    """How often a drill has to be held by somebody who did not write the plan."""
    rpo_window: Seconds = 30 * DAY
    """Over how long the recovery point objective has to be kept."""
    rpo_violation_percent: float = 0.5
    """For which share of that time a copy may be further behind."""
    rpo_samples_percent: float = 90.0
    """For which share of that time there have to be samples."""
    drill_slowdown_percent: float = 20.0
    """How much longer than usual a drill may take."""
    drill_failover: Seconds = 15 * MINUTE
    """How long a test failover is expected to take where no earlier drill of the same target tells."""
    drill_boot: Seconds = 5 * MINUTE
    """Likewise until a copy runs."""
    drill_probes: Seconds = 5 * MINUTE
    """Likewise until its probes are green."""
    drill_clean_up: Seconds = 15 * MINUTE
    """Likewise until nothing is left; so much time is kept free at the end of every window."""
    drill_growth_percent: float = 10.0
    """Which share of its disks' size a test copy is expected to write."""
    replication_outage: Seconds = 4 * HOUR
    """For how long changes must find room on the sending side while the replica cannot be reached."""
    churn_growth_percent: float = 30.0
    """How much more than is replicated now a link between sites must carry."""
    resync_machine_max: Seconds = DAY
    """For how long a machine may be without a replica while it is sent again."""
    resync_site_max: Seconds = 7 * DAY
    """The same for all machines of a site."""
    silence_max_age: Seconds = HOUR
    """How old the newest sign of life behind a claim of good health may be."""
    waiver_max_days: int = 180
    """For how long a failure may be accepted."""
    waiver_max_days_critical: int = 90
    """For how long that of a critical check may."""
    heartbeat_silence_min: Seconds = 10
    """How long a silence between sites a stretched cluster must bear."""
    heartbeat_silence_max: Seconds = 40
    """How long a silence it may bear before it gives up a node."""
    break_glass_test_interval: Seconds = 180 * DAY
    """How often it must be tried to fetch and use a recovery credential without the primary site."""
    recovery_kit_max_age: Seconds = 180 * DAY
    """How long ago somebody may have looked into the recovery kit."""
    full_backup_max_age: Seconds = 7 * DAY
    """How old the newest full backup of a database may be, on whichever replica."""
    log_backup_max_age: Seconds = HOUR
    """Likewise its newest log backup."""
    integrity_check_max_age: Seconds = 14 * DAY
    """Likewise its last check for damage."""
    validation_max_age: Seconds = 365 * DAY
    """How long ago a failover cluster may have been validated."""
    data_max_age: Seconds = 180 * DAY
    """How long ago limits and lifecycles may have been looked up."""
    default_tier: int = 3
    """The tier of a machine that no application claims."""

    def tier(self, tier: int | None) -> TierPolicy:
        """The thresholds of a tier; an undeclared tier has those of the least demanding one."""
        wanted = self.default_tier if tier is None else tier
        return self.tiers.get(wanted, self.tiers[max(self.tiers)])

    def drill_interval(self, tier: int, own: int | None) -> int:
        """How often an application of a tier has to be drilled: as is declared for itself, else as its tier."""
        return self.tier(tier).drill_interval if own is None else own


@lru_cache(maxsize=4096)  # the same thresholds and intervals are said of every machine
def human(seconds: float) -> str:
    """A duration for people: ``45 s``, ``15 min``, ``4 h``, ``90 d``, with one decimal when it is not whole."""
    size = abs(seconds)
    for unit, length in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if size >= 2 * length or size == length:
            return f"{seconds / length:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.1f}".removesuffix(".0") + " s"


def human_delta(delta: timedelta) -> str:
    """The same for a time difference."""
    return human(delta.total_seconds())
