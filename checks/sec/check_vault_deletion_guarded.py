"""Does the vault keep what somebody deletes, and does deleting take more than one person?"""

from drcheck.check import Outcome, Unknown, check, failed, passed, warned
from drcheck.topology.site_recovery import Vault
from drcheck.verdict import Severity

EXPECTED = "soft delete on, and multi-user authorisation or immutability on"
KEEPS, GUARDS = ("Enabled", "AlwaysON"), ("Enabled", "Unlocked", "Locked")
"""The service knows further words, ``Invalid`` for one: none of them says that anything is on."""


@check(
    "DR-SEC-103",
    "The vault keeps what is deleted and guards its own settings",
    severity=Severity.HIGH,
    why=(
        "Whoever encrypts production deletes the vault's content first. Soft delete gives it back; a second person or "
        "immutability keeps one stolen sign-in from turning soft delete off."
    ),
    source="Microsoft, Secure by default with Azure Backup and soft delete; Immutable vault; Multi-user authorization",
    remedy=(
        "Vault > Properties > Security settings: turn soft delete on (always on cannot be undone), then immutability "
        "or multi-user authorisation with a Resource Guard that another team owns."
    ),
    controls=("NIST SP 800-53 CP-9(8)", "NIST SP 800-53 AC-5", "ISO/IEC 27001:2022 A.8.13"),
)
def check_vault_deletion_guarded(vault: Vault) -> Outcome:
    """Judge the vault's own words; a setting that was not told is never taken for off."""
    told = vault.protection
    what = (
        f"soft delete {told.soft_delete or 'not told'}, multi-user authorisation "
        f"{told.multi_user_authorization or 'not told'}, immutability {told.immutability or 'not told'}"
    )
    if told.soft_delete == "Disabled":
        return failed(f"{vault.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    guards = (told.multi_user_authorization, told.immutability)
    if told.soft_delete in KEEPS and any(guard in GUARDS for guard in guards):
        return passed(f"{vault.name}: {what}", observed=what, expected=EXPECTED)
    if told.soft_delete not in KEEPS or any(guard != "Disabled" for guard in guards):
        raise Unknown(f"{vault.name}: {what}")
    return warned(f"{vault.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
