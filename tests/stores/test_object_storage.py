"""The vault in object storage, alone and beside a file system (AR-10, NF-5)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey, s3_backends
from moto.server import ThreadedMotoServer

from archive import errors, stores, vault
from archive.models import Case, Instance, Study
from archive.services import commitment, doubts, rebuilding, serving
from archive.services.destruction_work import carry_out
from archive.stores import s3
from archive.stores.folders import MARK, set_up
from archive.stores.landing import FOLDER
from archive.values import uid_from_uuid
from tests import cast, notes, retention
from tests.cast import dataset
from tests.configuring import Configure
from tests.rebuilding import nothing, rows, wipe
from tests.services.test_integrity import go_round, one
from tests.services.test_receiving_at_once import left
from tests.services.test_registration import state, stored
from tests.services.test_rejections import registered
from tests.stores.conftest import Service, bucket_at, started

pytestmark = pytest.mark.usefixtures("db")


def files(own_vault: Path) -> list[str]:
    """Beside the marks, and segments, of which nothing is left but their blocks."""
    vault.give_files("production", quiet_seconds=0)
    found = [path for path in own_vault.rglob("*") if path.is_file() and path.name != MARK]
    return [path.name for path in found if path.parent.name != FOLDER]


@pytest.mark.usefixtures("in_objects")
def test_what_is_stored_there_is_the_same_byte_by_byte(own_vault: Path) -> None:
    made = dataset()
    study = registered(made)
    row = one(made)
    assert row.store == "s3"
    assert vault.read("production", bytes(row.digest)) == cast.encoded(made)
    assert serving.served(row).data() == cast.encoded(made)
    meta = vault.read_meta("production", bytes(row.digest))
    assert (meta.source_aet, meta.sop_instance_uid) == ("ESIM_PACS", row.sop_instance_uid)
    assert vault.size_of("production", bytes(row.digest)) == row.size
    assert files(own_vault) == []
    asked = commitment.request(
        cast.peer(),
        transaction_uid=uid_from_uuid(),
        references=[(cast.CT, row.sop_instance_uid)],
    )
    assert not commitment.result(asked).failed
    assert state(study) == "registered"


@pytest.mark.usefixtures("in_objects")
def test_an_object_that_does_not_fit_into_memory_goes_up_from_its_file(own_vault: Path) -> None:
    made = dataset(PixelData=bytes(vault.SPILL + 4096))
    cast.store(made)
    row = one(made)
    assert vault.read("production", bytes(row.digest)) == cast.encoded(made)
    with vault.hold("production", bytes(row.digest), row.size) as held, held.view() as whole:
        assert held.data() == whole == cast.encoded(made)
    assert files(own_vault) == []


@pytest.mark.usefixtures("in_objects")
def test_an_object_that_comes_again_stays_as_it_came_first() -> None:
    store, key = stores.default(), f"production/ab/{'ab' * 32}.dcm"
    head, data = (b"came first".ljust(vault.DATA_OFFSET), b"data set")
    store.put(key, (head, data), None)
    store.put(key, (b"came again".ljust(vault.DATA_OFFSET), data), None)
    with store.open(key) as file:
        assert file.read() == head + data
    store.put(key, (head, b"repaired"), None)
    with store.open(key) as file:
        assert file.read() == head + b"repaired"


@pytest.mark.parametrize("part", [5 << 20, 64 << 20])
@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.usefixtures("in_objects")
def test_a_large_object_that_comes_again_stays_as_it_came_first(
    part: int, seen: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "PART", part)
    store, key = stores.default(), f"production/ab/{'ab' * 32}.dcm"
    if not seen:  # both came in one moment
        alike = s3.ObjectStore._has_alike
        looks = iter([False, False])
        monkeypatch.setattr(
            s3.ObjectStore, "_has_alike", lambda *asked: next(looks, True) and alike(*asked)
        )

    def put(head: bytes, data: bytes) -> bytes:
        spilled = tmp_path / "spilled"
        spilled.write_bytes(head.ljust(vault.DATA_OFFSET) + data)
        store.put(key, (), spilled)
        assert not spilled.exists()
        with store.open(key) as file:
            return file.read()

    data = bytes(11 << 20)
    first = put(b"came first", data)
    assert put(b"came again", data) == first
    assert put(b"repaired", data + b"!") == b"repaired".ljust(vault.DATA_OFFSET) + data + b"!"
    assert not left_in_parts()


def left_in_parts() -> list[Any]:
    """What a service keeps, and is paid for, until somebody takes it away."""
    at = stores.default()
    assert isinstance(at, s3.ObjectStore)
    return list(at.client.list_multipart_uploads(Bucket=at.bucket).get("Uploads", ()))


@pytest.mark.usefixtures("in_objects")
def test_of_a_large_object_that_did_not_go_up_no_part_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "PART", 5 << 20)
    store, key, spilled = stores.default(), f"production/ab/{'ab' * 32}.dcm", tmp_path / "spilled"
    spilled.write_bytes(bytes(11 << 20))

    def lost(*_: object, **__: object) -> None:
        raise EndpointConnectionError(endpoint_url="gone")

    assert isinstance(store, s3.ObjectStore)
    monkeypatch.setattr(store.client, "complete_multipart_upload", lost)
    with pytest.raises(errors.StorageGone):
        store.put(key, (), spilled)
    assert spilled.exists() and not store.has(key) and not left_in_parts()


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.usefixtures("in_objects")
def test_what_another_puts_in_that_moment_is_waited_for(
    large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service answers 409 while it does not know yet which of two was first."""
    store = stores.default()
    assert isinstance(store, s3.ObjectStore)
    put, conflicts = store.client.put_object, iter([409, 409])

    def put_object(**asked: Any) -> Any:
        for _ in conflicts:
            said = {"Error": {"Code": "ConditionalRequestConflict"}}
            asked["Body"] if isinstance(asked["Body"], bytes) else asked["Body"].read()
            raise ClientError(said, "PutObject")
        return put(**asked)

    monkeypatch.setattr(store.client, "put_object", put_object)
    made = dataset(PixelData=bytes(vault.SPILL + 4096 if large else 8))
    cast.store(made)
    with serving.served(one(made)) as held:
        assert held.data() == cast.encoded(made)
    assert not Case.objects.exists()


