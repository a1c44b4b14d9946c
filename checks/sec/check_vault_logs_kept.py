"""Are the vault's logs of Site Recovery kept for as long as an auditor may ask for them?"""

from collections.abc import Iterator

from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.policy import DAY, Policy, human
from drcheck.topology.azure_governance import DiagnosticSetting, LogWorkspace
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import Vault
from drcheck.verdict import Severity

WANTED = ("AzureSiteRecoveryJobs", "AzureSiteRecoveryEvents")
EVERYTHING = "allLogs"
FOR_EVER = 0


@check(
    "DR-SEC-005",
    "The vault's jobs and events are logged and kept long enough",
    severity=Severity.HIGH,
    why=(
        "The service forgets its jobs after weeks, and a workspace keeps 30 days unless told otherwise. Then nobody "
        "can show what was tested, or who changed what before the incident."
    ),
    source="Microsoft, Monitor Site Recovery with Azure Monitor logs; Manage data retention in a workspace",
    remedy=(
        "Vault > Diagnostic settings: send AzureSiteRecoveryJobs and AzureSiteRecoveryEvents to a workspace, and set "
        "its retention (az monitor log-analytics workspace update --retention-time 400)."
    ),
    controls=("NIST SP 800-53 AU-9", "NIST SP 800-53 AU-11", "ISO/IEC 27001:2022 A.8.15"),
)
def check_vault_logs_kept(vault: Vault, topology: Topology, policy: Policy) -> Outcome:
    """Follow every diagnostic setting to where it keeps what it writes.

    Not judged: drcheck's own evidence (``drcheck verify`` does), tables with a retention of their own, lifecycle rules
    of a storage account, and whether somebody could delete the logs.
    """
    scope = f"vault:{vault.key}"
    settings = topology.all(DiagnosticSetting, scope)
    expected = f"{', '.join(WANTED)} kept for {human(policy.log_retention)}"
    lasting = {name: [days for one in settings for days in _kept(topology, one, name)] for name in WANTED}
    short = [
        f"{name} {f'kept for {max(filter(None, days))} d' if days else 'not kept'}"
        for name, days in lasting.items()
        if None not in days and not any(_enough(one, policy) for one in days)
    ]
    if short:
        what = "; ".join(short)
        return failed(f"{vault.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=settings)
    for name, days in lasting.items():
        if not any(_enough(one, policy) for one in days):
            topology.require(LogWorkspace, scope)
            raise Unknown(f"how long {name} of {vault.name} is kept was not told")
    what = f"{', '.join(WANTED)} kept by {', '.join(one.name for one in settings)}"
    return passed(f"{vault.name}: {what}", observed=what, expected=expected, facts=settings)


def _enough(days: int | None, policy: Policy) -> bool:
    return days is not None and (days == FOR_EVER or days * DAY >= policy.log_retention)


def _kept(topology: Topology, setting: DiagnosticSetting, category: str) -> Iterator[int | None]:
    """For how many days each place of a setting keeps a category; ``None`` where that was not told."""
    for log in setting.logs:
        if not log.enabled or log.name not in (category, EVERYTHING):
            continue
        if setting.workspace:
            workspace = topology.get(LogWorkspace, setting.workspace)
            yield workspace.retention_days if workspace else None
        if setting.storage:
            yield log.retention_days
