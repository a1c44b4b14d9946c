"""Which machine and which SQL Server instance a name means."""

import pytest

from drcheck.transport.names import Place, full_name, host_meant, place_of


@pytest.mark.parametrize(
    ("text", "host", "instance"),
    [
        ("Data Source=SQL1;Initial Catalog=db", "SQL1", "MSSQLSERVER"),
        ("server = tcp:sql1.lab,1433 ; Integrated Security=SSPI", "sql1.lab", "MSSQLSERVER"),
        ('Initial Catalog=db;Server="SQL1\\VMM"', "SQL1", "VMM"),
        ("Data Source=tcp:SQL9\\VMM,1444;Database=x", "SQL9", "VMM"),
        ("Address=sql1;Password=<redacted>", "sql1", "MSSQLSERVER"),
    ],
)
def test_where_a_connection_string_leads(text: str, host: str, instance: str) -> None:
    assert place_of(text) == Place(host=host, instance=instance, multi_subnet_failover=False)


@pytest.mark.parametrize("text", ["Initial Catalog=db", "", "Data Source=;Database=x", "nonsense"])
def test_a_connection_string_without_a_server_leads_nowhere(text: str) -> None:
    assert place_of(text) is None


@pytest.mark.parametrize("text", ["MultiSubnetFailover=True", "multi subnet failover = yes"])
def test_parallel_connections_to_a_listener_are_noticed(text: str) -> None:
    place = place_of(f"Data Source=ag;{text}")
    assert place is not None
    assert place.multi_subnet_failover


def test_a_short_name_is_completed_and_a_full_one_is_not() -> None:
    assert full_name(" HV1 ", "lab") == "hv1.lab"
    assert full_name("HV1.other.", "lab") == "hv1.other"
    assert full_name("", "lab") == ""


@pytest.mark.parametrize("name", ["AG-VMM", "tcp:ag-vmm.lab,1433", "ag-vmm\\VMM", "AG-VMM.lab."])
def test_a_server_is_meant_whatever_is_written_around_it(name: str) -> None:
    assert host_meant(name, "sql1.lab", "lab") == "ag-vmm.lab"


@pytest.mark.parametrize("name", [".", "(local)", "LocalHost", ".\\VMM"])
def test_a_machine_means_itself(name: str) -> None:
    assert host_meant(name, "sql1.lab", "lab") == "sql1.lab"
