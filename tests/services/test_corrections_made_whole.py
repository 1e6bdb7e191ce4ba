"""Corrections and rejections of one study, in the order in which they came (AR-7, AR-10)."""

from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest

from archive import vault
from archive.errors import OtherContent
from archive.errors.corrections import RejectedBefore
from archive.models import (
    Correction,
    Instance,
    InstanceVersion,
    Job,
    JobKind,
    JobState,
    Rejection,
    Study,
)
from archive.services import corrections, overlays, rebuilding, rejections, replaying
from archive.values import now
from archive.vault import records
from tests import authorising, cast, notes
from tests.cast import MATTI, VENLA, dataset
from tests.notes import SAFETY, note
from tests.rebuilding import corrected_back, nothing, rows, wipe
from tests.services.test_corrections import NEW_PATIENT, corrected, settle, whose
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_rejections import ARCHIVIST

pytestmark = pytest.mark.usefixtures("db", "own_vault")


@pytest.fixture(autouse=True)
def _switch_on(db: None) -> None:
    notes.allow(metadata=True)


def test_a_correction_that_a_rejection_makes_whole_is_looked_at_at_once() -> None:
    good, bad = dataset(), dataset()
    study = cast.store(good, bad)
    cast.store(corrected(good, **NEW_PATIENT))
    assert settle(study) is not None
    looked = Job.objects.filter(kind=JobKind.CORRECTION, subject_id=study.id)
    looked.update(state=JobState.DONE)  # its patience is over, and its case is open
    notes.send(note(SAFETY, bad))
    assert looked.get(state=JobState.WAITING).not_before <= now()
    assert corrections.settle(study.id) is None
    assert whose(study) == VENLA


def test_it_stays_when_the_object_is_given_back_also_when_the_index_is_made_again() -> None:
    good, bad = dataset(), dataset()
    study = cast.store(good, bad)
    cast.store(corrected(good, AccessionNumber="X1"))
    notes.send(note(SAFETY, bad))
    assert settle(study) is None
    rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="was right")
    before = rows()
    assert Study.objects.get().accession_number == "X1"
    wipe()
    rebuilding.rebuild(nothing)
    assert Study.objects.get().accession_number == "X1"
    assert rows()["corrections"] == before["corrections"]


def test_bytes_that_were_refused_are_no_correction_when_the_index_is_made_again() -> None:
    """They lie in the vault until their doubt is settled."""
    sent, other = dataset(), dataset()
    cast.store(sent)
    notes.send(note(SAFETY, sent))
    with pytest.raises(RejectedBefore):
        cast.store(other, corrected(sent, AccessionNumber="X1"))
    rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="was right")
    before = rows()
    rebuilding.rebuild(nothing)
    assert rows() == before
    wipe()
    rebuilding.rebuild(nothing)
    assert rows() == before


def test_bytes_of_whom_may_not_correct_are_no_correction_when_the_index_is_made_again() -> None:
    """A producer's, of a study that its organiser has begun."""
    authorising.made(None)
    notes.allow(cast.RONTGEN, metadata=True)
    sent, other = authorising.naming(), authorising.naming()
    study = cast.store(sent)
    again = authorising.naming(SOPInstanceUID=str(sent.SOPInstanceUID), AccessionNumber="X1")
    with pytest.raises(OtherContent):
        cast.store(other, again, business_id=cast.RONTGEN)
    before = rows()
    rebuilding.rebuild(nothing)
    corrections.settle(study.id)
    assert rows() == before


def test_what_was_undone_is_not_taken_for_another_that_said_the_same() -> None:
    sent = dataset()
    study = cast.store(sent)
    lay_over(study, **NEW_PATIENT)
    cast.store(corrected(sent, **NEW_PATIENT))
    corrections.settle(study.id)
    last = overlays.last_in_force(study)
    assert last is not None and last.origin == "stored"
    overlays.undo(ARCHIVIST, last, reason="was right")
    before = rows()
    rebuilding.rebuild(nothing)
    assert whose(study) == VENLA and rows() == before


