"""Does the ARM client read every page, name every failure, and let no token go astray?"""

from pathlib import Path

import pytest

from drcheck.errors import (
    AccessDenied,
    AnswerError,
    AuthenticationFailed,
    DrcheckError,
    Garbled,
    QueryFailed,
    Refused,
    RemoteFault,
    Throttled,
    TransportError,
)
from drcheck.transport.arm import ArmClient
from tests.arm_transport.conftest import (
    API,
    ITEMS,
    TOKEN,
    VAULT,
    FarSide,
    Handler,
    Item,
    answer,
    arm_error,
    endpoint_of,
    names,
    page,
    reset,
    truncate,
    truncate_chunks,
)


def test_reads_all_pages_and_keeps_the_query_of_each_link(far: FarSide, client: ArmClient) -> None:
    new = f"{far.url}{ITEMS}?api-version={API}&$skipToken=ReplicationGroup%3ABegin"
    old = f"{far.url}{ITEMS}?api-version=2016-08-10&%24skipToken=ReplicationGroup%3aBegin"
    far.does(page("a", "b", link=new), page("c", link=old), page())
    assert names(client) == ["a", "b", "c"]
    assert [path.partition("?")[2] for _, path, _ in far.seen] == [
        f"api-version={API}",
        f"api-version={API}&$skipToken=ReplicationGroup%3ABegin",
        "api-version=2016-08-10&%24skipToken=ReplicationGroup%3ABegin",  # the same token: RFC 3986, 6.2.2.1
    ]


def test_sends_the_token_and_asks_for_json(far: FarSide, client: ArmClient) -> None:
    far.does(page())
    names(client)
    headers = far.seen[0][2]
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Accept"] == "application/json"
    assert "drcheck" in headers["User-Agent"]


def test_pages_that_never_end_are_an_error(far: FarSide, client: ArmClient) -> None:
    far.does(page("a", link=f"{far.url}{ITEMS}?api-version={API}&$skipToken=x"))
    with pytest.raises(Garbled, match="have no end"):
        names(client)
    assert len(far.seen) == 2


@pytest.mark.parametrize("other", ["port", "scheme"])
def test_no_token_leaves_the_base_url(far: FarSide, client: ArmClient, other: str) -> None:
    with FarSide() as elsewhere:
        elsewhere.does(page("stolen"))
        base = elsewhere.url if other == "port" else far.url.replace("https", "http")
        far.does(page("a", link=f"{base}{ITEMS}?api-version={API}"))
        found: list[str] = []
        with pytest.raises(Garbled, match="another place"):
            found.extend(item.id for item in client.every(ITEMS, API, Item))
        assert elsewhere.seen == []
        with pytest.raises(Garbled, match="another place"):
            client.follow(f"{base}/anything")
        assert elsewhere.seen == []
    assert len(far.seen) == 1


def test_an_id_of_the_far_side_cannot_change_the_host(far: FarSide, client: ArmClient) -> None:
    far.does(page())
    for path in ("@evil.example/x", "https://evil.example/x", "x y", "/a b", "/a#b"):
        with pytest.raises(AnswerError, match="not an ARM path"):
            client.one(path, API, Item)
    with pytest.raises(AnswerError, match="not an ARM path"):
        client.post("/plan?x=/testFailover", API, {})
    assert far.seen == []


def test_a_redirect_is_not_followed(far: FarSide, client: ArmClient) -> None:
    far.does(answer("", 302, {"Location": f"{far.url}/elsewhere"}))
    with pytest.raises(Garbled, match=r"redirected to .*/elsewhere"):
        names(client)
    assert len(far.seen) == 1