@pytest.mark.usefixtures("in_objects")
def test_the_same_again_is_one_object_and_a_refused_one_leaves_nothing() -> None:
    made = dataset()
    cast.store(made)
    cast.store(made)
    with pytest.raises(errors.OtherContent):
        cast.store(dataset(SOPInstanceUID=made.SOPInstanceUID, Rows=4))
    assert len(list(vault.every_object("production"))) == 1


@pytest.mark.usefixtures("in_objects")
def test_damage_is_found_set_aside_and_healed() -> None:
    made = dataset()
    cast.store(made)
    row = one(made)
    key = vault.key_of("production", bytes(row.digest))
    whole = vault.read_file("production", bytes(row.digest))
    stores.configured()["s3"].put(key, (whole[:-1] + b"\xff",), None)
    assert go_round().found == 1
    assert Case.objects.get().reason == "bytes-damaged"
    assert not vault.where("production", bytes(row.digest))
    aside = [key for key, _ in stores.configured()["s3"].keys("production/quarantine")]
    assert len(aside) == 1
    cast.store(made)
    assert serving.served(one(made)).data() == cast.encoded(made)


@pytest.mark.usefixtures("in_objects")
def test_bytes_that_one_machine_doubts_are_removed_by_the_worker_of_another(
    configure: Configure, own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(dataset())
    there = own_vault.parent / "there"
    configure(DATA_DIR=str(there))
    for environment in ("", "production", "test"):
        set_up(there / "vault" / environment)
    assert (doubts.settle(), len(list(vault.every_object("production")))) == (0, 1)
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -2)
    assert [doubts.settle() for _ in range(3)] == [0, 1, 0]
    assert list(stores.configured()["s3"].keys("production")) == []


@pytest.fixture
def insides(own_vault: Path, configure: Configure) -> Iterator[Callable[[Instance], FakeKey]]:
    """Objects go to a service within this process; what it keeps of one."""
    service = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    service.start()
    try:
        _, port = service.get_host_and_port()
        variables = bucket_at(f"http://127.0.0.1:{port}")
        configure(**variables, VAULT_STORE="s3")
        keys = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[variables["S3_BUCKET"]].keys
        yield lambda row: keys["archive/" + vault.key_of("production", bytes(row.digest))]
    finally:
        service.stop()


