"""What a producer has begun in its organiser's register: it gets it back and may reject it while it
may store there, and nothing else (AR-6, AR-7).
"""

from contextlib import nullcontext
from typing import Any

import pytest
from pydicom.dataset import Dataset

from archive.errors import ControllerUnauthorised
from archive.errors import corrections as refusals
from archive.models import (
    Instance,
    LedgerEvent,
    RejectedObject,
    Rejection,
    Study,
)
from archive.services import (
    authorisations,
    commitment,
    registration,
    rejections,
    retrieval,
)
from archive.values import uid_from_uuid
from tests import cast, notes
from tests.authorising import made, naming, person
from tests.cast import ESIMERKKILA, MALLILA, RONTGEN, dataset, store
from tests.finding import find, question, uids
from tests.notes import KOS, QUALITY, RETENTION, SAFETY, WORKLIST, note

pytestmark = pytest.mark.usefixtures("db")

ELSEWHERE = {"StudyInstanceUID": "1.2.5", "SeriesInstanceUID": "1.2.5.1"}


def given_back(uid: str, business_id: str = RONTGEN) -> list[str]:
    wanted = retrieval.get(cast.peer(business_id), question("STUDY", StudyInstanceUID=uid))
    return [item.sop_instance_uid for item in wanted.objects(nullcontext)]


def rejection_of(image: Dataset) -> str:
    return Instance.objects.get(sop_instance_uid=image.SOPInstanceUID).rejection


# --- back to whoever has begun it -----------------------------------------------------------------


def test_a_right_to_store_gives_back_what_was_begun_under_it_and_no_more() -> None:
    row = made(None, may_read=False)
    theirs, own, added = naming(**ELSEWHERE), dataset(), naming()
    begun = store(theirs, business_id=RONTGEN)
    organisers = store(own)
    store(added, business_id=RONTGEN)  # to a study that the organiser has begun
    for keys in ({"StudyInstanceUID": ""}, {"PatientID": cast.MATTI}, {"AccessionNumber": "A1"}):
        assert uids("STUDY", business_id=RONTGEN, **keys) == {begun.study_instance_uid}
    (found,) = find(
        "STUDY",
        business_id=RONTGEN,
        StudyInstanceUID=begun.study_instance_uid,
        NumberOfStudyRelatedInstances="",
    )
    assert found["NumberOfStudyRelatedInstances"] == "1"
    assert given_back(begun.study_instance_uid) == [str(theirs.SOPInstanceUID)]
    assert uids("IMAGE", business_id=RONTGEN, StudyInstanceUID=organisers.study_instance_uid) == (
        set()
    )
    assert given_back(organisers.study_instance_uid) == []
    assert given_back(begun.study_instance_uid, MALLILA) == []
    authorisations.revoke(person(), row, reason="x")
    assert uids("STUDY", business_id=RONTGEN, PatientID=cast.MATTI) == set()
    assert given_back(begun.study_instance_uid) == []


def test_another_authorisation_does_not_give_back_what_was_begun_under_one_that_has_ended() -> None:
    row = made(may_read=False)
    begun = store(naming(), business_id=RONTGEN)
    authorisations.revoke(person(), row, reason="x")
    made(may_read=False)
    assert given_back(begun.study_instance_uid) == []


def test_a_next_version_of_it_goes_on_giving_back() -> None:
    row = made(may_read=False)
    begun = store(naming(), business_id=RONTGEN)
    order = authorisations.Order.of(row)
    order = authorisations.Order(**{**_values(order), "urgency": "urgent"})
    authorisations.amend(person(), row, order, producer=row.producer)
    assert len(given_back(begun.study_instance_uid)) == 1


def _values(order: authorisations.Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in order.__dataclass_fields__}


# --- rejection ------------------------------------------------------------------------------------


@pytest.mark.parametrize("may_read", [True, False])
@pytest.mark.parametrize("title", [QUALITY, SAFETY, WORKLIST])
def test_a_producer_rejects_objects_of_a_study_it_has_begun(title: str, may_read: bool) -> None:
    made(may_read=may_read)
    bad, good, organisers = naming(), naming(), dataset()
    study = store(bad, good, business_id=RONTGEN)
    store(organisers)  # a study is its beginner's, as it is to correct
    sent = note(title, bad, organisers)
    notes.send(sent, RONTGEN)
    assert [rejection_of(each) for each in (bad, good, organisers)] == [title, "", title]
    assert Rejection.objects.get().organisation == cast.organisation(RONTGEN)
    told = LedgerEvent.objects.get(kind="objects.rejected")
    assert told.organisation_id == cast.organisation(ESIMERKKILA).id and told.facts["objects"] == 2
    assert given_back(study.study_instance_uid) == [str(good.SOPInstanceUID)]
    assert Study.objects.get(id=study.id).instance_count == 1
    request = commitment.request(
        cast.peer(RONTGEN),
        transaction_uid=uid_from_uuid(),
        references=[(KOS, str(sent.SOPInstanceUID))],
    )
    assert len(commitment.result(request).committed) == 1