ACTION = "Microsoft.RecoveryServices/vaults/replicationJobs/read"
DENIED = f"The client 'x' does not have authorization to perform action '{ACTION}' over scope '/s'."
FAILURES: dict[str, tuple[Handler, type[DrcheckError], str, int]] = {
    "401": (arm_error(401, "ExpiredAuthenticationToken"), AuthenticationFailed, r"ExpiredAuthenticationToken", 1),
    "401-html": (answer("<html>", 401, kind="text/html"), AuthenticationFailed, "token was not accepted", 1),
    "403-action": (arm_error(403, "AuthorizationFailed", DENIED), AccessDenied, f"action {ACTION} was denied", 1),
    "403-other": (arm_error(403, "RequestDisallowed"), AccessDenied, f"GET {ITEMS} was denied", 1),
    "403-html": (answer("<html>", 403, kind="text/html"), Garbled, "status 403 and no ARM error", 1),
    "404": (arm_error(404, "ResourceNotFound", "gone"), QueryFailed, "ResourceNotFound: gone", 1),
    "404-text": (answer("404 page not found", 404, kind="text/plain"), Garbled, "no ARM error", 1),
    "404-json-of-another": (answer({"hello": 1}, 404), Garbled, "no ARM error", 1),
    "409": (arm_error(409, "MissingSubscriptionRegistration"), QueryFailed, "MissingSubscriptionRegistration", 1),
    "429": (arm_error(429, "TooManyRequests", Retry_After="0"), Throttled, "throttled", 5),
    "429-long": (arm_error(429, "TooManyRequests", Retry_After="3600"), Throttled, "wait 3600 s", 1),
    "500": (
        arm_error(500, "InternalServerError", "oops", Retry_After="0"),
        RemoteFault,
        "500, InternalServerError: oops",
        5,
    ),
    "502-html": (answer("<html>", 502, {"Retry-After": "0"}, "text/html"), RemoteFault, "status 502, and nothing", 5),
    "200-html": (answer("<html>hello</html>", 200, kind="text/html"), Garbled, "not JSON", 1),
    "200-empty": (answer("", 200), Garbled, "not JSON", 1),
    "value-null": (answer({"value": None}), AnswerError, r"\$.value: Expected `array`, got `null`", 1),
    "value-missing": (answer({"error": {"code": "x"}}), AnswerError, "missing required field `value`", 1),
    "item-wrong": (answer({"value": [{"id": "a"}, {"id": 3}]}), AnswerError, r"\$.value\[1\].id: Expected `str`", 1),
}


@pytest.mark.parametrize("case", FAILURES)
def test_every_answer_that_is_no_answer_has_a_name(far: FarSide, client: ArmClient, case: str) -> None:
    handler, error, text, times = FAILURES[case]
    far.does(handler)
    with pytest.raises(error, match=text) as caught:
        names(client)
    assert len(far.seen) == times
    assert TOKEN not in str(caught.value)
    if isinstance(caught.value, TransportError):
        assert caught.value.endpoint == f"arm {far.url}"
        assert caught.value.remedy


def test_the_inner_code_of_site_recovery_wins(far: FarSide, client: ArmClient) -> None:
    details = [{"code": "ArmResourceDoesNotExist", "message": "The plan\n is gone."}]
    far.does(answer({"error": {"code": "NotFound", "message": "outer", "details": details}}, 404))
    with pytest.raises(QueryFailed) as caught:
        client.one(f"{VAULT}/replicationRecoveryPlans/x", API, Item)
    assert caught.value.error_id == "ArmResourceDoesNotExist"
    assert caught.value.message == "The plan is gone."
    assert caught.value.query == f"GET {VAULT}/replicationRecoveryPlans/x"


@pytest.mark.parametrize(
    "trouble", [reset, truncate, truncate_chunks, pytest.param(arm_error(503, "Busy", Retry_After="0"), id="503")]
)
def test_a_read_survives_one_trouble(far: FarSide, client: ArmClient, trouble: Handler) -> None:
    far.does(trouble, page("a"))
    assert names(client) == ["a"]
    assert len(far.seen) == 2


@pytest.mark.parametrize(("handler", "error"), [(truncate, Garbled), (truncate_chunks, Garbled), (reset, Refused)])
def test_cut_answers_are_named(far: FarSide, ca_file: Path, handler: Handler, error: type[DrcheckError]) -> None:
    far.does(handler)
    with ArmClient(endpoint_of(far, ca_file, total_seconds=1.0)) as client, pytest.raises(error, match="cut"):
        names(client)
