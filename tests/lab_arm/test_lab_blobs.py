"""The simulated Blob Storage, asked by drcheck's own client and by Microsoft's: both find the same service."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from azure.core import MatchConditions
from azure.core.credentials import AccessToken
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.blob import ContainerClient
from msgspec import structs

from drcheck.errors import AccessDenied, AuthenticationFailed, Garbled, QueryFailed, RemoteFault, TlsFailed, UsageError
from drcheck.estate import Secret
from drcheck.lab.azure.blobs import CONTAINER, Blob, BlobAccount
from drcheck.lab.azure.faults import Fault
from drcheck.lab.azure.state import azure_of
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.server import running
from drcheck.lab.state.clock import LabClock
from drcheck.transport.arm_sign_in import StaticToken
from drcheck.transport.blobs import BlobContainer, BlobEndpoint

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Place(SimpleNamespace):
    """The running service."""

    account: BlobAccount
    endpoint: BlobEndpoint

    def container(self, *, token: str = "", **changes: object) -> BlobContainer:
        given = StaticToken(Secret(token or self.account.token))
        return BlobContainer(structs.replace(self.endpoint, **changes), given, now=lambda: NOON)

    def theirs(self, *, token: str = "") -> ContainerClient:
        """Microsoft's client of the same container."""
        told = AccessToken(token or self.account.token, 4_000_000_000)
        credential = SimpleNamespace(get_token=lambda *_, **__: told)
        verify = str(self.endpoint.ca_file)
        return ContainerClient.from_container_url(
            self.endpoint.url, credential=credential, connection_verify=verify, retry_total=0
        )


@pytest.fixture(scope="module")
def running_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    world = build("contoso", 0)
    with running(assemble(world, LabClock())) as lab:
        ca = tmp_path_factory.mktemp("blobs") / "ca.pem"
        lab.authority.write(ca)
        url = f"https://127.0.0.1:{lab.blob_port}/account/{CONTAINER}"
        yield Place(
            account=azure_of(world).blobs, endpoint=BlobEndpoint(url=url, ca_file=ca), arm=azure_of(world).token
        )


@pytest.fixture
def place(running_place: Place) -> Iterator[Place]:
    yield running_place
    running_place.account.containers[CONTAINER].clear()
    running_place.account.faults.clear()
    running_place.account.allowed = frozenset({"read", "write", "delete"})


def test_a_blob_is_made_once_replaced_by_who_has_seen_it_and_removed(place: Place) -> None:
    container = place.container()
    assert container.get("leases/a.json") is None
    assert container.create("leases/a.json", b"one")
    assert not container.create("leases/a.json", b"two")
    seen = container.get("leases/a.json")
    assert seen is not None
    assert seen.body == b"one"
    assert container.replace("leases/a.json", b"three", seen.etag)
    assert not container.replace("leases/a.json", b"four", seen.etag)
    assert not container.delete("leases/a.json", seen.etag)
    now = container.get("leases/a.json")
    assert now is not None
    assert container.delete("leases/a.json", now.etag)
    assert not container.delete("leases/a.json", now.etag)


def test_a_growing_blob_takes_each_line_where_it_belongs(place: Place) -> None:
    container = place.container()
    assert container.create("journals/d.jsonl", b"", growing=True)
    assert container.append("journals/d.jsonl", b"one\n", 0)
    assert not container.append("journals/d.jsonl", b"one\n", 0)
    assert container.append("journals/d.jsonl", b"two\n", 4)
    assert not container.append("journals/x.jsonl", b"one\n", 0)
    found = container.get("journals/d.jsonl")
    assert found is not None
    assert found.body == b"one\ntwo\n"


def test_names_come_page_by_page_and_as_they_are(place: Place) -> None:
    blobs = place.account.containers[CONTAINER]
    names = [f"journals/{number:04d} & <ä>.jsonl" for number in range(250)]
    blobs |= {name: Blob(kind="AppendBlob", body=b"", etag='"1"', modified=0.0) for name in [*names, "leases/a.json"]}
    assert list(place.container().names("journals/")) == names
    assert place.container().get(names[7]) is not None
    assert list(place.theirs().list_blob_names(name_starts_with="journals/")) == names


