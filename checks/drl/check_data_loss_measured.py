"""How much would have been lost in the newest drill?"""

from drcheck.check import Outcome, check
from drcheck.drilled import RPO, judge_newest
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application


@check(
    RPO.id,
    RPO.title,
    severity=RPO.severity,
    why=(
        "What replication says about itself is not what is readable in the copy. The figure of a drill is the only one "
        "that was taken on the recovered side."
    ),
    source="NIST SP 800-34 Rev. 1, section 3.2; Regulation (EU) 2022/2554 (DORA), Art. 12(6) and (7)",
    remedy=RPO.remedy,
    controls=RPO.controls,
)
def check_data_loss_measured(application: Application, topology: Topology) -> Outcome:
    """Hold the newest drill of each target that measured a loss against the application's RPO.

    A figure taken from the recovery point's own time, and not from a record in the data, says ``platform``.
    """
    return judge_newest(application, topology, "rpo")