def test_a_correction_that_was_refused_and_taken_later_is_made_again() -> None:
    sent, other = dataset(), dataset()
    cast.store(sent)
    notes.send(note(SAFETY, sent))
    again = corrected(sent, AccessionNumber="X1")
    with pytest.raises(RejectedBefore):
        cast.store(other, again)
    rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="was right")
    cast.store(again)
    vault.put_back("production", vault.doubted("production", older_than=-1)[0])  # the doubt ends
    settle(Study.objects.get())
    before = rows()
    wipe()
    rebuilding.rebuild(nothing)
    assert rows()["corrections"] == before["corrections"]


def test_two_that_said_the_same_and_were_undone_one_after_another_are_both_undone_again() -> None:
    """Within a minute: the second undoing was taken for one that had been done already."""
    made = dataset()
    study = cast.store(made)
    lay_over(study, **NEW_PATIENT)
    cast.store(corrected(made, **NEW_PATIENT))
    assert settle(study) is None
    for _ in range(2):
        last = overlays.last_in_force(study)
        assert last is not None
        overlays.undo(ARCHIVIST, last, reason="was right")
    before = rows()
    assert whose(study) == MATTI
    rebuilding.rebuild(nothing)
    assert rows() == before
    wipe()
    rebuilding.rebuild(nothing)
    assert whose(Study.objects.get()) == MATTI
    assert rows()["corrections"] == before["corrections"]


def an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (corrections, replaying):
        monkeypatch.setattr(module, "now", lambda: now() + timedelta(hours=1))


def test_what_was_laid_over_while_a_correction_was_gathered_is_below_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One object always said so, and need not have come again: that shows when it is quiet."""
    sent, right = dataset(), dataset(AccessionNumber="X1")
    study = cast.store(sent, right)
    cast.store(corrected(sent, AccessionNumber="X1"))
    assert corrections.settle(study.id) is not None
    lay_over(study, AccessionNumber="L1")
    an_hour_later(monkeypatch)
    assert corrections.settle(study.id) is None
    before = rows()
    assert Study.objects.get().accession_number == "X1"
    wipe()
    rebuilding.rebuild(nothing)
    after = Study.objects.get()
    assert (after.accession_number, after.overlay) == ("X1", None)
    assert rows()["corrections"] == before["corrections"]


def test_what_the_index_gathered_is_in_force_before_what_came_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The database is one from the moment in which the objects of a correction had come."""
    made = dataset()
    study = cast.store(made)
    cast.store(corrected(made, **NEW_PATIENT))
    gathered, original = Correction.objects.get(), Instance.objects.get()
    an_hour_later(monkeypatch)
    assert corrections.settle(study.id) is None
    cast.store(corrected_back(made))
    assert corrections.settle(study.id) is None
    before = rows()
    assert whose(study) == MATTI
    InstanceVersion.objects.filter(number=3).delete()
    Correction.objects.exclude(id=gathered.id).delete()
    gathered.save()
    original.save()
    rebuilding.rebuild(nothing)
    corrections.settle(study.id)
    assert whose(study) == MATTI
    assert rows() == before


def test_what_was_decided_within_one_millisecond_is_done_again_in_its_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beyond milliseconds the names of records are chance."""
    study = cast.store(dataset())
    names, moments = count(2**80 - 1, -1), count()
    start = now().replace(microsecond=0) + timedelta(seconds=1)
    monkeypatch.setattr(records, "uuid7", lambda: UUID(int=next(names)))
    monkeypatch.setattr(overlays, "now", lambda: start + timedelta(microseconds=next(moments)))
    for number in ("L1", "L2", "L3"):
        lay_over(study, AccessionNumber=number)
    before = rows()
    wipe()
    rebuilding.rebuild(nothing)
    assert Study.objects.get().accession_number == "L3"
    assert rows()["corrections"] == before["corrections"]
