"""The vault on a file system: what stands under a name is whole, also after a power cut (NF-4)."""

import os
from pathlib import Path

import pytest

from archive import vault
from archive.errors import StorageFull
from archive.objects.part10 import PREFIX_LENGTH
from archive.stores import folders, writing
from archive.stores.files import FileStore
from archive.vault.incoming import ASKED_EVERY, SPILL, Incoming
from tests.configuring import Configure

KEY = "production/ab/abcd.dcm"
HEAD = b"came first".ljust(PREFIX_LENGTH)
PARTS = (HEAD, bytearray(b"data set"))
WHOLE = HEAD + b"data set"

pytestmark = pytest.mark.usefixtures("own_vault")


@pytest.fixture(autouse=True)
def marked(tmp_path: Path, configure: Configure) -> None:
    configure(LANDING_SEGMENTS="0")
    folders.set_up(tmp_path / "production")


def left_over(root: Path) -> list[Path]:
    return list((root / "production" / "incoming").iterdir())


def test_a_file_is_written_under_its_name_and_nothing_else_is_left(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    for _again in range(2):
        store.put(KEY, PARTS, None)
        with store.open(KEY) as file:
            assert file.read() == WHOLE
    assert store.path(KEY).stat().st_nlink == 1
    assert left_over(tmp_path) == []


def test_what_a_power_cut_left_half_written_is_replaced(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.put(KEY, PARTS, None)
    for torn in (WHOLE[:3], WHOLE[:-1], HEAD + bytes(8)):
        store.path(KEY).write_bytes(torn)
        store.put(KEY, PARTS, None)
        assert store.path(KEY).read_bytes() == WHOLE


def test_an_object_that_comes_again_stays_as_it_came_first(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.put(KEY, PARTS, None)
    store.put(KEY, (b"came again".ljust(PREFIX_LENGTH), PARTS[1]), None)
    assert store.path(KEY).read_bytes() == WHOLE
    assert left_over(tmp_path) == []


def test_what_no_digest_names_has_its_name_when_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, record = FileStore(tmp_path), "production/records/202611/1.json"
    named: list[bool] = []

    def look(file: int) -> None:
        named.append(store.has(record))
        os.fdatasync(file)

    monkeypatch.setattr(writing, "sync_data", look)
    store.put(record, (b"{}",), None)
    assert named and not any(named) and store.path(record).read_bytes() == b"{}"


def test_a_large_file_is_taken_where_it_stands(tmp_path: Path) -> None:
    store, spilled = FileStore(tmp_path), tmp_path / "spilled"
    spilled.write_bytes(WHOLE)
    store.put(KEY, (), spilled)
    assert store.path(KEY).read_bytes() == WHOLE
    assert not spilled.exists()


def test_it_is_told_to_stand_once_it_can_be_read_and_before_it_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, told = FileStore(tmp_path), list[str]()

    def stands(landed: bool) -> None:
        assert not landed
        told.append(store.path(KEY).read_bytes().decode().lstrip("\0"))

    def sync(file: int) -> None:
        told.append("synced")
        os.fdatasync(file)

    monkeypatch.setattr(writing, "sync_data", sync)
    whole = WHOLE.decode()
    store.put(KEY, PARTS, None, stands)
    assert told == [whole, "synced"], "the first in its folder, told once"
    store.put(KEY, PARTS, None, stands)
    assert told[2:] == ["synced", whole], "what stood there already is proven first"
    store.path(KEY).write_bytes(WHOLE[:-1])
    store.put(KEY, PARTS, None, stands)
    assert told[4:] == ["synced", whole], "half of it is replaced first"


def test_what_cannot_be_synced_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileStore(tmp_path)

    def fail(file: int) -> None:
        raise StorageFull("no space left on the vault")

    with monkeypatch.context() as broken:
        broken.setattr(writing, "sync_data", fail)
        with pytest.raises(StorageFull):
            store.put(KEY, PARTS, None)
        assert not store.has(KEY) and left_over(tmp_path) == []
    store.put(KEY, PARTS, None)
    with monkeypatch.context() as broken:
        broken.setattr(writing, "sync_data", fail)
        with pytest.raises(StorageFull):
            store.put(KEY, (HEAD, b"other set"), None)
    assert store.path(KEY).read_bytes() == WHOLE, "what was there is not touched"


def test_room_is_asked_for_again_while_a_large_object_comes(configure: Configure) -> None:
    with Incoming("production") as coming:
        coming.write(bytes(SPILL + 1))
        configure(FREE_BYTES_FLOOR=str(1 << 60))  # others have filled the disk meanwhile
        coming.write(bytes(ASKED_EVERY - 1))
        with pytest.raises(StorageFull):
            coming.write(bytes(1))


def test_what_a_killed_receiver_left_goes_when_nothing_was_written_to_it_for_long(
    own_vault: Path,
) -> None:
    with Incoming("production") as coming:
        coming.write(bytes(SPILL + 1))
        [mine] = (own_vault / "production/incoming").iterdir()
        left = mine.with_name("left")
        left.write_bytes(b"half an object")
        os.utime(left, (0, 0))
        assert [vault.sweep_incoming() for _ in range(2)] == [1, 0]
        assert mine.exists() and not left.exists()
