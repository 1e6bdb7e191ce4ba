"""What register and archive do not agree on, and its repair (AR-10)."""

import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive import vault
from archive.models import (
    Correction,
    Document,
    Finding,
    Instance,
    InstanceVersion,
    Job,
    LedgerEvent,
    RejectedObject,
    Round,
    Study,
)
from archive.services import authorisations, reconciliation, registration, repairs
from archive.services.repairs import Repair
from archive.values import now
from tests import authorising, builders, cast, notes
from tests.cast import VENLA, dataset
from tests.services.test_corrections import NEW_PATIENT, corrected, moved, served, settle
from tests.services.test_registration import state, stored
from tests.services.test_rejections import ARCHIVIST, registered
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db", "own_vault")


def go_round() -> dict[str, str]:
    """A whole round; what stands open after it, key by kind."""
    reconciliation.begin()
    rows = Round.objects.filter(kind="reconciliation")
    while (current := rows.latest("number")).ended_at is None:
        Round.objects.filter(id=current.id).update(not_before=now())
        assert reconciliation.step()
    return dict(Finding.objects.filter(settled_at=None).values_list("kind", "key"))


def mend(kind: str) -> Repair:
    return repairs.repair(ARCHIVIST, Finding.objects.get(kind=kind, settled_at=None))


def age(own_vault: Path) -> None:
    """As if every file had been there for a while."""
    old = time.time() - 2 * reconciliation.SETTLED_SECONDS
    vault.give_files("production", quiet_seconds=0)
    for path in own_vault.rglob("*.dcm"):
        os.utime(path, (old, old))


def test_where_all_agree_nothing_is_found(own_vault: Path) -> None:
    made = dataset()
    registered(made, dataset())
    notes.send(notes.note(notes.SAFETY, made))
    stored(dataset(StudyInstanceUID="1.2.5", SeriesInstanceUID="1.2.5.1", AccessionNumber="A5"))
    age(own_vault)
    assert go_round() == {}


def test_a_manifest_without_images_is_made_anew_or_withdrawn() -> None:
    study = registered(dataset(), dataset())
    Instance.objects.filter(study=study).update(rejection=notes.SAFETY)  # behind the service's back
    manifest = Document.objects.get(study=study, kind="manifest")
    assert go_round() == {"manifest-without-images": str(manifest.id)}
    assert mend("manifest-without-images") is Repair.REGISTERED
    registration.advance(study.id)
    assert state(study) == "corrected"
    manifest.refresh_from_db()
    assert manifest.status == "deprecated"
    assert go_round() == {}


def test_a_manifest_of_no_study_is_withdrawn() -> None:
    notice = builders.notice(builders.study())
    rows = Document.objects.filter(id=notice.manifest_id)
    rows.update(study=None, vault_key="aa" * 32)
    assert go_round() == {"manifest-without-images": str(notice.manifest_id)}
    finding = Finding.objects.get()
    rows.update(vault_key="")  # a source's: its images are elsewhere
    assert repairs.repair(ARCHIVIST, finding) is Repair.AGREES
    assert go_round() == {} and rows.get().status == "approved"
    rows.update(vault_key="aa" * 32)
    go_round()
    assert mend("manifest-without-images") is Repair.WITHDRAWN
    assert rows.get().status == "deprecated"
    told = LedgerEvent.objects.get(kind="manifest.withdrawn")
    assert (told.subject_id, told.facts["why"]) == (notice.manifest_id, "no study")


def test_images_without_an_entry_are_registered() -> None:
    study = registered(dataset())
    Document.objects.filter(study=study, kind="manifest").update(status="deprecated")
    assert go_round() == {"images-without-entry": str(study.id)}
    assert mend("images-without-entry") is Repair.REGISTERED
    registration.advance(study.id)
    assert Document.objects.filter(study=study, status="approved").exists()
    assert go_round() == {}


def test_a_study_that_everybody_forgot_is_found_again() -> None:
    study = stored(dataset())
    Job.objects.all().delete()
    assert go_round() == {}  # it may be on its way
    Study.objects.update(received_at=now() - timedelta(days=1))
    assert go_round() == {"images-without-entry": str(study.id)}


