"""Records of what was decided, in the vault: damaged, put back, moved, of before (AR-10)."""

import errno
import json
from io import StringIO
from pathlib import Path
from typing import BinaryIO

import pytest
from django.core.management import call_command

from archive import config, stores, vault
from archive.models import Case, CaseEvent, Instance
from archive.services import kept_records, rebuilding
from archive.stores import Store, folders
from archive.stores.files import FileStore
from tests import cast, notes
from tests.cast import dataset
from tests.notes import SAFETY, note
from tests.rebuilding import nothing, wipe
from tests.services.test_integrity import go_round

pytestmark = pytest.mark.usefixtures("db", "own_vault")


def test_a_damaged_record_keeps_none_of_the_others_back() -> None:
    made = [dataset() for _ in range(5)]
    cast.store(*made)
    for each in made:
        notes.send(note(SAFETY, each))
    folder = config.settings().vault_dir
    of_bytes, of_words, of_sense, *_ = [folder / key for key in vault.record_keys("production")]
    of_bytes.write_bytes(b"\xff" + of_bytes.read_bytes()[1:])
    of_words.write_bytes(b"[" + of_words.read_bytes()[1:])
    of_sense.write_bytes(of_sense.read_bytes().replace(b'"kind"', b'"kinf"'))
    wipe()
    said = StringIO()
    call_command("rebuild_index", stdout=said)
    assert "3 records of decisions are damaged" in said.getvalue()
    rejected = Instance.objects.exclude(rejection="").values_list("sop_instance_uid", flat=True)
    assert set(rejected) == {str(each.SOPInstanceUID) for each in made[3:]}
    call_command("rebuild_index", stdout=StringIO())
    told = CaseEvent.objects.filter(case__reason="bytes-damaged")
    assert {event.facts["file"] for event in told} == {
        str(path.relative_to(folder)) for path in (of_bytes, of_words, of_sense)
    }
    assert told.count() == 3


@pytest.mark.parametrize("said", [errno.EIO, errno.EUCLEAN, errno.EBADMSG])
def test_one_that_the_medium_does_not_give_back_keeps_none_of_the_others_back(
    said: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = dataset(), dataset()
    cast.store(first, second)
    for each in (first, second):
        notes.send(note(SAFETY, each))
    lost, _ = vault.record_keys("production")
    open_ = FileStore.open

    def read(store: FileStore, key: str, length: int | None = None) -> BinaryIO:
        if key == lost:
            raise OSError(said, "not to be read")
        return open_(store, key, length)

    monkeypatch.setattr(FileStore, "open", read)
    wipe()
    assert rebuilding.rebuild(nothing).damaged_records == 1
    assert Instance.objects.get(sop_instance_uid=second.SOPInstanceUID).rejection == SAFETY
    assert CaseEvent.objects.get(case__reason="bytes-damaged").facts["file"] == lost


def test_a_record_that_was_put_back_is_damaged_no_more(
    own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_records, "ROWS", 1)
    first, second = dataset(), dataset()
    cast.store(first, second)
    for each in (first, second):
        notes.send(note(SAFETY, each))
    _, key = vault.record_keys("production")
    whole = (own_vault / key).read_bytes()
    (own_vault / key).write_bytes(whole.replace(b'"reason": ""', b'"reason": "x"'))  # as JSON: fine
    go_round()
    case = Case.objects.get(reason="bytes-damaged")
    assert (case.state, CaseEvent.objects.get().facts["file"]) == ("open", key)
    (own_vault / key).write_bytes(whole)
    go_round()
    case.refresh_from_db()
    assert case.state == "resolved"


def test_records_from_before_they_held_their_digest_are_read(own_vault: Path) -> None:
    made = dataset()
    cast.store(made)
    notes.send(note(SAFETY, made))
    [key] = vault.record_keys("production")
    bare = json.dumps(vault.read_record(key), ensure_ascii=False)
    (own_vault / key).write_text(bare)
    wipe()
    assert rebuilding.rebuild(nothing).damaged_records == 0
    assert Instance.objects.get().rejection == SAFETY


class Filling(FileStore):
    """A store that another is emptied into just after it was asked."""

    def __init__(self, root: Path, source: Path) -> None:
        super().__init__(root)
        self.source = source

    def open(self, key: str, length: int | None = None) -> BinaryIO:
        try:
            return super().open(key, length)
        except FileNotFoundError:
            self.path(key).parent.mkdir(parents=True)
            (self.source / key).rename(self.path(key))
            raise


def test_a_record_that_is_moved_meanwhile_is_read_where_it_is(
    own_vault: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dataset()
    cast.store(made)
    notes.send(note(SAFETY, made))
    folders.set_up(tmp_path / "filling/production")
    both: dict[str, Store] = {
        "filling": Filling(tmp_path / "filling", own_vault),
        "files": FileStore(own_vault),
    }
    monkeypatch.setattr(stores, "configured", lambda: both)
    [key] = vault.record_keys("production")
    assert vault.read_record(key)["kind"] == "rejection"
    assert not (own_vault / key).exists()
