"""Bytes that are damaged: found, set aside, told of, never given out, healed (AR-10)."""

import errno
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pydicom.dataset import Dataset

from archive import errors, vault
from archive.models import (
    Case,
    CaseEvent,
    Document,
    Environment,
    Instance,
    InstanceVersion,
    LedgerEvent,
    Rejection,
    Round,
)
from archive.services import (
    commitment,
    corrections,
    integrity,
    registration,
    serving,
    storage,
    verification,
)
from archive.stores.folders import MARK
from archive.values import now, uid_from_uuid
from tests import cast, notes
from tests.cast import dataset
from tests.configuring import Configure
from tests.services.test_corrections import NEW_PATIENT, corrected
from tests.services.test_registration import quiet
from tests.services.test_rejections import ARCHIVIST, registered
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db", "own_vault")


def flip(digest: bytes, environment: str = "production") -> None:
    """One bit of the last byte, as a medium does it."""
    path = file_of(environment, digest)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


def one(made: object) -> Instance:
    rows = Instance.objects.select_related("study__overlay")
    return rows.get(sop_instance_uid=made.SOPInstanceUID)  # type: ignore[attr-defined]


def go_round() -> Round:
    """All slices of a round, as if its rate allowed them at once."""
    verification.begin()
    while (current := Round.objects.filter(kind="verification").latest("number")).ended_at is None:
        Round.objects.filter(id=current.id).update(not_before=now())
        assert verification.step()
    return current


def quarantined(own_vault: Path) -> list[str]:
    return [path.name for path in own_vault.glob("*/quarantine/*")]


def test_a_flipped_bit_is_found_set_aside_and_on_the_desk(own_vault: Path) -> None:
    good, bad = dataset(), dataset()
    study = cast.store(good, bad)
    digest = bytes(one(bad).digest)
    flip(digest)
    done = go_round()
    assert (done.checked, done.found) == (2, 1)
    assert one(bad).damaged_at is not None and one(good).damaged_at is None
    assert not vault.where("production", digest)
    assert [name.split(".")[0] for name in quarantined(own_vault)] == [digest.hex()]
    case = Case.objects.get(reason="bytes-damaged")
    assert (case.code, case.organisation) == ("DAMAGED", cast.organisation())
    assert LedgerEvent.objects.get(kind="object.damaged").study_id == study.id
    assert go_round().found == 0
    quiet(study)
    cast.documents()
    registration.advance(study.id)
    case.refresh_from_db()
    assert (case.event_count, case.state) == (1, "open")


def test_a_damaged_object_is_never_served_nor_committed(own_vault: Path) -> None:
    made = dataset()
    cast.store(made)
    flip(bytes(one(made).digest))
    with pytest.raises(errors.BytesDamaged):
        serving.served(one(made))
    assert one(made).damaged_at is not None and len(quarantined(own_vault)) == 1
    with pytest.raises(errors.BytesDamaged):
        serving.served(one(made))
    references = [(cast.CT, str(made.SOPInstanceUID))]
    uid = uid_from_uuid()
    asked = commitment.request(cast.peer(), transaction_uid=uid, references=references)
    [(_, _, reason)] = commitment.result(asked).failed
    assert reason is errors.BytesDamaged


def test_commitment_finds_damage_as_well() -> None:
    made = dataset()
    cast.store(made)
    flip(bytes(one(made).digest))
    references = [(cast.CT, str(made.SOPInstanceUID))]
    uid = uid_from_uuid()
    asked = commitment.request(cast.peer(), transaction_uid=uid, references=references)
    assert commitment.result(asked).failed and one(made).damaged_at is not None


def test_the_same_bytes_heal_it() -> None:
    made = dataset()
    study = cast.store(made)
    flip(bytes(one(made).digest))
    go_round()
    cast.store(made)
    assert one(made).damaged_at is None
    assert serving.served(one(made)).data() == cast.encoded(made)
    assert Case.objects.get(reason="bytes-damaged").state == "resolved"
    told = LedgerEvent.objects.get(kind="object.restored", study_id=study.id)
    assert told.facts["how"] == "sent again"


def other_content_for_a_damaged_one() -> Dataset:
    made = dataset()
    cast.store(made)
    flip(bytes(one(made).digest))
    go_round()
    with pytest.raises(errors.BytesDamaged):
        cast.store(dataset(SOPInstanceUID=made.SOPInstanceUID, Rows=4))
    return made


def test_other_bytes_do_not_heal_it() -> None:
    made = other_content_for_a_damaged_one()
    assert one(made).damaged_at is not None


def test_who_sent_other_content_for_a_damaged_object_has_no_open_case_when_it_is_whole() -> None:
    made = other_content_for_a_damaged_one()
    assert Case.objects.get(reason="bytes-damaged", place="store").state == "open"
    cast.store(made)
    assert set(Case.objects.values_list("state", flat=True)) == {"resolved"}