@pytest.mark.parametrize("rights", [{"may_read": False}, {}, {"may_write": False}])
def test_what_its_organiser_has_begun_is_not_the_producers_to_reject(
    rights: dict[str, bool],
) -> None:
    """A success would say that it is hidden."""
    made(**rights)
    own, added = dataset(), naming()
    store(own)
    if rights.get("may_write", True):
        store(added, business_id=RONTGEN)
    else:
        store(added)
    for image in (own, added):
        with pytest.raises(ControllerUnauthorised) as refused:
            notes.send(note(SAFETY, image), RONTGEN)
        assert refused.value.error_comment == "0124: no authorisation for the organiser's register"
    assert not Rejection.objects.exists()
    notes.send(note(SAFETY, own))
    assert rejection_of(own) == SAFETY


def test_when_its_right_has_ended_it_is_told_that_nothing_is_hidden() -> None:
    row = made(may_read=False)
    image = naming()
    store(image, business_id=RONTGEN)
    authorisations.revoke(person(), row, reason="x")
    with pytest.raises(ControllerUnauthorised):
        notes.send(note(SAFETY, image), RONTGEN)
    assert rejection_of(image) == ""


def test_a_note_that_names_both_does_nothing() -> None:
    made()
    theirs, own = naming(**ELSEWHERE), dataset()
    store(theirs, business_id=RONTGEN)
    store(own)
    with pytest.raises(ControllerUnauthorised):
        notes.send(note(SAFETY, theirs, own), RONTGEN)
    assert rejection_of(theirs) == ""


def test_ended_retention_is_the_controllers_alone() -> None:
    made()
    notes.allow(RONTGEN, retention=True)
    image = naming()
    store(image, business_id=RONTGEN)
    notes.died(-1)
    with pytest.raises(refusals.RetentionRejectionUnauthorised):
        notes.send(note(RETENTION, image), RONTGEN)
    assert rejection_of(image) == ""


def test_a_producers_note_before_its_objects_falls_on_them_when_they_come() -> None:
    made()
    bad, good = naming(), naming()
    notes.send(note(SAFETY, bad), RONTGEN)
    study = store(good, bad, business_id=RONTGEN)
    assert [rejection_of(each) for each in (bad, good)] == [SAFETY, ""]
    assert study.instance_count == 1


@pytest.mark.parametrize(
    ("producers", "organisers", "stands"),
    [(QUALITY, SAFETY, SAFETY), (SAFETY, QUALITY, SAFETY), (WORKLIST, SAFETY, WORKLIST)],
)
def test_of_two_notes_that_wait_for_one_object_the_stricter_stands_and_none_waits_on(
    producers: str, organisers: str, stands: str
) -> None:
    """As if they had come after it: a rejection becomes stricter, never milder or another."""
    made()
    bad = naming()
    notes.send(note(producers, bad), RONTGEN)
    notes.send(note(organisers, bad))
    study = store(bad, business_id=RONTGEN)
    for _ in range(2):
        assert rejection_of(bad) == stands
        (held,) = RejectedObject.objects.filter(ended_at=None)
        assert held.rejection.title == stands and held.instance is not None
        registration.advance(study.id)
    gone = RejectedObject.objects.exclude(ended_at=None).get()
    assert gone.instance == held.instance
    why = "rejected already by another note" if stands == producers else rejections.STRICTER
    assert gone.ended_why == why


def test_it_falls_on_nothing_that_its_organiser_has_begun_or_stores_after_the_end() -> None:
    row = made()
    own, later = dataset(), dataset(**ELSEWHERE)
    notes.send(note(SAFETY, own), RONTGEN)
    notes.send(note(SAFETY, later), RONTGEN)
    store(own)
    store(naming(**ELSEWHERE), business_id=RONTGEN)
    authorisations.revoke(person(), row, reason="x")
    study = store(later)
    registration.advance(study.id)
    assert [rejection_of(each) for each in (own, later)] == ["", ""]


def test_its_organiser_may_reject_more_strictly_and_one_of_them_stands() -> None:
    made()
    image = naming()
    store(image, business_id=RONTGEN)
    notes.send(note(QUALITY, image), RONTGEN)
    with pytest.raises(refusals.RejectedAlready):
        notes.send(note(QUALITY, image))
    notes.send(note(SAFETY, image))
    assert rejection_of(image) == SAFETY
    standing = RejectedObject.objects.get(ended_at=None)
    assert standing.rejection.organisation == cast.organisation(ESIMERKKILA)
