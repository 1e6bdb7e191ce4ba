"""Versions that nobody is given, rejection notes and manifests: damaged, healed, moved (AR-10)."""

import errno
import os
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from archive import errors, stores, vault
from archive.models import Case, Document, InstanceVersion, Rejection
from archive.services import verification
from archive.stores import Store, folders
from archive.stores.files import FileStore
from tests import cast, notes
from tests.cast import dataset
from tests.services.test_corrections import NEW_PATIENT, corrected, moved, served, settle
from tests.services.test_integrity import flip, go_round, quarantined
from tests.services.test_kept_records import Filling
from tests.services.test_rejections import registered
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db", "own_vault")


def damaged_case() -> Case:
    return Case.objects.get(reason="bytes-damaged")


def test_a_gathered_version_that_comes_again_is_whole_before_it_is_success() -> None:
    notes.allow(metadata=True)
    first, second = dataset(), dataset()
    study = registered(first, second)
    again = corrected(first, **NEW_PATIENT)
    cast.store(again)
    version = InstanceVersion.objects.get(correction__state="gathering")
    flip(bytes(version.digest))
    assert go_round().found == 1 and damaged_case().state == "open"
    cast.store(again)
    version.refresh_from_db()
    assert version.damaged_at is None and damaged_case().state == "resolved"
    cast.store(corrected(second, **NEW_PATIENT))
    settle(study)
    assert served(first).PatientID == NEW_PATIENT["PatientID"]


def test_a_gathered_version_is_read_before_it_is_success_though_nobody_knows_of_damage() -> None:
    notes.allow(metadata=True)
    first, second = dataset(), dataset()
    registered(first, second)
    again = corrected(first, **NEW_PATIENT)
    cast.store(again)
    digest = bytes(InstanceVersion.objects.get(correction__state="gathering").digest)
    flip(digest)
    cast.store(again)
    assert vault.is_whole("production", digest)


def test_an_earlier_version_put_back_from_a_copy_is_whole_again() -> None:
    notes.allow(metadata=True)
    made = dataset()
    moved(made)
    version = InstanceVersion.objects.get(number=1)
    path = file_of("production", bytes(version.digest))
    copy = path.read_bytes()
    flip(bytes(version.digest))
    assert go_round().found == 1
    assert go_round().found == 0 and damaged_case().state == "open"
    path.write_bytes(copy)
    go_round()
    version.refresh_from_db()
    assert version.damaged_at is None and damaged_case().state == "resolved"


def test_what_cannot_be_moved_is_found_damaged_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A full disk, or one that only reads, ends no round."""
    notes.allow(metadata=True)
    first, second = dataset(), dataset()
    study = registered(first, second)
    cast.store(*(corrected(each, **NEW_PATIENT) for each in (first, second)))
    settle(study)
    notes.send(notes.note(notes.SAFETY, first))
    version, note = InstanceVersion.objects.filter(number=1)[0], Rejection.objects.get()
    flip(bytes(version.digest))
    flip(bytes(note.digest))

    def read_only(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "rename", read_only)
    assert go_round().found == 2
    version.refresh_from_db()
    assert version.damaged_at is not None
    assert Case.objects.filter(reason="bytes-damaged").exists()


def test_what_is_moved_while_it_is_read_is_not_damaged(
    own_vault: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dataset()
    registered(made, dataset())
    notes.send(notes.note(notes.QUALITY, made))
    vault.give_files("production", quiet_seconds=0)
    folders.set_up(tmp_path / "filling/production")
    filling = Filling(tmp_path / "filling", own_vault)
    both: dict[str, Store] = {"filling": filling, "files": FileStore(own_vault)}
    monkeypatch.setattr(stores, "configured", lambda: both)
    for part in ("notes", "manifests"):
        seen = verification.PARTS[part]("")
        assert (seen.checked, seen.found) == (1, 0)
    assert not Case.objects.exists() and quarantined(own_vault) == []
    manifest = Document.objects.get(kind="manifest", status="approved")
    assert filling.has(vault.key_of("production", bytes.fromhex(manifest.vault_key)))


def corrected_with_its_earlier_version_damaged() -> tuple[Dataset, InstanceVersion]:
    notes.allow(metadata=True)
    made = dataset()
    moved(made)
    version = InstanceVersion.objects.get(number=1)
    flip(bytes(version.digest))
    return made, version


def test_an_earlier_version_that_comes_again_is_whole_and_the_corrected_one_stays() -> None:
    made, version = corrected_with_its_earlier_version_damaged()
    assert go_round().found == 1
    with pytest.raises(errors.PatientConflict):
        cast.store(made)
    version.refresh_from_db()
    assert version.damaged_at is None and damaged_case().state == "resolved"
    assert vault.read("production", bytes(version.digest)) == cast.encoded(made)
    assert served(made).PatientID == NEW_PATIENT["PatientID"]
    assert go_round().found == 0


def test_an_earlier_version_is_healed_though_the_object_in_force_is_damaged_too() -> None:
    made, version = corrected_with_its_earlier_version_damaged()
    flip(bytes(version.instance.digest))
    assert go_round().found == 2
    with pytest.raises(errors.PatientConflict):
        cast.store(made)
    version.refresh_from_db()
    assert version.damaged_at is None and version.instance.damaged_at is not None
