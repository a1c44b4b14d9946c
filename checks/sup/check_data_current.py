"""Is what drcheck knows of limits and lifecycles recent enough to judge by?"""

from drcheck.check import Outcome, check, failed, passed
from drcheck.policy import DAY, Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.prepared import DataFile
from drcheck.verdict import Severity


@check(
    "DR-SUP-102",
    "The limits and lifecycles that drcheck judges by were looked up recently",
    severity=Severity.LOW,
    why="Makers change limits and ends of support; a check that passes by last year's document has proven nothing.",
    source="drcheck's own rule: dated data, each value with its document (drcheck/data)",
    remedy="Upgrade drcheck; or look the named value up in its document and correct it, with the new date.",
    controls=("NIST SP 800-53 CA-7", "ISO/IEC 27001:2022 A.5.7"),
)
def check_data_current(data: DataFile, topology: Topology, policy: Policy) -> Outcome:
    """The file's oldest value against the moment of discovery; the files are those of the drcheck that discovered."""
    age = (topology.as_of.date() - data.as_of).days * DAY
    what = f"{data.oldest} was looked up on {data.as_of}, {human(age)} ago"
    expected = f"every one of {data.values} values at most {human(policy.data_max_age)} old"
    judge = passed if age <= policy.data_max_age else failed
    return judge(f"{data.name}: {what}; allowed: {expected}", observed=what, expected=expected)
