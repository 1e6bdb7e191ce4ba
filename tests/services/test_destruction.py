"""Destruction by two persons: what goes, what stays for ever, and what stops it (AR-9, NF-3)."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydicom import dcmread

from archive import jobs, vault
from archive.errors import NotFound
from archive.errors.persons import SamePerson, SecondDecided
from archive.errors.retention import ListMoved, NothingToDestroy, StudyDestroyed
from archive.models import (
    AvailabilityNotice,
    Case,
    DestructionItem,
    Document,
    Instance,
    InstanceVersion,
    ItemState,
    Job,
    LedgerEvent,
    Patient,
    Rejection,
    SecondPerson,
    Study,
)
from archive.queries.destruction import expired_count
from archive.services import (
    commitment,
    deaths,
    destruction,
    destruction_work,
    doubts,
    notices,
    registration,
    retention_holds,
)
from archive.services.destruction_work import carry_out
from archive.values import PatientIdentifier, now, today, uid_from_uuid
from tests import cast, notes, persons, retention
from tests.cast import VENLA, dataset
from tests.services.test_corrections import NEW_PATIENT, corrected
from tests.services.test_integrity import go_round
from tests.vaults import file_of


@pytest.fixture(autouse=True)
def _nothing_is_for_ever(db: None, own_vault: Path) -> None:
    """What the vault says was destroyed stays so, and other tests have studies of the same UIDs."""
    retention.nothing_is_for_ever()


def test_a_study_goes_and_what_is_told_of_it_stays() -> None:
    study = retention.ended()
    objects = dict(Instance.objects.values_list("sop_instance_uid", "digest"))
    manifest = Document.objects.get(study=study)
    notice = AvailabilityNotice.objects.get(study=study)
    notices.delivered(notice.id)
    made = retention.finish(retention.approved(study))
    study.refresh_from_db()
    manifest.refresh_from_db()
    assert (made.state, study.state, manifest.status) == ("done", "destroyed", "deprecated")
    for digest in (*objects.values(), bytes.fromhex(manifest.vault_key)):
        assert not file_of("production", bytes(digest)).exists()
    assert dict(Instance.objects.values_list("sop_instance_uid", "digest")) == objects
    lines = "".join(f"{uid} {bytes(objects[uid]).hex()}\n" for uid in sorted(objects))
    item = DestructionItem.objects.get()
    assert (item.state, item.instances) == ("destroyed", 2)
    assert item.sha256 == hashlib.sha256(lines.encode()).hexdigest()
    told = LedgerEvent.objects.filter(study_id=study.id, kind__startswith="study.")
    kinds = [event.kind for event in told.order_by("id")][-2:]
    assert kinds == ["study.condemned", "study.destroyed"]
    owed = notices.owed(notice.id)
    assert owed is not None and owed.notice.unavailable == set(objects)


def test_who_is_being_told_of_a_study_while_it_goes_is_told_that_it_has_gone() -> None:
    study = retention.ended()
    notice = AvailabilityNotice.objects.get(study=study)
    job = Job.objects.get(kind="notice", subject_id=notice.id)
    claim = jobs.claim(job.id)
    told = notices.owed(notice.id)  # and is under way
    assert claim is not None and told is not None and not told.notice.unavailable
    made = retention.finish(retention.approved(study))
    assert made.state == "done"
    notices.delivered(notice.id)
    jobs.finish(claim)
    job.refresh_from_db()
    owed = notices.owed(notice.id)
    assert job.state == "waiting"
    assert owed is not None and len(owed.notice.unavailable) == 2


def test_the_certificate_says_what_went_and_who_decided_and_nothing_of_the_patient() -> None:
    study = retention.ended()
    made = retention.finish(retention.approved(study))
    assert made.sha256 == hashlib.sha256(made.certificate.encode()).hexdigest()
    event = LedgerEvent.objects.get(kind="destruction.ended")
    assert event.facts["sha256"] == made.sha256
    content = json.loads(made.certificate)
    [told] = content["studies"]
    assert told["study_instance_uid"] == study.study_instance_uid
    assert told["retention_ended_on"] == "2013-03-04"  # twelve years from the death
    assert content["proposed_by"] != content["approved_by"] != ""
    for secret in (cast.MATTI, "Meik", "19810101", "2001-03-04"):
        assert secret not in made.certificate


def test_the_certificate_names_the_rule_by_which_a_study_went() -> None:
    study = retention.ended()
    retention.survey()
    made = retention.propose()
    identifier = PatientIdentifier(study.patient.identifier, study.patient.issuer)
    corrected = retention.DIED - timedelta(days=1)
    deaths.settle(
        persons.staff(), identifier, corrected, environment="production", reason="The register"
    )
    retention.approve(made)
    [told] = json.loads(retention.finish(made).certificate)["studies"]
    assert told["retention_ended_on"] == "2013-03-03"
    item = DestructionItem.objects.get(list=made)
    assert (item.basis_on, item.ends_on.isoformat()) == (corrected, "2013-03-03")


def test_who_proposed_cannot_approve_and_one_word_is_enough() -> None:
    retention.ended()
    retention.survey()
    made = retention.propose()
    request = SecondPerson.objects.get(subject_id=made.id)
    with pytest.raises(SamePerson):
        destruction.approve(persons.staff(), request)
    with pytest.raises(NotFound):
        destruction.approve(persons.staff("support"), request)
    assert carry_out(made.id) is None  # nothing moves before the second word
    assert retention.states(made) == [("listed", "")]
    destruction.refuse(persons.staff("admin"), request, reason="not yet")
    assert retention.states(made) == [("spared", "refused")]
    with pytest.raises(SecondDecided):
        destruction.approve(persons.staff("admin"), request)
    assert retention.propose().items.count() == 1  # it may be proposed again


@pytest.mark.parametrize("whose", ["study", "patient"])
def test_a_hold_after_the_approval_stops_that_study(whose: str) -> None:
    study, other = retention.ended(), retention.ended("A2", PatientID=VENLA)
    made = retention.approved(study, other)
    archivist = persons.staff()
    if whose == "study":
        hold = retention_holds.hold_study(archivist, study, reason="court case", until=None)
    else:
        identifier = persons.official()
        hold = retention_holds.hold_patient(
            archivist, identifier, environment="production", reason="court case", until=None
        )
    retention.finish(made)
    assert retention.states(made) == [("destroyed", ""), ("spared", "held")]
    study.refresh_from_db()
    assert study.state == "registered" and vault.read_file("production", digest_of(study))
    with pytest.raises(StudyDestroyed):
        retention_holds.hold_study(archivist, other, reason="late", until=None)
    assert expired_count("production", before=today()) == 0
    retention_holds.release(archivist, hold.id, reason="judged")
    assert expired_count("production", before=today()) == 1
    retention.survey()
    assert [item.study_id for item in retention.propose().items.all()] == [study.id]


def digest_of(study: Study) -> bytes:
    return bytes(Instance.objects.filter(study=study).values_list("digest", flat=True)[0])


def test_facts_that_changed_after_the_approval_spare_the_study() -> None:
    alive, open_, incoming = (retention.ended(f"A{n}", PatientID=code) for n, code in CODES)
    made = retention.approved(alive, open_, incoming)
    Patient.objects.filter(id=alive.patient_id).update(death_date=today())
    Instance.objects.filter(study=open_).update(committed_at=None)
    Study.objects.filter(id=incoming.id).update(state="receiving")
    retention.finish(made)
    assert retention.states(made) == [
        ("spared", "not-expired"),
        ("spared", "uncommitted"),
        ("spared", "unsettled"),
    ]
    assert Instance.objects.count() == 6
    for digest in Instance.objects.values_list("digest", flat=True):
        assert vault.is_whole("production", bytes(digest))


def with_one_rejected(title: str) -> Study:
    """Of two objects, one was rejected before it was committed."""
    study = retention.ended()
    wrong = Instance.objects.filter(study=study)[:1].get()
    notes.send(notes.note(title, dcmread(file_of("production", bytes(wrong.digest)))))
    registration.advance(study.id)
    Instance.objects.filter(id=wrong.id).update(committed_at=None)
    return study


def test_what_was_rejected_and_is_committed_no_more_keeps_no_study_for_ever() -> None:
    made = retention.approved(with_one_rejected(notes.SAFETY))
    retention.finish(made)
    assert retention.states(made) == [("destroyed", "")]


def test_what_was_rejected_for_its_quality_may_still_be_committed() -> None:
    with_one_rejected(notes.QUALITY)
    retention.survey()
    with pytest.raises(NothingToDestroy):
        retention.propose()


def test_a_study_whose_patient_is_being_corrected_is_spared() -> None:
    notes.allow(metadata=True)
    study = retention.ended()
    made = retention.approved(study)
    path = file_of("production", digest_of(study))
    cast.store(corrected(dcmread(path), **NEW_PATIENT))
    retention.finish(made)
    assert retention.states(made) == [("spared", "unsettled")]
    assert all(
        vault.is_whole("production", bytes(digest))
        for digest in InstanceVersion.objects.values_list("digest", flat=True)
    )


def test_a_note_that_went_with_its_study_is_no_damage() -> None:
    notes.allow(metadata=True)
    study = retention.ended()
    first = dcmread(file_of("production", digest_of(study)))
    note = notes.note(notes.SAFETY, first)
    notes.send(note)
    registration.advance(study.id)
    retention.finish(retention.approved(study))
    kept = file_of("production", bytes(Rejection.objects.get().digest))
    assert not kept.exists()
    notes.send(note)
    go_round()
    assert not kept.exists()
    assert not Case.objects.filter(reason="bytes-damaged").exists()


CODES = ((1, cast.MATTI), (2, VENLA), (3, "020280-902M"))


def test_killed_between_batches_and_in_a_study_it_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    studies = [retention.ended(f"A{number}", objects=1) for number in range(5)]
    made = retention.approved(*studies)
    monkeypatch.setattr(destruction_work, "BATCH", 2)
    assert carry_out(made.id) is not None
    assert retention.states(made) == [("destroyed", "")] * 2 + [("listed", "")] * 3

    with retention.killed_in_removal(monkeypatch):
        carry_out(made.id)
    assert [state for state, _ in retention.states(made)].count("condemned") == 1
    condemned = made.items.get(state="condemned")
    assert vault.is_whole("production", digest_of(condemned.study))
    destruction.stop(persons.staff(), made.id, reason="a doubt")
    assert carry_out(made.id) is None  # what is withdrawn goes still, nothing more
    assert retention.states(made) == [("destroyed", "")] * 3 + [("listed", "")] * 2
    destruction.resume(persons.staff("admin"), made.id, reason="no doubt")
    assert retention.finish(made).state == "done"
    assert retention.states(made) == [("destroyed", "")] * 5
    assert LedgerEvent.objects.filter(kind="study.destroyed").count() == 5
    with pytest.raises(ListMoved):
        destruction.stop(persons.staff(), made.id, reason="too late")


def test_a_stopped_list_can_be_ended_for_good() -> None:
    made = retention.approved(retention.ended())
    destruction.stop(persons.staff(), made.id, reason="a doubt")
    destruction.end(persons.staff(), made.id, reason="a mistake")
    assert retention.finish(made).state == "done"
    assert retention.states(made) == [("spared", "stopped")]
    assert json.loads(made.certificate)["studies"][0]["why"] == "stopped"


def test_a_destroyed_study_takes_nothing_more_and_gives_nothing_more() -> None:
    study = retention.ended()
    retention.finish(retention.approved(study))
    peer = cast.peer()
    again = dataset(
        StudyInstanceUID=study.study_instance_uid,
        SeriesInstanceUID=f"{study.study_instance_uid}.1",
    )
    with pytest.raises(StudyDestroyed):
        cast.store(again)
    known = Instance.objects.filter(study=study).first()
    assert known is not None
    asked = commitment.request(
        peer,
        transaction_uid=uid_from_uuid(),
        references=[(known.sop_class_uid, known.sop_instance_uid)],
    )
    assert not commitment.result(asked).committed
    registration.documents_arrived(
        "production", study.register.controller_oid, "A1", study.patient_id
    )
    assert registration.advance(study.id) is None
    study.refresh_from_db()
    assert study.state == "destroyed"


def test_what_came_by_an_open_association_is_refused_once_the_study_is_destroyed() -> None:
    study = retention.ended()
    session = cast.Session(cast.peer())

    def sent() -> None:
        cast.send(
            session,
            dataset(
                StudyInstanceUID=study.study_instance_uid,
                SeriesInstanceUID=f"{study.study_instance_uid}.1",
            ),
        )

    sent()
    Instance.objects.filter(study=study).update(
        committed_at=now(), received_at=now() - timedelta(minutes=5)
    )
    registration.advance(study.id)
    retention.finish(retention.approved(study))
    with pytest.raises(StudyDestroyed):
        sent()
    assert Instance.objects.filter(study=study).count() == 3


def test_nothing_is_listed_that_a_rule_keeps() -> None:
    retention.ended(PatientID="180181-902D", PatientBirthDate="19810118")  # the sample
    retention.survey()
    with pytest.raises(NothingToDestroy):
        retention.propose()


def test_what_is_said_before_is_what_goes_rejected_objects_too() -> None:
    bad, good = dataset(), dataset()
    study = cast.store(bad, good)
    Instance.objects.update(committed_at=now())
    cast.documents()
    registration.advance(study.id)
    notes.send(notes.note(notes.QUALITY, bad))
    registration.advance(study.id)
    Patient.objects.filter(id=study.patient_id).update(death_date=retention.DIED)
    retention.survey()
    made = retention.propose()
    listed = made.items.values_list("instances", "bytes").get()
    assert listed[0] == 2
    retention.approve(made)
    assert retention.finish(made).items.values_list("instances", "bytes").get() == listed


def test_a_list_does_not_end_while_another_worker_is_at_its_last_study(
    monkeypatch: pytest.MonkeyPatch, own_vault: Path
) -> None:
    made, left = retention.approved(retention.ended()), destruction_work._left

    def overtaken(list_id: UUID, state: ItemState) -> list[UUID]:
        """Between the two questions the other withdraws the study, and is killed."""
        if state == ItemState.LISTED and retention.states(made) == [("listed", "")]:
            with monkeypatch.context() as other, retention.killed_in_removal(monkeypatch):
                other.setattr(destruction_work, "_left", left)
                carry_out(list_id)
            assert retention.states(made) == [("condemned", "")]
        return left(list_id, state)

    monkeypatch.setattr(destruction_work, "_left", overtaken)
    assert carry_out(made.id) is not None
    content = json.loads(retention.finish(made).certificate)
    assert [told["state"] for told in content["studies"]] == ["destroyed"]
    assert list(vault.every_object("production")) == []


def test_an_object_healed_while_its_study_is_destroyed_leaves_no_bytes(
    monkeypatch: pytest.MonkeyPatch, own_vault: Path
) -> None:
    made = dataset()
    study = retention.ended(objects=1, SOPInstanceUID=made.SOPInstanceUID)
    destroying, keep = retention.approved(study), vault.Incoming.keep
    again = corrected(made, StudyInstanceUID=study.study_instance_uid)
    again.SeriesInstanceUID = f"{study.study_instance_uid}.1"
    vault.set_aside("production", digest_of(study))
    Instance.objects.update(damaged_at=now())

    def overtaken(self: vault.Incoming, *given: Any) -> vault.Kept:
        retention.finish(destroying)
        return keep(self, *given)

    monkeypatch.setattr(vault.Incoming, "keep", overtaken)
    with pytest.raises(StudyDestroyed):
        cast.store(again)
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -1)
    doubts.settle()
    assert list(vault.every_object("production")) == []
