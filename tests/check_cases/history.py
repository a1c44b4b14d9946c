"""Cases of the check on the recovery point objective over weeks."""

from drcheck.policy import Policy
from drcheck.topology.declared import Application
from drcheck.topology.history import RpoHistory, RpoLevel
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.site_recovery import ProtectedItem
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_rehearsed import DAY
from tests.estates import Change, add, ago, change, drop, lose, together, unchanged

KEY = names.WEB_VM
VAULT = f"vault:{names.VAULT}"


def was(**fields: object) -> Change:
    return change(RpoHistory, KEY, **fields)


def nights(*lags: int) -> Change:
    """So many seconds behind, in each of the last nights; the nights before were good."""
    before = [60] * (30 - len(lags))
    return was(levels=tuple(RpoLevel(lag_seconds=lag, held_seconds=DAY) for lag in (*before, *lags)))


GONE = together(was(last=ago(days=4), levels=(RpoLevel(lag_seconds=60, held_seconds=20 * DAY),)))
LATELY = was(since=ago(days=20), levels=(RpoLevel(lag_seconds=60, held_seconds=20 * DAY),))
UNSEEN = together(drop(ProtectedItem, names.WEB_ITEM), GONE)

kept = Table("DR-RPL-002", KEY)
kept.passes("every night", unchanged, "1 min for 95 % of the time", "above 15 min for 0 s", "30 samples")
kept.passes("exactly as far behind as allowed", nights(900, 900, 900))
kept.passes(
    "for as long as allowed", was(levels=(
        RpoLevel(lag_seconds=60, held_seconds=29 * DAY), RpoLevel(lag_seconds=901, held_seconds=12960),
    )),
)  # fmt: skip
kept.passes("nine tenths of the time", was(levels=(RpoLevel(lag_seconds=60, held_seconds=27 * DAY),)))
kept.passes("by policy", nights(901), policy=Policy(rpo_violation_percent=4.0))
kept.passes("by its application", together(nights(901), change(Application, "payments", tier=2, rpo_seconds=3600)))
kept.fails("one night", nights(901), "above 15 min for 1 d", "allowed: 95 % of the time at most 15 min")
kept.fails(
    "a second too long", was(levels=(
        RpoLevel(lag_seconds=60, held_seconds=29 * DAY), RpoLevel(lag_seconds=901, held_seconds=12961),
    )),
)  # fmt: skip
kept.fails("most of the time", nights(*[901] * 20), policy=Policy(rpo_violation_percent=99.0))
kept.fails("by the stricter promise", together(nights(600), change(Application, "payments", rpo_seconds=599)))
kept.fails("few samples", was(levels=(RpoLevel(lag_seconds=901, held_seconds=DAY),)), "by 1 samples")
kept.fails("lately recorded", was(since=ago(days=2), levels=(RpoLevel(lag_seconds=901, held_seconds=DAY),)))
kept.unknown("too few samples", was(levels=(RpoLevel(lag_seconds=60, held_seconds=27 * DAY - 1),)), "90 % are needed")
kept.unknown("silent, and still replicated", GONE, "are needed")
kept.unknown("silent, the vault unread", together(UNSEEN, lose(ProtectedItem, VAULT)), "ProtectedItem")
kept.unknown("silent, a host unread", together(UNSEEN, lose(VmReplication, f"hyperv:{names.HV_LDS}")), "VmReplication")
kept.unknown("unread", lose(RpoHistory, "estate:estate"), subject="RpoHistory@estate:estate")
kept.unknown("silent, and replicated by Hyper-V", together(UNSEEN, add(
    facts.replication(names.WEB_VM, "PAY-WEB01", names.HV_LON, "Primary"))), "are needed")  # fmt: skip
kept.unknown("silent for as long as may be", together(UNSEEN, was(last=ago(days=3))), "are needed")
kept.skips("recorded for a few weeks", LATELY, "recorded for 20 d only")
kept.skips("no longer replicated", UNSEEN, "no longer replicated")
kept.skips("no history", drop(RpoHistory), subject="estate")
kept.passes("of no application", together(nights(901), was(vm_id="x", name="SPARE")))
NO_PROMISE = change(Application, "payments", rpo_seconds=0)
kept.passes("an application without a target", together(nights(900), NO_PROMISE), "15 min")
kept.fails("an application without a target, one night", together(nights(901), NO_PROMISE), "15 min")
kept.fails("a target of a second", change(Application, "payments", rpo_seconds=1))
kept.unknown("few samples, each above", was(levels=(RpoLevel(lag_seconds=901, held_seconds=12960),)))
TWENTY = (RpoLevel(lag_seconds=60, held_seconds=20 * DAY),)
LONGER = (RpoLevel(lag_seconds=60, held_seconds=25 * DAY),)
kept.unknown("recorded for just long enough", was(since=ago(days=27), levels=TWENTY))
kept.skips("recorded for not quite long enough", was(since=ago(days=26, hours=22), levels=LONGER))
kept.unknown(
    "not replicated, and silent for a while",
    together(drop(ProtectedItem, names.WEB_ITEM), was(last=ago(hours=1), levels=TWENTY)),
)

CASES = [*kept.cases]