def test_damage_that_shows_when_an_object_comes_again_is_dealt_with() -> None:
    made = dataset()
    cast.store(made)
    flip(bytes(one(made).digest))
    with pytest.raises(errors.BytesDamaged):
        cast.store(dataset(SOPInstanceUID=made.SOPInstanceUID, Rows=4))
    assert one(made).damaged_at is not None
    cast.store(made)
    assert one(made).damaged_at is None


def test_staff_restore_a_file_from_a_copy() -> None:
    made = dataset()
    cast.store(made)
    digest = bytes(one(made).digest)
    copy = vault.read_file("production", digest)
    flip(digest)
    go_round()
    assert not integrity.look_again(ARCHIVIST, one(made).id)
    file_of("production", digest).write_bytes(copy)
    assert integrity.look_again(ARCHIVIST, one(made).id)
    assert one(made).damaged_at is None
    assert LedgerEvent.objects.get(kind="object.restored").actor_name == ARCHIVIST.name


def test_bytes_that_are_gone_are_damage_and_a_vault_that_is_gone_is_not(own_vault: Path) -> None:
    made = dataset()
    cast.store(made)
    away = own_vault.with_name("away")
    own_vault.rename(away)
    own_vault.mkdir(mode=0o700)  # the mount point
    with pytest.raises(errors.StorageGone) as refused:
        cast.store(dataset())
    assert refused.value.code == "A700"
    assert list(own_vault.iterdir()) == []
    verification.begin()
    with pytest.raises(errors.StorageGone):
        verification.step()
    assert one(made).damaged_at is None
    with pytest.raises(errors.StorageGone):
        vault.remove("production", bytes(one(made).digest))
    assert vault.unwritable(Environment.values) == ["production", "test"]
    assert not storage.watch()
    assert Case.objects.filter(reason="storage-gone").exists()
    own_vault.rmdir()
    away.rename(own_vault)
    file_of("production", bytes(one(made).digest)).unlink()
    Round.objects.update(not_before=now())
    assert verification.step()
    assert one(made).damaged_at is not None


def test_the_folder_of_one_environment_may_be_a_mount_of_its_own_and_get_lost(
    own_vault: Path,
) -> None:
    made, home = dataset(), own_vault / "production"
    cast.store(made)
    away = own_vault.with_name("away")
    home.rename(away)
    home.mkdir(mode=0o700)  # the mount point
    for refused in (dataset(), dataset(PixelData=bytes(vault.SPILL + 4096))):
        with pytest.raises(errors.StorageGone) as raised:
            cast.store(refused)
        assert raised.value.code == "A700"
    with pytest.raises(errors.StorageGone):
        vault.remove("production", bytes(one(made).digest))
    with pytest.raises(errors.StorageGone):
        vault.doubt("production", bytes(32), "1.2.3")
    with pytest.raises(errors.StorageGone):
        list(vault.every_object("production"))
    verification.begin()
    with pytest.raises(errors.StorageGone):
        verification.step()
    assert one(made).damaged_at is None and list(home.iterdir()) == []
    assert vault.unwritable(Environment.values) == ["production"] and not storage.watch()
    assert Case.objects.filter(reason="storage-gone").exists()
    cast.store(dataset(), environment="test")  # the other one is there
    home.rmdir()
    away.rename(home)
    assert not vault.unwritable(Environment.values) and storage.watch()
    assert cast.store(dataset())


def test_a_vault_is_marked_at_start_unless_its_file_system_is_awaited(own_vault: Path) -> None:
    marks = [own_vault / each / MARK for each in ("", "production", "test")]
    production, away = own_vault / "production", own_vault.with_name("away")

    def set_up_anew() -> bool:
        for mark in marks:
            mark.unlink(missing_ok=True)
        call_command("set_up_vault")
        return all(mark.exists() for mark in marks)

    assert set_up_anew(), "nothing is stored yet"
    cast.store(dataset())
    assert set_up_anew(), "a vault of before, which holds something"
    marks[1].unlink()
    call_command("set_up_vault")
    assert marks[1].exists(), "one that only its root was marked of"
    production.rename(away)
    (production / "incoming").mkdir(parents=True)  # made beneath the mount point
    with pytest.raises(CommandError, match=r"production is empty.*mounted"):
        call_command("set_up_vault")
    assert not marks[1].exists()
    shutil.rmtree(own_vault)
    own_vault.mkdir()
    with pytest.raises(CommandError, match="mounted"):
        call_command("set_up_vault")
    assert list(own_vault.iterdir()) == []


