"""Objects are moved between stores while both are read (AR-10, NF-5)."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from django.core.management import CommandError, call_command

from archive import stores, vault
from archive.services import registration, serving, storage
from archive.services.storage import Moved
from archive.stores.files import FileStore
from tests import cast, notes, retention
from tests.cast import dataset
from tests.configuring import Configure
from tests.retention import approved, finish
from tests.services.test_integrity import go_round, one
from tests.services.test_landed_forgotten import forget
from tests.services.test_registration import quiet, state
from tests.services.test_rejections import registered
from tests.stores.test_object_storage import files
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db")


def test_both_are_read_while_they_are_mixed_and_files_are_moved(
    mixed: dict[str, str], configure: Configure, own_vault: Path
) -> None:
    old = [dataset() for _ in range(3)]
    study = registered(*old)
    notes.send(notes.note(notes.QUALITY, old[0]))
    configure(VAULT_STORE="s3")
    new = dataset()
    cast.store(new)
    assert [one(each).store for each in (*old, new)] == ["files"] * 3 + ["s3"]
    for each in (*old, new):
        assert serving.served(one(each)).data() == cast.encoded(each)
    said = StringIO()
    call_command("move_objects", "--to", "s3", "--most", "2", stdout=said)
    assert "2 files moved to s3" in said.getvalue()
    call_command("move_objects", "--to", "s3", stdout=said)
    assert files(own_vault) == []
    assert {one(each).store for each in (*old, new)} == {"s3"}
    for each in (*old, new):
        assert serving.served(one(each)).data() == cast.encoded(each)
    quiet(study)
    registration.advance(study.id)  # reads the manifest in force, which was moved as well
    assert state(study) == "registered"
    assert go_round().found == 0
    call_command("move_objects", "--to", "files", stdout=said)
    assert {one(each).store for each in (*old, new)} == {"files"}


def test_what_landed_and_was_forgotten_is_known_again_before_it_is_moved(
    mixed: dict[str, str], configure: Configure
) -> None:
    made = dataset()
    cast.store(dataset(), made)
    forget(made)
    configure(VAULT_STORE="s3")
    call_command("move_objects", "--to", "s3", stdout=StringIO())
    assert one(made).store == "s3" and serving.served(one(made)).data() == cast.encoded(made)


@pytest.mark.parametrize("option", ["--most", "--mb-per-second"])
def test_objects_are_moved_at_a_rate_and_in_a_number_above_nought(option: str) -> None:
    with pytest.raises(CommandError, match="above nought"):
        call_command("move_objects", "--to", "files", option, "0")


def test_a_damaged_file_is_not_moved_over_a_whole_one(mixed: dict[str, str]) -> None:
    made = dataset()
    cast.store(made)
    digest = bytes(one(made).digest)
    path, there = file_of("production", digest), stores.configured()["s3"]
    key, whole = vault.key_of("production", digest), path.read_bytes()
    there.put(key, (whole,), None)
    path.write_bytes(whole[:-1] + b"\xff")

    def tell(moved: Moved) -> None:
        """Nobody watches."""

    done = storage.move("s3", tell, most=10, per_second=1 << 30)
    assert (done.files, done.left) == (0, 1)
    assert one(made).store == "files" and path.exists()
    with there.open(key) as kept:
        assert kept.read() == whole


def test_what_is_removed_while_it_is_moved_ends_no_move(
    mixed: dict[str, str], own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [dataset() for _ in range(3)]
    cast.store(*made)

    class Overtaken(FileStore):
        """From which one goes after it was listed."""

        def open(self, key: str, length: int | None = None) -> BinaryIO:
            if key == gone:
                self.remove(key)
            return super().open(key, length)

    gone = vault.key_of("production", bytes(one(made[1]).digest))
    monkeypatch.setitem(stores.configured(), "files", Overtaken(own_vault))
    done = storage.move("s3", lambda moved: None, most=10, per_second=1 << 30)
    assert (done.files, done.left) == (2, 0)


def test_a_large_object_is_moved_both_ways_without_being_held_in_memory(
    mixed: dict[str, str], own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dataset(PixelData=bytes(vault.SPILL + 4096))
    cast.store(made)

    def limit(store: stores.Store) -> None:
        """Which takes no more in one piece than is held in memory anywhere."""
        put = store.put

        def few(key: str, parts: Sequence[bytes], *given: Any) -> None:
            assert sum(len(part) for part in parts) <= vault.SPILL
            put(key, parts, *given)

        monkeypatch.setattr(store, "put", few)

    for store in stores.configured().values():
        limit(store)
    for to in ("s3", "files"):
        done = storage.move(to, lambda moved: None, most=10, per_second=1 << 30)
        assert (done.files, done.left, one(made).store) == (1, 0, to)
        assert done.size == one(made).size + vault.DATA_OFFSET
        assert vault.read("production", bytes(one(made).digest)) == cast.encoded(made)
    path = file_of("production", bytes(one(made).digest))
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    done = storage.move("s3", lambda moved: None, most=10, per_second=1 << 30)
    assert (done.files, done.left) == (0, 1)
    assert files(own_vault) == [path.name]


def test_a_store_that_is_not_configured_cannot_be_moved_to() -> None:
    with pytest.raises(CommandError, match="No store s3 is configured"):
        call_command("move_objects", "--to", "s3")


def test_what_is_destroyed_while_it_is_moved_does_not_come_back(
    mixed: dict[str, str], own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    retention.nothing_is_for_ever()
    made = approved(retention.ended())

    class Overtaken(FileStore):
        """Whose objects are destroyed when the first has been opened."""

        def open(self, key: str, length: int | None = None) -> BinaryIO:
            file = super().open(key, length)
            finish(made)
            return file

    monkeypatch.setitem(stores.configured(), "files", Overtaken(own_vault))
    storage.move("s3", lambda moved: None, most=10, per_second=1 << 30)
    assert made.state == "done"
    assert list(vault.every_object("production")) == []
