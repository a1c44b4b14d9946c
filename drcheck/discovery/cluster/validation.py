"""When was the cluster last validated, as the reports on the answering node tell?

No cmdlet lists them: CIM_DataFile does, by its documented properties. What is in a report is not read.
"""

from collections.abc import Iterator

from drcheck.discovery import WindowsAsk
from drcheck.discovery.cluster.asked import asked
from drcheck.query import Cmdlet
from drcheck.topology.base import Target
from drcheck.topology.cluster import ValidationReport

REPORTS = Cmdlet(
    id="cluster-reports",
    module="CimCmdlets",
    cmdlet="Get-CimInstance",
    select=("FileName", "Extension", "LastModified"),
    params={
        "ClassName": "CIM_DataFile",
        "Filter": r"Drive = 'C:' AND Path = '\\Windows\\Cluster\\Reports\\'",
    },
)
"""WQL wants every backslash twice."""
VALIDATION = "validation report"
"""How Windows in English names them; in another language none is recognised."""


def validation_reports(ask: WindowsAsk, _target: Target) -> Iterator[ValidationReport]:
    """Every validation report, in whatever format it was kept."""
    cluster = asked(ask)
    for row in ask.rows(REPORTS):
        name = f"{row.text('FileName')}.{row.text('Extension')}"
        written = row.when_or_none("LastModified")
        if name.lower().startswith(VALIDATION) and written is not None:
            yield ValidationReport(
                key=cluster.key(name),
                seen=ask.seen(REPORTS),
                cluster=cluster.id,
                name=name,
                written=written,
            )