def test_earlier_versions_notes_and_manifests_are_read_as_well(own_vault: Path) -> None:
    notes.allow(metadata=True)
    first, second = dataset(), dataset()
    study = registered(first, second)
    original = bytes(one(first).digest)
    cast.store(*(corrected(each, **NEW_PATIENT) for each in (first, second)))
    corrections.settle(study.id)
    cast.documents(patient=cast.VENLA)
    registration.advance(study.id)
    rejection = notes.note(notes.SAFETY, first)
    notes.send(rejection)
    manifest = Document.objects.get(study=study, status="approved")
    flip(original)
    flip(bytes(Rejection.objects.get().digest))
    flip(bytes.fromhex(manifest.vault_key))
    assert go_round().found == 3
    version = InstanceVersion.objects.get(digest=original)
    assert version.damaged_at is not None and one(first).damaged_at is None
    assert Case.objects.get(reason="bytes-damaged").event_count == 2
    registration.advance(study.id)
    manifest.refresh_from_db()
    assert manifest.status == "deprecated"
    assert Document.objects.filter(study=study, status="approved").exists()
    kept = file_of("production", bytes(Rejection.objects.get().digest))
    assert not kept.exists()
    notes.send(rejection)
    assert file_of("production", bytes(Rejection.objects.get().digest)) == kept
    assert kept.exists() and go_round().found == 0
    assert Rejection.objects.count() == 1
    events = CaseEvent.objects.filter(sop_instance_uid=Rejection.objects.get().note_uid)
    assert [event.outcome for event in events] == ["solved"]


def test_the_rate_is_kept_and_slices_go_on_where_the_last_one_ended(configure: Configure) -> None:
    made = [dataset(PixelData=bytes(4096)) for _ in range(4)]
    cast.store(*made)
    size = one(made[0]).size
    two = size * 3 // 2  # more than one object, less than two: their sizes differ a little
    configure(VERIFY_BYTES_PER_SECOND=str(two // verification.SLICE_SECONDS))
    began = now()
    verification.begin()
    assert verification.step()
    current = Round.objects.get()
    assert (current.checked, current.part) == (2, "instances")
    assert current.not_before >= began + timedelta(seconds=verification.SLICE_SECONDS - 1)
    assert not verification.step()  # not yet
    Round.objects.update(not_before=now())
    assert verification.step()
    assert Round.objects.get().checked == 4


def test_a_round_is_one_at_a_time_and_rests_before_the_next(configure: Configure) -> None:
    cast.store(dataset())
    first = go_round()
    assert not verification.step()
    Round.objects.update(ended_at=now() - timedelta(days=2))
    assert verification.step()
    assert Round.objects.latest("number").number == first.number + 1
    assert verification.begin() is None


def test_a_slice_that_was_dropped_is_taken_by_another() -> None:
    cast.store(dataset())
    verification.begin()
    Round.objects.update(not_before=now() + timedelta(minutes=2))  # held by one that died
    assert not verification.step()
    Round.objects.update(not_before=now())
    assert verification.step()


def test_a_full_disk_refuses_and_keeps_nothing(configure: Configure, own_vault: Path) -> None:
    configure(FREE_BYTES_FLOOR=str(1 << 60))
    made = dataset()
    with pytest.raises(errors.StorageFull) as refused:
        cast.store(made)
    assert refused.value.code == "A700"
    with pytest.raises(errors.StorageFull):
        cast.store(dataset(PixelData=bytes(vault.SPILL + 4096)))
    assert all(path.name == MARK for path in own_vault.rglob("*") if path.is_file())
    configure(FREE_BYTES_FLOOR="0")
    cast.store(made)


def test_what_was_damaged_while_its_disk_did_not_read_is_whole_again_by_itself(
    monkeypatch: pytest.MonkeyPatch, own_vault: Path
) -> None:
    """A disk that was away for an hour leaves as many as were asked for; they stand where they
    stood when it is back.
    """
    made, bad = dataset(), dataset()
    cast.store(made, bad)
    flip(bytes(one(bad).digest))

    def unreadable(*_: object, **__: object) -> bool:
        raise OSError(errno.EUCLEAN, "Structure needs cleaning")

    with monkeypatch.context() as broken:
        broken.setattr(vault.reading.digests, "is_of_file", unreadable)
        broken.setattr(os, "rename", unreadable)
        for each in (made, bad):
            assert not integrity.is_whole(one(each))
    assert one(made).damaged_at is not None and quarantined(own_vault) == []
    assert (go_round().found, one(made).damaged_at) == (0, None)
    assert serving.served(one(made)).data() == cast.encoded(made)
    assert one(bad).damaged_at is not None
    event = LedgerEvent.objects.get(kind="object.restored")
    assert (event.subject_id, event.facts["how"]) == (one(made).id, "put back")
    assert Case.objects.get().open_count == 1