def test_damage_that_the_service_itself_sees_is_damage_and_not_a_service_that_is_away(
    insides: Callable[[Instance], FakeKey],
) -> None:
    made = dataset()
    cast.store(made)
    kept = insides(one(made))
    assert kept.checksum_value, "it keeps the digest that came with the object"
    kept.value = kept.value[:-1] + bytes([kept.value[-1] ^ 1])
    assert go_round().found == 1
    assert Case.objects.get().reason == "bytes-damaged"


def test_an_object_that_the_service_alone_cannot_give_holds_up_no_round(
    insides: Callable[[Instance], FakeKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [dataset() for _ in range(3)]
    cast.store(*made)
    lost = insides(one(made[1]))
    with monkeypatch.context() as broken:
        broken.setattr(lost, "_value_buffer", None)  # answered with 500
        assert go_round().checked == 3
        case = Case.objects.get()
        assert (case.reason, case.state, case.event_count) == ("storage-gone", "open", 1)
    assert one(made[1]).damaged_at is None
    assert go_round().checked == 3
    case.refresh_from_db()
    assert case.state == "resolved"


def test_object_storage_that_nobody_names_any_more_is_away_and_nothing_is_damaged(
    in_objects: dict[str, str], configure: Configure
) -> None:
    """As after a start without its settings."""
    made = dataset()
    cast.store(made)
    configure(S3_BUCKET="", VAULT_STORE="files")
    with pytest.raises(errors.StorageGone):
        serving.served(one(made))
    with pytest.raises(errors.StorageGone):
        cast.store(made)
    with pytest.raises(errors.StorageGone):
        go_round()
    assert one(made).damaged_at is None
    assert not Case.objects.filter(reason="bytes-damaged").exists()
    configure(**in_objects, VAULT_STORE="s3")
    assert serving.served(one(made)).data() == cast.encoded(made)
    cast.store(made)


def test_nothing_is_told_as_destroyed_that_stands_where_nobody_looks(
    in_objects: dict[str, str], configure: Configure
) -> None:
    retention.nothing_is_for_ever()
    digest = bytes(Instance.objects.filter(study=retention.ended())[0].digest)
    made = retention.approved(Study.objects.get())
    configure(S3_BUCKET="", VAULT_STORE="files")
    with pytest.raises(errors.StorageGone):
        carry_out(made.id)
    assert retention.states(made) == [("condemned", "")]
    configure(**in_objects, VAULT_STORE="s3")
    assert retention.finish(made).state == "done"
    assert not vault.is_whole("production", digest)


@pytest.mark.usefixtures("in_objects")
def test_the_index_is_made_again_from_object_storage() -> None:
    made = dataset()
    stored(made, dataset())
    notes.send(notes.note(notes.SAFETY, made))
    before = rows()["rejected"]
    wipe()
    rebuilding.rebuild(nothing)
    assert rows()["rejected"] == before
    assert {row.store for row in Instance.objects.all()} == {"s3"}


@pytest.mark.usefixtures("in_objects")
def test_a_refused_upload_in_parts_is_busy(own_vault: Path, configure: Configure) -> None:
    configure(S3_BUCKET="nobody-made-it")
    with pytest.raises(errors.StorageGone) as refused:
        cast.store(dataset(PixelData=bytes(vault.SPILL + 4096)))
    assert refused.value.code == "A700"
    assert files(own_vault) == []


def test_a_service_that_is_away_is_busy_and_nothing_is_lost(
    own_vault: Path, configure: Configure, pick_port: Callable[[], int], tmp_path: Path
) -> None:
    service: Service = started(pick_port(), tmp_path / "log")
    configure(**service.variables(), VAULT_STORE="s3")
    made = dataset()
    cast.store(made)
    service.process.kill()
    service.process.wait(20)
    with pytest.raises(errors.StorageGone) as refused:
        cast.store(dataset())
    assert refused.value.code == "A700"
    with pytest.raises(errors.StorageGone):
        serving.served(one(made))
    assert one(made).damaged_at is None
    assert files(own_vault) == []
