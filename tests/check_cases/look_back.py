"""Cases of the check on how far back copies can be taken."""

from dataclasses import replace as with_

from msgspec.structs import replace

from drcheck.policy import DEFAULT_TIERS, HOUR, Policy
from drcheck.topology.declared import Application
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import ReplicationProvider, VmRecoveryPoints
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.site_recovery_state import RecoveryPoints
from drcheck.topology.vmm import VmmVm
from tests import estate_names as names
from tests.check_cases.case import Case, Table
from tests.estate_replica_hosts import FOREIGN, points, provider
from tests.estates import Change, add, ago, change, drop, lose, together, unchanged

LEEDS, VAULT = f"hyperv:{names.HV_LDS}", f"vault:{names.VAULT}"
HELD, VMM_HELD = f"{names.FILE_VM}@{names.HV_LDS}/Simple", f"{names.VMM_VM}@{names.HV_LDS}/Simple"
ASKED = Policy(tiers={**DEFAULT_TIERS, 1: replace(DEFAULT_TIERS[1], look_back=3 * HOUR)})
"""Of tier 1 only: FILE01 and what Site Recovery protects are in it, the VMM server's machine is not."""


def kept(**fields: object) -> Change:
    return add(points(names.FILE_VM, **fields))


def listed(**fields: object) -> Change:
    return change(RecoveryPoints, names.WEB_ITEM, **fields)


def item(**fields: object) -> Change:
    return change(ProtectedItem, names.WEB_ITEM, **fields)


back = Table("DR-RPL-103", HELD)
back.passes("a replica", unchanged, "4 recovery points", "4 h", "more than 3 h old", evidence="observed")
back.passes("an item", unchanged, "12 recovery points", "20 h", subject=names.WEB_ITEM, evidence="observed")
back.passes("a minute over", kept(oldest_point=ago(hours=3, minutes=1)))
back.fails("a replica too young", kept(oldest_point=ago(hours=2)), "oldest one 2 h old", "more than 3 h old")
back.fails("no older than asked", kept(oldest_point=ago(hours=3)), "3 h old")
back.fails("the latest state only", kept(point_count=0, oldest_point=None), "no recovery point")
back.fails("a single young point", kept(point_count=1, oldest_point=ago(hours=1)), "1 recovery points")
back.fails("an item too young", listed(oldest=ago(minutes=90)), "90 min", subject=names.WEB_ITEM)
back.fails("an item without any", listed(count=0, oldest=None), "no recovery point", subject=names.WEB_ITEM)
back.unknown("times not told", listed(oldest=None), "not told", subject=names.WEB_ITEM)
back.unknown("in the future", kept(oldest_point=ago(hours=-2)), "future")
back.unknown("points unread", lose(VmRecoveryPoints, LEEDS), "VmRecoveryPoints")
back.unknown("points not told", drop(VmRecoveryPoints, f"{names.FILE_VM}@{names.HV_LDS}"), "was no replica")
back.unknown("engines unread", lose(ReplicationProvider, LEEDS))
back.unknown("lists unread", lose(RecoveryPoints, VAULT), "RecoveryPoints", subject=names.WEB_ITEM,
             also=(names.DB_ITEM,))  # fmt: skip
back.unknown("no list of it", drop(RecoveryPoints, names.WEB_ITEM), "was gone", subject=names.WEB_ITEM)
back.unknown("what replicates it not told", item(provider=""), "what replicates it", subject=names.WEB_ITEM)
back.unknown("replicas unread", lose(VmReplication, LEEDS), subject=f"VmReplication@{LEEDS}")
back.skips("a tier of which it is not asked", unchanged, "nobody declared", subject=VMM_HELD)
back.skips("its tier is not asked, points unread", together(change(Application, "files", tier=2),
           lose(VmRecoveryPoints, LEEDS)), "nobody declared")  # fmt: skip
back.skips("another engine", together(add(provider(HELD, FOREIGN)), kept(oldest_point=ago(hours=1))), "engine")
back.skips("between VMM clouds", together(item(provider="HyperVReplica2012R2"), listed(count=0)), "not go to Azure",
           subject=names.WEB_ITEM)  # fmt: skip
back.skips("it runs in Azure", together(item(active_location="Recovery"), listed(count=0)), "runs in Azure",
           subject=names.WEB_ITEM)  # fmt: skip
back.skips("no tier is asked", unchanged, "for no tier", policy=Policy())
BY_CLOUD = together(
    change(Application, "files", vm_names=(), clouds=("Gold",)), lose(VmmVm, f"vmm:{names.VMM01}")
)  # fmt: skip
back.unknown("whose it is not known", BY_CLOUD, "which application", also=(VMM_HELD,))
back.skips("no tier is asked, and whose it is not known", BY_CLOUD, "for no tier", policy=Policy())

CASES: list[Case] = [with_(case, policy=case.policy or ASKED) for case in back.cases]