def test_images_before_their_examination_note_are_found_until_it_comes() -> None:
    study = stored(dataset())
    cast.documents(["request"])
    registration.advance(study.id)
    assert go_round() == {"images-before-entry": str(study.id)}
    assert mend("images-before-entry") is Repair.REGISTERED
    registration.advance(study.id)
    assert go_round() == {"images-before-entry": str(study.id)}
    cast.documents(["study-entry"])
    registration.advance(study.id)
    assert go_round() == {}
    assert Finding.objects.exclude(settled_at=None).count() == 2


def test_a_row_without_bytes_becomes_a_damaged_object() -> None:
    registered(dataset())
    row = Instance.objects.get()
    file_of("production", bytes(row.digest)).unlink()
    assert go_round() == {"row-without-bytes": str(row.id)}
    assert mend("row-without-bytes") is Repair.REPORTED
    row.refresh_from_db()
    assert row.damaged_at is not None
    assert go_round() == {}


def test_bytes_without_a_row_are_indexed(own_vault: Path) -> None:
    made, other = dataset(), dataset()
    study = cast.store(made, other)
    digest = bytes(Instance.objects.get(sop_instance_uid=made.SOPInstanceUID).digest)
    Instance.objects.filter(digest=digest).delete()
    assert go_round() == {}  # it came a moment ago: its row may be on its way
    age(own_vault)
    assert go_round() == {"bytes-without-row": digest.hex()}
    assert mend("bytes-without-row") is Repair.INDEXED
    row = Instance.objects.get(digest=digest)
    assert (row.study_id, row.sop_instance_uid) == (study.id, made.SOPInstanceUID)
    assert go_round() == {}


def test_what_a_note_awaits_is_hidden_when_it_is_indexed_also_by_whom_may_reject_no_more(
    own_vault: Path,
) -> None:
    allowed, made = authorising.made(), authorising.naming()
    notes.send(notes.note(notes.SAFETY, made), cast.RONTGEN)
    study = cast.store(made, business_id=cast.RONTGEN)
    authorisations.revoke(authorising.person(), allowed, reason="x")
    RejectedObject.objects.update(instance=None)  # as before it came
    Instance.objects.all().delete()
    age(own_vault)
    assert go_round().keys() == {"bytes-without-row"}
    assert mend("bytes-without-row") is Repair.INDEXED
    registration.advance(study.id)
    assert Instance.objects.get().rejection == notes.SAFETY


def test_a_correction_that_the_database_has_forgotten_is_in_force_again(own_vault: Path) -> None:
    notes.allow(metadata=True)
    made, other = dataset(), dataset()
    study = registered(made, other)
    before = {row.id: (bytes(row.digest), row.size) for row in Instance.objects.all()}
    cast.store(*(corrected(each, **NEW_PATIENT) for each in (made, other)))
    settle(study)
    after = set(Instance.objects.values_list("digest", flat=True))
    # Last night's database has no row of it.
    InstanceVersion.objects.all().delete()
    Correction.objects.all().delete()
    Study.objects.update(patient_id=study.patient_id)
    for key, (digest, size) in before.items():
        Instance.objects.filter(id=key).update(digest=digest, size=size, version=1)
    age(own_vault)
    go_round()
    lost = Finding.objects.filter(kind="bytes-without-row", settled_at=None)
    assert lost.count() == 2
    done = [repairs.repair(ARCHIVIST, finding) for finding in lost]
    assert done == [Repair.INDEXED, Repair.INDEXED]
    assert set(Instance.objects.values_list("digest", flat=True)) == after
    assert Study.objects.get().patient.identifier == VENLA
    assert served(made).PatientID == VENLA


