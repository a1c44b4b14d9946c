"""Answers of VMM and SQL Server with values removed, nulled or of another type: gaps, and never an accident."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.discovery.test_discovery_sql_objects import OBJECTS
from tests.pretend_machines import Rows, Values, read, vmm_rows
from tests.sql_answers import primary_rows
from tests.vmm_answers import ONE_OF_EACH

STRANGE: tuple[object, ...] = (
    None, "", "text", -1, 1.5, float("inf"), True, [], [None], ["a", 1], [[]], {}, {"a": 1}, "9007199254740993",
    "/Date(-62135596800000)/", "0001-01-01T00:00:00.0000000Z", "2015/8/21 \u4e0a\u5348 02:05:58", "\ufffd", "TCP://[::1",
    ";=;=", "\\\\", "..",
)  # fmt: skip


def sql() -> Rows:
    return {
        **primary_rows(), **OBJECTS, "sql-rights": [{"view_any_definition": 1, "view_any_database": 1}],
        "sql-installed": [{"InstalledInstances": ["MSSQLSERVER", "VMM"]}],
        "sql-listener-settings": [
            {"group_id": "G1", "listener_id": "L-1", "dns_name": "AG-VMM", "port": 1433, "is_conformant": True},
        ],
        "sql-listener-addresses": [
            {"listener_id": "L-1", "ip_address": "10.1.0.5", "ip_subnet_mask": None, "is_dhcp": False,
             "state_desc": "ONLINE"},
        ],
    }  # fmt: skip


def vmm() -> Rows:
    database = [{"ConnectionString": "Data Source=tcp:sql1,1433;Initial Catalog=x"}]
    return {
        **vmm_rows("vmm.lab", hosts=["hv1.lab"], clusters={"hvcl.lab": ["hv1.lab"]}), "vmm-database": database,
        **{query: [row] for query, row in ONE_OF_EACH.items()},
    }  # fmt: skip


def node() -> Rows:
    return {
        "vmm-node-database": [{"ConnectionString": "Server=sql1", "MachineFQDN": "sql1", "DatabaseName": "x"}],
        "vmm-node-setup": [{"InstallPath": "C:\\", "TopContainerName": "CN=x"}],
        "vmm-node-asr": [{"ProductVersion": "5"}],
        "vmm-node-guest": [{"VirtualMachineId": "X"}],
        "vmm-node-service": [{"Name": "SCVMMService", "State": "Running", "StartName": "x"}],
    }


@st.composite
def damage(draw: st.DrawFn, make: Callable[[], Rows]) -> Rows:
    rows: dict[str, Sequence[Values]] = {}
    for query, listed in make().items():
        rows[query] = [dict(row) for row in listed]
    for _ in range(draw(st.integers(1, 8))):
        row = draw(st.sampled_from([row for listed in rows.values() for row in listed if row]))
        name = draw(st.sampled_from(sorted(row)))
        assert isinstance(row, dict)
        if draw(st.booleans()):
            row[name] = draw(st.sampled_from(STRANGE))
        elif len(row) > 1:
            del row[name]
    return rows


@pytest.mark.parametrize(("role", "make"), [("sql", sql), ("vmm", vmm), ("vmm-node", node)])
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_damage_ends_as_gaps(role: str, make: Callable[[], Rows], data: st.DataObject) -> None:
    topology = read(role, "sql1.lab", data.draw(damage(make)))
    assert [gap.reason for gap in topology.gaps if gap.cause == "internal"] == []


@pytest.mark.parametrize(("role", "make"), [("sql", sql), ("vmm", vmm), ("vmm-node", node)])
def test_undamaged_answers_leave_no_gap(role: str, make: Callable[[], Rows]) -> None:
    topology = read(role, "sql1.lab", make())
    assert topology.gaps == ()
    assert len({type(fact) for fact in topology.facts}) >= {"sql": 14, "vmm": 15, "vmm-node": 1}[role]
