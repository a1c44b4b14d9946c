"""Is a POST sent once, is its job read, and does a client say where what it read is from?"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drcheck.errors import (
    DrcheckError,
    Garbled,
    QueryFailed,
    Refused,
    RemoteFault,
    Throttled,
    UsageError,
)
from drcheck.estate.secret import Secret
from drcheck.topology.base import Target
from drcheck.transport.arm import ArmClient, ArmEndpoint
from drcheck.transport.arm_ask import AskArm
from tests.arm_transport.conftest import (
    API,
    ITEMS,
    JOB,
    TOKEN,
    VAULT,
    FarSide,
    Handler,
    answer,
    arm_error,
    endpoint_of,
    names,
    reset,
    truncate,
)


@pytest.mark.parametrize(
    "header",
    [
        {"Azure-AsyncOperation": f"https://x{VAULT}/replicationOperationStatus/{JOB}?api-version={API}"},
        {"Azure-AsyncOperation": f"https://x{VAULT}/replicationJobs/{JOB}?api-version=2016-08-10"},
        {"x-ms-request-id": f"{VAULT}/replicationJobs/{JOB.upper()}"},
        {"Location": f"https://x{VAULT}/replicationRecoveryPlans/p/operationresults/{JOB}?api-version={API}"},
    ],
)
def test_a_post_returns_the_job_of_any_header(far: FarSide, client: ArmClient, header: dict[str, str]) -> None:
    far.does(answer("", 202, {**header, "Retry-After": "30"}))
    job, headers = client.post(f"{VAULT}/replicationRecoveryPlans/p/testFailover", API, {"properties": {"a": None}})
    assert job == JOB
    assert headers["retry-after"] == "30"
    assert [(method, path) for method, path, _ in far.seen] == [
        ("POST", f"{VAULT}/replicationRecoveryPlans/p/testFailover?api-version={API}")
    ]
    assert json.loads(far.bodies[-1]) == {"properties": {"a": None}}


@pytest.mark.parametrize(
    ("handler", "error", "unsure"),
    [
        pytest.param(arm_error(500, "Oops", Retry_After="0"), RemoteFault, True, id="500"),
        pytest.param(arm_error(503, "Busy", Retry_After="0"), RemoteFault, True, id="503"),
        pytest.param(arm_error(429, "TooManyRequests", Retry_After="0"), Throttled, False, id="429"),
        pytest.param(reset, Refused, True, id="reset"),
        pytest.param(truncate, Garbled, True, id="truncate"),
        pytest.param(arm_error(409, "Conflict"), QueryFailed, False, id="409"),
    ],
)
def test_a_post_is_sent_exactly_once(
    far: FarSide, client: ArmClient, handler: Handler, error: type[DrcheckError], unsure: bool
) -> None:
    far.does(handler)
    with pytest.raises(error) as caught:
        client.post(f"{VAULT}/replicationRecoveryPlans/p/testFailover", API, {})
    assert len(far.seen) == 1
    assert ("It may have begun" in str(caught.value)) is unsure


def test_a_job_is_read_by_itself(far: FarSide, client: ArmClient) -> None:
    failed = {"serviceErrorDetails": {"code": "532", "message": "An operation\n is in progress"}, "taskId": "a"}
    properties = {
        "state": "Failed",
        "scenarioName": None,
        "startTime": "2026-11-23T10:00:00.1234567Z",
        "endTime": "2026-11-23T10:00:00Z",
        "errors": [failed, failed],
        "tasks": [{"name": "Prerequisites", "state": "Other", "startTime": "0001-01-01T00:00:00", "errors": [failed]}],
        "customDetails": None,
    }
    far.does(
        answer({"id": f"{VAULT}/replicationJobs/{JOB}", "name": JOB, "properties": properties, "status": "Succeeded"})
    )
    job = client.job(VAULT, JOB)
    assert far.seen[0][1] == f"{VAULT}/replicationJobs/{JOB}?api-version={API}"
    assert job.ended
    assert not job.succeeded
    assert job.problems == ("532: An operation is in progress",)
    assert job.started_at == datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)
    assert job.tasks[0].start.at is None


def test_azures_clock_is_compared_with_ours(far: FarSide, ca_file: Path) -> None:
    ours = datetime(2026, 11, 23, 10, tzinfo=UTC)
    far.does(answer({"value": []}, headers={"Date": "Mon, 23 Nov 2026 10:01:00 GMT"}))
    with ArmClient(endpoint_of(far, ca_file), now=lambda: ours) as client:
        names(client)
        clock = AskArm(client, Target(role="vault", endpoint=VAULT), "x", lambda: ours).clock
    assert clock is not None
    assert (clock.offset_seconds, clock.uncertainty_seconds, clock.at) == (60.5, 0.5, ours)


def test_no_token_goes_over_plain_http(far: FarSide, ca_file: Path) -> None:
    with pytest.raises(UsageError, match="https only"):
        ArmClient(endpoint_of(far, ca_file, base_url="http://127.0.0.1:9"))


def test_the_sign_in_library_is_loaded_only_when_there_is_no_token() -> None:
    program = "import sys, drcheck.transport.arm; sys.exit('azure.identity' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_provenance_names_target_path_and_time(client: ArmClient) -> None:
    moment = datetime(2026, 11, 23, 10, tzinfo=UTC)
    ask = AskArm(client, Target(role="vault", endpoint=VAULT.lower()), "site_recovery", lambda: moment)
    seen = ask.seen(ITEMS)
    assert (seen.source, seen.endpoint, seen.query, seen.at) == ("site_recovery", VAULT.lower(), f"GET {ITEMS}", moment)


@pytest.mark.parametrize(
    ("base_url", "scope", "authority"),
    [
        ("https://management.azure.com", "https://management.azure.com/.default", None),
        ("https://management.azure.com:443/", "https://management.azure.com/.default", None),
        (
            "https://management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net/.default",
            "login.microsoftonline.us",
        ),
        (
            "https://management.chinacloudapi.cn",
            "https://management.chinacloudapi.cn/.default",
            "login.chinacloudapi.cn",
        ),
        ("https://127.0.0.1:9443", "https://127.0.0.1:9443/.default", None),
    ],
)
def test_tokens_are_asked_for_the_cloud_of_the_base_url(base_url: str, scope: str, authority: str | None) -> None:
    endpoint = ArmEndpoint(base_url=base_url)
    assert endpoint.scope == scope
    assert endpoint.authority == authority
    assert TOKEN not in repr(ArmEndpoint(base_url=base_url, token=Secret(TOKEN)))
