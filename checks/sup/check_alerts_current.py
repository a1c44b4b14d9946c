"""Does the vault raise alerts by the means that still exist?"""

from collections.abc import Iterator

from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.topology.site_recovery import Vault, VaultAlerts
from drcheck.verdict import Severity

EXPECTED = "Azure Monitor alerts for jobs, replication and failovers, and no classic ones"
MONITORED = {"job_failures": "failed jobs", "replication": "replication", "failover": "failovers"}


@check(
    "DR-SUP-101",
    "A vault alerts through Azure Monitor and no longer by classic alerts",
    severity=Severity.MEDIUM,
    why=(
        "Classic alerts ended on 31 March 2026. A vault that still relies on them keeps its settings, and nobody is "
        "told any more when replication stops."
    ),
    source="Microsoft, Switch to Azure Monitor based alerts for Recovery Services vaults",
    remedy="Vault > Properties > Monitoring settings: turn Azure Monitor alerts on and classic alerts off.",
    controls=("NIST SP 800-53 CP-2", "ISO/IEC 27001:2022 A.8.16"),
)
def check_alerts_current(vault: Vault) -> Outcome:
    """Judge the vault's own settings. Not judged: to whom alert processing rules and action groups send them."""
    faults = list(_faults(vault.alerts))
    if faults:
        what = "; ".join(faults)
        return failed(f"{vault.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    silent = [words for field, words in MONITORED.items() if not getattr(vault.alerts, field)]
    silent += [] if vault.alerts.classic else ["classic alerts"]
    if silent:
        raise Unknown(f"{vault.name}: the service did not tell its setting for {', '.join(silent)}")
    what = "Azure Monitor alerts are on, classic ones off"
    return passed(f"{vault.name}: {what}", observed=what, expected=EXPECTED)


def _faults(alerts: VaultAlerts) -> Iterator[str]:
    if alerts.classic == "Enabled":
        yield "classic alerts are on"
    for field, words in MONITORED.items():
        if getattr(alerts, field) == "Disabled":
            yield f"Azure Monitor alerts for {words} are off"
