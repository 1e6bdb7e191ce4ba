"""The imaging rows made again from the vault alone, as they were (AR-10)."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from archive import config, vault
from archive.models import (
    Authorisation,
    Case,
    CaseEvent,
    Correction,
    Document,
    Instance,
    InstanceVersion,
    LedgerEvent,
    Register,
    RejectedObject,
    Series,
    Study,
)
from archive.services import (
    authorisations,
    corrections,
    integrity,
    overlays,
    rebuilding,
    registration,
)
from archive.services.indexing import Indexed
from archive.vault import digests
from tests import authorising, builders, cast, notes
from tests.cast import MATTI, RONTGEN, VENLA, dataset
from tests.notes import QUALITY, SAFETY, note
from tests.rebuilding import (
    ELSEWHERE,
    LATER,
    a_life,
    corrected_back,
    decided,
    made,
    nothing,
    rows,
    wipe,
)
from tests.services.test_corrections import NEW_PATIENT, corrected, moved, served, settle, whose
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_integrity import flip, go_round
from tests.services.test_registration import quiet, state
from tests.services.test_rejections import ARCHIVIST, registered
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db", "own_vault")


def test_wiped_rows_come_back_as_they_were() -> None:
    a_life()
    before = rows()
    assert all(before.values())
    overlaid = Study.objects.get(accession_number="R5")
    assert overlaid.overlay is not None and overlaid.overlay.values["PatientID"] == VENLA
    wipe()
    assert not any(rows().values())
    done = rebuilding.rebuild(nothing)
    after = rows()
    for what, expected in before.items():
        changed = [pair for pair in zip(expected, after[what], strict=True) if pair[0] != pair[1]]
        assert not changed, what
    overlaid = Study.objects.get(accession_number="R5")
    assert overlaid.overlay is not None and overlaid.overlay.values["PatientID"] == VENLA
    assert (done.outcomes[Indexed.ADDED], done.unreadable) == (len(before["instances"]), 0)
    assert done.outcomes[Indexed.OURS] == 1


def test_once_more_changes_nothing() -> None:
    a_life()
    before, records = rows(), decided()
    done = rebuilding.rebuild(nothing)
    assert rows() == before
    assert (done.outcomes[Indexed.ADDED], done.decisions, done.versions) == (0, 0, 0)
    wipe()
    rebuilding.rebuild(nothing)
    rebuilding.rebuild(nothing)
    assert rows() == before
    assert decided() == records


def test_what_a_producer_or_a_predecessor_rejected_stays_rejected() -> None:
    authorising.made(None)
    theirs, theirs_later = authorising.naming(), authorising.naming()
    notes.send(note(SAFETY, theirs_later), RONTGEN)
    cast.store(theirs, theirs_later, business_id=RONTGEN)
    notes.send(note(SAFETY, theirs), RONTGEN)
    own = dataset(StudyInstanceUID="1.2.5", SeriesInstanceUID="1.2.5.1")
    cast.store(own)
    notes.send(note(QUALITY, own))
    successor = cast.organisation(cast.MALLILA)
    Register.objects.filter(id=authorising.register().id).update(organisation=successor)
    before = rows()["instances"]
    wipe()
    rebuilding.rebuild(nothing)
    assert rows()["instances"] == before
    assert list(Instance.objects.order_by("rejection").values_list("rejection", flat=True)) == [
        QUALITY,
        SAFETY,
        SAFETY,
    ]


def test_what_a_producer_began_is_its_again_under_the_authorisation_of_that_time() -> None:
    """As of a database that was put back from the day before: it has the authorisations, and not
    the studies that have come since.
    """
    of_all = authorising.made(None, may_read=False)
    ended = authorising.made(may_read=False)
    first = dataset(**ELSEWHERE)
    theirs, later, added = authorising.naming(), authorising.naming(**LATER), authorising.naming()
    own = cast.store(first)
    begun = cast.store(theirs, business_id=RONTGEN)
    cast.store(authorising.naming(**ELSEWHERE), business_id=RONTGEN)  # to what it has not begun
    authorisations.revoke(authorising.person(), ended, reason="x")
    authorising.made(may_read=False)
    cast.store(added, later, business_id=RONTGEN)
    before = dict(Study.objects.values_list("study_instance_uid", "authorisation"))
    assert before[begun.study_instance_uid] == ended.id and before[own.study_instance_uid] is None
    assert before[str(later.StudyInstanceUID)] not in (None, ended.id, of_all.id)
    wipe(persons=False)
    rebuilding.rebuild(nothing)
    after = dict(Study.objects.values_list("study_instance_uid", "authorisation"))
    assert after == before


def test_what_a_producer_began_is_its_again_when_the_repository_has_told_of_it_anew() -> None:
    """The database is lost with its copies: authorisations come back from the Patient Data
    Repository, which has the form of each, and rights begin then.
    """
    made = {"document_oid": "1.2.246.10.9", "valid_from": authorising.day(-3)}
    authorising.received(**made)
    begun = cast.store(authorising.naming(), business_id=RONTGEN)
    assert begun.authorisation is not None
    wipe(persons=False)
    Authorisation.objects.all().delete()
    rebuilding.rebuild(nothing)
    assert Study.objects.get().authorisation is None
    again = authorising.received(**made)
    rebuilding.rebuild(nothing)
    assert Study.objects.get().authorisation == again
    rebuilding.rebuild(nothing)
    assert LedgerEvent.objects.filter(kind="index.rebuilt").count() == 3


def test_of_two_notes_that_awaited_an_object_the_stricter_stands_again() -> None:
    authorising.made(None)
    bad = authorising.naming()
    notes.send(note(SAFETY, bad), RONTGEN)
    notes.send(note(QUALITY, bad))
    cast.store(bad, business_id=RONTGEN)
    before = rows()["instances"]
    wipe()
    rebuilding.rebuild(nothing)
    assert rows()["instances"] == before
    registration.advance(Study.objects.get().id)
    assert rows()["instances"] == before
    assert RejectedObject.objects.get(ended_at=None).rejection.title == SAFETY


def test_a_rebuilt_study_is_registered_and_served_as_before() -> None:
    notes.allow(metadata=True)
    first = dataset()
    moved(first)
    wipe()
    call_command("rebuild_index", stdout=StringIO())
    found = Study.objects.get()
    assert served(first).PatientID == VENLA
    cast.documents(patient=VENLA)
    quiet(found)
    registration.advance(found.id)
    assert state(found) == "registered"


def test_a_study_that_was_corrected_and_back_is_its_patients_again() -> None:
    """What came back differs from the original in nothing that is corrected."""
    notes.allow(metadata=True)
    made = [dataset(), dataset()]
    study = registered(*made)
    for step in (lambda each: corrected(each, **NEW_PATIENT), corrected_back):
        for each in made:
            cast.store(step(each))
        settle(study)
    held = set(Instance.objects.values_list("sop_instance_uid", "digest"))
    assert Study.objects.get().patient.identifier == MATTI
    wipe()
    assert rebuilding.rebuild(nothing).versions == 4
    assert Study.objects.get().patient.identifier == MATTI
    assert set(Instance.objects.values_list("sop_instance_uid", "digest")) == held
    assert {served(each).PatientID for each in made} == {MATTI}


def test_the_command_says_what_it_did_and_what_it_could_not() -> None:
    cast.store(dataset())
    wipe()
    (config.settings().vault_dir / "production/aa").mkdir(exist_ok=True)
    (config.settings().vault_dir / f"production/aa/{'aa' * 32}.dcm").write_bytes(b"no file of ours")
    said = StringIO()
    call_command("rebuild_index", "--environment", "production", stdout=said)
    assert "2 files: 1 objects added, 0 known" in said.getvalue()
    assert "1 unreadable" in said.getvalue()


def test_the_command_accounts_for_each_file() -> None:
    notes.allow(metadata=True)
    first = dataset()
    study = cast.store(first)
    cast.store(corrected(first, **NEW_PATIENT))
    settle(study)
    said = StringIO()
    call_command("rebuild_index", "--environment", "production", stdout=said)
    assert said.getvalue().startswith("2 files:")
    assert "1 known, 0 corrected versions, 1 versions that were known" in said.getvalue()
    wipe()
    said = StringIO()
    call_command("rebuild_index", "--environment", "production", stdout=said)
    assert "1 objects added, 0 known, 1 corrected versions, 0 versions that" in said.getvalue()


@pytest.mark.parametrize("undone", [False, True])
def test_what_an_archivist_said_after_a_correction_stands_where_a_rejected_object_had_no_part_in_it(
    undone: bool,
) -> None:
    """The correction was whole without it, and is so again only once the note is replayed."""
    notes.allow(metadata=True)
    first, second, rejected = made(1, 3)
    notes.send(note(QUALITY, rejected))
    study = cast.store(first, second, rejected)
    cast.store(*(corrected(each, AccessionNumber="R1", **NEW_PATIENT) for each in (first, second)))
    settle(study)
    if undone:
        sent = overlays.last_in_force(study)
        assert sent is not None
        overlays.undo(ARCHIVIST, sent, reason="was right")
    else:
        lay_over(study, PatientID=MATTI)
    assert whose(study) == MATTI
    wipe()
    rebuilding.rebuild(nothing)
    study = Study.objects.get()
    corrections.settle(study.id)
    assert whose(study) == MATTI


def test_what_an_archivist_laid_over_before_a_correction_is_back_when_that_is_undone() -> None:
    notes.allow(metadata=True)
    [first] = made(1, 1)
    study = cast.store(first)
    lay_over(study, PatientID=VENLA, PatientName="Mallikas^Venla")
    lay_over(study, AccessionNumber="L1")
    cast.store(corrected(first, AccessionNumber="R2", **NEW_PATIENT))
    settle(study)
    sent = overlays.last_in_force(study)
    assert sent is not None
    overlays.undo(ARCHIVIST, sent, reason="was right")
    before = rows()
    wipe()
    rebuilding.rebuild(nothing)
    study = Study.objects.select_related("overlay").get()
    assert (whose(study), study.accession_number, rows()["studies"]) == (
        VENLA,
        "L1",
        before["studies"],
    )
    assert study.overlay is not None and study.overlay.values["PatientID"] == VENLA
    for _ in range(2):
        last = overlays.last_in_force(study)
        assert last is not None
        overlays.undo(ARCHIVIST, last, reason="was right")
    assert whose(study) == MATTI


def test_forgotten_corrections_of_a_corrected_object_come_back_in_their_order() -> None:
    notes.allow(metadata=True)
    first = dataset()
    study = cast.store(first)
    cast.store(corrected(first, **NEW_PATIENT))
    settle(study)
    held = Instance.objects.values("digest", "size", "version").get()
    # The vault lists the later ones first.
    names = ("Laine^Aino", "Laine^Eino", "Laine^Oiva")  # corrections that hold at once
    lost = [corrected(first, **NEW_PATIENT, ReferringPhysicianName=name) for name in names]
    lost.sort(key=lambda each: digests.of(cast.encoded(each)), reverse=True)
    for each in lost:
        cast.store(each)
    newest = bytes(Instance.objects.get().digest)
    later = InstanceVersion.objects.filter(number__gt=held["version"])
    corrections_of = list(later.values_list("correction_id", flat=True))
    later.delete()
    Correction.objects.filter(id__in=corrections_of).delete()
    Instance.objects.update(**held)
    assert rebuilding.rebuild(nothing).versions == 3
    assert bytes(Instance.objects.get().digest) == newest


def test_what_came_in_a_day_is_told_as_one_and_as_made_again() -> None:
    cast.store(*made(1, 3))
    cast.store(*made(1, 2))
    wipe()
    rebuilding.rebuild(nothing)
    study = Study.objects.get()
    quiet(study)
    registration.advance(study.id)
    told = LedgerEvent.objects.get(kind="study.stored", study_id=study.id).facts
    assert (told["instances"], told["rebuilt"], "broken_off" in told) == (5, True, False)


def test_objects_that_were_set_aside_are_missed_by_name_and_not_shown(own_vault: Path) -> None:
    good, bad, headless = dataset(), dataset(), dataset()
    study = registered(good, bad, headless)
    named_by = {
        uid: bytes(digest)
        for uid, digest in Instance.objects.values_list("sop_instance_uid", "digest")
    }
    flip(named_by[bad.SOPInstanceUID])
    path = file_of("production", named_by[headless.SOPInstanceUID])
    path.chmod(0o600)
    path.write_bytes(b"no file of ours any more")
    for row in Instance.objects.all():
        integrity.is_whole(row)
    manifest = Document.objects.get(study=study, kind="manifest")
    vault.set_aside("production", bytes.fromhex(manifest.vault_key))
    call_command("rebuild_index", stdout=StringIO())
    assert CaseEvent.objects.count() == 2  # their rows are there: verification has told of them
    CaseEvent.objects.all().delete()
    Case.objects.all().delete()
    wipe()
    said = StringIO()
    call_command("rebuild_index", stdout=said)
    call_command("rebuild_index", stdout=StringIO())
    assert "2 objects that were set aside are missing" in said.getvalue()
    assert Instance.objects.get().sop_instance_uid == good.SOPInstanceUID
    told = {each.facts["digest"]: each for each in CaseEvent.objects.all()}
    assert set(told) == {named_by[each.SOPInstanceUID].hex() for each in (bad, headless)}
    event = told[named_by[bad.SOPInstanceUID].hex()]
    assert (event.study_instance_uid, event.sop_instance_uid, event.study_id) == (
        *(good.StudyInstanceUID, bad.SOPInstanceUID, Study.objects.get().id),
    )
    assert event.case.organisation == cast.organisation()
    assert CaseEvent.objects.count() == 2
    cast.store(bad)  # its customer has sent it again
    quiet(study := Study.objects.get())
    cast.documents()
    registration.advance(study.id)
    event.refresh_from_db()
    assert event.outcome == "solved"
    cast.store(headless)
    go_round()
    assert not CaseEvent.objects.filter(outcome="open").exists()


def test_a_file_whose_series_is_another_studys_is_counted_and_harms_nobody() -> None:
    cast.store(dataset())
    Instance.objects.all().delete()
    other = builders.study(study_instance_uid="1.2.246.10.90000099")
    Series.objects.update(study=other)
    done = rebuilding.rebuild(nothing)
    connection.check_constraints()
    assert (done.unreadable, Instance.objects.count()) == (1, 0)


def test_what_a_power_cut_left_half_written_is_no_object_until_it_comes_whole() -> None:
    sent = dataset()
    cast.store(sent)
    path = file_of("production", bytes(Instance.objects.get().digest))
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    wipe()
    done = rebuilding.rebuild(nothing)
    assert (done.unreadable, Instance.objects.count(), Study.objects.count()) == (1, 0, 0)
    cast.store(sent)
    assert path.read_bytes()[vault.DATA_OFFSET :] == whole[vault.DATA_OFFSET :]
    assert Instance.objects.get().size == len(whole) - vault.DATA_OFFSET
