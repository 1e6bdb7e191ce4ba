"""Objects that were refused and are sent again: their cases close by themselves (SD-3, AR-1)."""

import pytest

from archive import errors
from archive.models import Case, CaseEvent
from archive.services import ingest, registration
from archive.services.sessions import Session
from tests import cast, notes
from tests.cast import dataset
from tests.configuring import Configure
from tests.services.test_registration import quiet

pytestmark = pytest.mark.usefixtures("db", "own_vault")


def test_what_was_broken_off_before_it_said_anything_is_solved_when_it_is_archived() -> None:
    made, session = dataset(), Session(cast.peer())
    for sent in (made, dataset()):
        receipt = ingest.begin(
            session,
            sop_class_uid=cast.CT,
            sop_instance_uid=str(sent.SOPInstanceUID),
            transfer_syntax_uid=cast.EXPLICIT,
        )
        receipt.abandon()
    study = cast.store(made)
    quiet(study)
    cast.documents()
    registration.advance(study.id)
    events = CaseEvent.objects.filter(case__reason="transfer-broken", study_instance_uid="")
    outcomes = dict(events.values_list("sop_instance_uid", "outcome"))
    assert outcomes.pop(str(made.SOPInstanceUID)) == "solved"
    assert list(outcomes.values()) == ["open"]


def test_what_is_archived_now_is_solved_while_its_study_waits_for_documents(
    configure: Configure,
) -> None:
    """They may take days, and the customer looked for objects that had come."""
    made, other = dataset(), dataset()
    configure(FREE_BYTES_FLOOR=str(1 << 60))
    for each in (made, other):
        with pytest.raises(errors.StorageFull):
            cast.store(each)
    configure(FREE_BYTES_FLOOR="0")
    study = cast.store(made)
    quiet(study)
    registration.advance(study.id)
    case = Case.objects.get(reason="storage-full")
    assert (case.state, case.open_count) == ("open", 1)
    quiet(cast.store(other))
    registration.advance(study.id)
    study.refresh_from_db()
    case.refresh_from_db()
    assert (study.state, case.state) == ("waiting_for_documents", "resolved")


def test_a_note_that_was_refused_and_comes_again_leaves_no_open_case(
    configure: Configure,
) -> None:
    made = dataset()
    cast.store(made)
    note = notes.note(notes.SAFETY, made)
    configure(FREE_BYTES_FLOOR=str(1 << 60))
    with pytest.raises(errors.StorageFull):
        notes.send(note)
    configure(FREE_BYTES_FLOOR="0")
    assert Case.objects.get(reason="storage-full").state == "open"
    notes.send(note)
    assert Case.objects.get(reason="storage-full").state == "resolved"