def test_microsofts_own_client_finds_the_same_service(place: Place) -> None:
    ours, theirs = place.container(), place.theirs()
    theirs.upload_blob("leases/a.json", b"theirs")
    assert not ours.create("leases/a.json", b"ours")
    with pytest.raises(ResourceExistsError) as exists:
        theirs.upload_blob("leases/a.json", b"again")
    assert (exists.value.status_code, code_of(exists.value)) == (409, "BlobAlreadyExists")
    seen = ours.get("leases/a.json")
    assert seen is not None
    assert seen.body == theirs.download_blob("leases/a.json").readall() == b"theirs"
    assert theirs.get_blob_client("leases/a.json").get_blob_properties().etag == seen.etag
    theirs.delete_blob("leases/a.json", etag=seen.etag, match_condition=MatchConditions.IfNotModified)
    assert ours.get("leases/a.json") is None
    with pytest.raises(ResourceNotFoundError) as absent:
        theirs.delete_blob("leases/a.json")
    assert code_of(absent.value) == "BlobNotFound"
    growing = theirs.get_blob_client("journals/d.jsonl")
    growing.create_append_blob()
    growing.append_block(b"one\n", appendpos_condition=0)
    assert ours.append("journals/d.jsonl", b"two\n", 4)
    with pytest.raises(HttpResponseError) as moved:
        growing.append_block(b"three\n", appendpos_condition=4)
    assert (moved.value.status_code, code_of(moved.value)) == (412, "AppendPositionConditionNotMet")
    with pytest.raises(ClientAuthenticationError):
        place.theirs(token="wrong").download_blob("journals/d.jsonl")


def code_of(error: HttpResponseError) -> str:
    """The service's own word, as that client found it."""
    code = vars(error)["error_code"]
    return str(getattr(code, "value", code))


def test_a_token_for_the_resource_manager_opens_nothing_here(place: Place) -> None:
    with pytest.raises(AuthenticationFailed, match="one for Azure Storage"):
        place.container(token=place.arm).get("leases/a.json")


@pytest.mark.parametrize("lacking", ["read", "write", "delete"])
def test_a_right_that_is_lacking_is_named(place: Place, lacking: str) -> None:
    place.account.allowed -= {lacking}
    container = place.container()
    calls: dict[str, Callable[[], object]] = {
        "read": lambda: container.get("a"),
        "write": lambda: container.create("a", b""),
        "delete": lambda: container.delete("a", '"1"'),
    }
    with pytest.raises(AccessDenied, match=r"AuthorizationPermissionMismatch.*drcheck permissions"):
        calls[lacking]()


def test_what_is_wrong_with_the_place_is_told(place: Place, tmp_path: Path) -> None:
    with pytest.raises(QueryFailed, match="ContainerNotFound"):
        place.container(url=f"{place.endpoint.url}x").get("a")
    with pytest.raises(UsageError, match="over https only"):
        place.container(url="http://account.blob.core.windows.net/c")
    with pytest.raises(TlsFailed):
        place.container(ca_file=None).get("a")


def test_a_write_is_sent_once_and_a_read_again(place: Place) -> None:
    container = place.container()
    container.create("a", b"")
    place.account.faults.add(Fault(kind="500", method="GET"))
    assert container.get("a") is not None
    sent = len(place.account.writes)
    place.account.faults.add(Fault(kind="500", method="PUT"))
    with pytest.raises(RemoteFault, match="look before you try again"):
        container.create("b", b"")
    assert len(place.account.writes) == sent + 1
    place.account.faults.add(Fault(kind="garbage", path="comp=list"))
    with pytest.raises(Garbled, match="no list of blobs"):
        list(container.names(""))
    place.account.faults.add(Fault(kind="garbage", method="GET"))
    with pytest.raises(Garbled, match="no blob"):
        container.get("a")