def forgotten_corrections(own_vault: Path) -> list[str]:
    """Of one object, in the order in which they came; the database is from before them."""
    notes.allow(metadata=True)
    made = dataset()
    moved(made)
    held = Instance.objects.values("digest", "size", "version").get()
    known = set(InstanceVersion.objects.values_list("id", flat=True))
    for name in ("Laine^Aino", "Laine^Eino", "Laine^Oiva"):  # these hold at once
        cast.store(corrected(made, **NEW_PATIENT, ReferringPhysicianName=name))
    lost = InstanceVersion.objects.exclude(id__in=known).order_by("number")
    digests = [bytes(each.digest).hex() for each in lost]
    corrections_of = list(lost.values_list("correction_id", flat=True))
    lost.delete()
    Correction.objects.filter(id__in=corrections_of).delete()
    Instance.objects.update(**held)
    age(own_vault)
    go_round()
    return digests


def finding(digest: str) -> Finding:
    return Finding.objects.get(kind="bytes-without-row", key=digest)


def in_force() -> str:
    return bytes(Instance.objects.get().digest).hex()


def test_with_the_newest_forgotten_correction_those_before_it_come_back(own_vault: Path) -> None:
    _, _, newest = forgotten_corrections(own_vault)
    assert repairs.repair(ARCHIVIST, finding(newest)) is Repair.INDEXED
    assert in_force() == newest
    assert go_round() == {}
    numbers = InstanceVersion.objects.order_by("received_at").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4, 5]


def test_a_correction_found_when_a_later_one_is_in_force_again_is_an_ended_version(
    own_vault: Path,
) -> None:
    _, _, newest = forgotten_corrections(own_vault)
    Finding.objects.exclude(key=newest).delete()  # the round has not come to them yet
    repairs.repair(ARCHIVIST, finding(newest))
    go_round()
    found = Finding.objects.filter(kind="bytes-without-row", settled_at=None)
    assert {repairs.repair(ARCHIVIST, each) for each in list(found)} == {
        Repair.INDEXED,
        Repair.AGREES,
    }
    assert in_force() == newest
    assert go_round() == {}
    assert Correction.objects.filter(state="undone").count() == 1


def test_bytes_that_correct_nothing_stay_where_they_are(own_vault: Path) -> None:
    made = dataset()
    cast.store(made)
    row = Instance.objects.get()
    meta = vault.read_meta("production", bytes(row.digest))
    meta = replace(meta, received_at=meta.received_at + timedelta(seconds=1))
    loser = dataset(SOPInstanceUID=made.SOPInstanceUID, Rows=4)
    kept = vault.keep("production", cast.encoded(loser), meta)
    age(own_vault)
    assert go_round() == {"bytes-without-row": kept.digest.hex()}
    assert mend("bytes-without-row") is Repair.LEFT
    assert vault.where("production", kept.digest)
    assert go_round() == {"bytes-without-row": kept.digest.hex()}


def test_a_manifest_that_no_document_names_is_set_aside(own_vault: Path) -> None:
    registered(dataset())
    manifest = Document.objects.get(kind="manifest")
    Document.objects.filter(id=manifest.id).update(vault_key="aa" * 32)
    age(own_vault)
    assert go_round() == {"bytes-without-row": manifest.vault_key}
    assert mend("bytes-without-row") is Repair.SET_ASIDE
    assert not vault.where("production", bytes.fromhex(manifest.vault_key))


def test_a_file_that_says_nothing_is_left_to_people(own_vault: Path) -> None:
    cast.store(dataset())
    path = own_vault / f"production/aa/{'aa' * 32}.dcm"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no file of ours")
    age(own_vault)
    assert go_round() == {"bytes-without-row": "aa" * 32}
    assert mend("bytes-without-row") is Repair.LEFT
    assert Finding.objects.get().settled_at is None


def test_what_came_right_meanwhile_is_only_said(own_vault: Path) -> None:
    study = registered(dataset())
    Instance.objects.update(rejection=notes.SAFETY)
    go_round()
    Instance.objects.update(rejection="")
    assert mend("manifest-without-images") is Repair.AGREES
    told = LedgerEvent.objects.get(kind="finding.repaired")
    assert (told.facts["done"], told.study_id) == ("agrees", study.id)


def test_long_lists_are_walked_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "ROWS", 2)
    for _ in range(5):
        builders.series(builders.study(), objects=1)
    go_round()
    assert Finding.objects.filter(kind="images-without-entry").count() == 5
    assert Finding.objects.filter(kind="row-without-bytes").count() == 5
