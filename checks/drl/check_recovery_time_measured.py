"""Did the newest drill bring an application back in time?"""

from drcheck.check import Outcome, check
from drcheck.drilled import RTO, judge_newest
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application


@check(
    RTO.id,
    RTO.title,
    severity=RTO.severity,
    why=(
        "A machine that boots is no service yet. Only a stopwatch that runs from the request until the last mandatory "
        "probe is green, people's steps included, says whether the promise can be kept."
    ),
    source="NIST SP 800-34 Rev. 1, section 3.2; IBM Cloud Framework for Financial Services, CP-4 (verify RTO in tests)",
    remedy=RTO.remedy,
    controls=RTO.controls,
)
def check_recovery_time_measured(application: Application, topology: Topology) -> Outcome:
    """Hold the newest drill of each target that measured a time against the application's RTO.

    What a drill cannot see, the time until somebody decides and the steps before its plan, is added up by DR-PLN-010.
    """
    return judge_newest(application, topology, "rto")
