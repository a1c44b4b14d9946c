"""Do calls to the simulated ARM go wrong exactly as a test asks for?"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from drcheck.lab.arm import ENGINE, FAULTS, make_app
from drcheck.lab.azure.build import item_id, vault_id, vnet_id
from drcheck.lab.azure.faults import Fault
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import World

V = ("rg-dr", "vault-dr")
SHORT = 2.0
"""Real seconds after which a hanging call is given up."""


@pytest.fixture
def http(arm: Any) -> Iterator[requests.Session]:
    """A plain client, without the SDK's interpretation of what it is told."""
    with requests.Session() as session:
        session.verify = str(arm.ca_file)
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {arm.azure.token}"
        yield session


def url(arm: Any, path: str = "/replicationFabrics") -> str:
    return f"{arm.url}{vault_id(arm.world)}{path}?api-version=2025-08-01"


@pytest.mark.parametrize("kind", ["401", "403", "429", "500"])
def test_refusals_come_in_arms_envelope(arm: Any, http: requests.Session, kind: Any) -> None:
    arm.azure.faults.add(Fault(kind=kind, retry_after=7))

    answer = http.get(url(arm))

    assert answer.status_code == int(kind)
    assert answer.json()["error"]["code"]
    assert answer.headers.get("Retry-After") == ("7" if kind == "429" else None)
    assert http.get(url(arm)).status_code == 200


def test_a_throttled_call_may_come_without_advice(arm: Any, http: requests.Session) -> None:
    arm.azure.faults.add(Fault(kind="429", retry_after=None))

    assert "Retry-After" not in http.get(url(arm)).headers


def test_garbage_is_a_page_of_html(arm: Any, http: requests.Session) -> None:
    arm.azure.faults.add(Fault(kind="garbage"))

    answer = http.get(url(arm))

    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/html")


@pytest.mark.parametrize("kind", ["reset", "truncated"])
def test_a_cut_connection_gives_no_answer(arm: Any, http: requests.Session, kind: Any) -> None:
    arm.azure.faults.add(Fault(kind=kind))

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        http.get(url(arm))
    assert http.get(url(arm)).status_code == 200


def test_a_hanging_call_hangs_and_leaves_nothing_behind(arm: Any, http: requests.Session) -> None:
    arm.azure.faults.add(Fault(kind="hang"))

    with pytest.raises(requests.ReadTimeout):
        http.get(url(arm), timeout=SHORT)
    assert http.get(url(arm)).status_code == 200


def test_a_lost_answer_has_taken_effect(arm: Any, http: requests.Session) -> None:
    arm.azure.faults.add(Fault(kind="lost", method="POST", path="testFailover"))
    properties = {"networkType": "VmNetworkAsInput", "networkId": vnet_id(arm.world, "vnet-test")}
    path = f"{arm.url}{item_id(arm.world, 'PAY01')}/testFailover?api-version=2025-08-01"

    with pytest.raises(requests.ConnectionError):
        http.post(path, json={"properties": properties})

    assert len(http.get(url(arm, "/replicationJobs")).json()["value"]) == 1


def test_a_reset_order_has_not_taken_effect(arm: Any, http: requests.Session) -> None:
    arm.azure.faults.add(Fault(kind="reset", method="POST"))
    path = f"{arm.url}{item_id(arm.world, 'PAY01')}/testFailover?api-version=2025-08-01"

    with pytest.raises(requests.ConnectionError):
        http.post(path, json={})

    assert http.get(url(arm, "/replicationJobs")).json()["value"] == []


def test_a_fault_waits_for_its_turn_and_its_place(arm: Any, http: requests.Session) -> None:
    arm.azure.faults.add(Fault(kind="500", path="replicationPOLICIES", skip=1, times=2))

    def policies() -> int:
        return http.get(url(arm, "/replicationPolicies")).status_code

    assert http.get(url(arm)).status_code == 200
    assert [policies() for _ in range(4)] == [200, 500, 500, 200]


def test_a_lasting_fault_lasts_until_it_is_cleared(arm: Any, http: requests.Session) -> None:
    arm.azure.faults.add(Fault(kind="403", times=None))

    assert {http.get(url(arm)).status_code for _ in range(5)} == {403}
    arm.azure.faults.clear()
    assert http.get(url(arm)).status_code == 200


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("401", ClientAuthenticationError),
        ("403", HttpResponseError),
        ("429", HttpResponseError),
        ("500", HttpResponseError),
        ("garbage", ValueError),
        ("reset", (ServiceResponseError, ServiceRequestError)),
        ("truncated", (ServiceResponseError, ServiceRequestError, HttpResponseError)),
    ],
)
def test_sdk_meets_every_fault_as_an_error(arm: Any, kind: Any, error: Any) -> None:
    arm.azure.faults.add(Fault(kind=kind))

    with pytest.raises(error):
        list(arm.client().replication_fabrics.list(*V))


def test_sdk_gets_over_a_throttled_read_by_itself(arm: Any) -> None:
    arm.azure.faults.add(Fault(kind="429", retry_after=0))

    assert len(list(arm.client(retry_total=3).replication_fabrics.list(*V))) == 1


def test_microsofts_client_answers_an_unregistered_provider_with_a_hidden_write(arm: Any) -> None:
    """What drcheck's own pipeline must not do, shown by the client that does it."""
    arm.azure.faults.add(Fault(kind="unregistered"))

    with pytest.raises(HttpResponseError):
        list(arm.client().replication_fabrics.list(*V))

    (write,) = arm.azure.writes
    assert write.endswith("/providers/Microsoft.RecoveryServices/register")


def test_faults_of_the_world_are_those_of_the_application(estate: Any) -> None:
    world: World = estate()

    app = make_app(world, LabClock())

    assert app[FAULTS] is app[ENGINE].azure.faults


def test_a_world_without_azure_has_no_application() -> None:
    with pytest.raises(LookupError, match="no Azure half"):
        make_app(World(name="bare"), LabClock())
