"""Objects that are known to be damaged are not said to be at hand: in answers to queries, and in
confirmations (AR-5, AR-6, AR-10).
"""

from datetime import timedelta
from typing import Any

import pytest
from pydicom.dataset import Dataset

from archive.errors import PeerTakenOut
from archive.models import (
    AvailabilityNotice,
    Case,
    Connection,
    Instance,
    Job,
    LedgerEvent,
    NoticeState,
    Study,
)
from archive.services import notices
from archive.values import now, today
from tests import cast, notes
from tests.cast import MALLILA, MATTI, dataset
from tests.edges.dicomweb.web import model, system
from tests.finding import find
from tests.services.test_integrity import flip, go_round, one
from tests.services.test_rejections import registered

pytestmark = pytest.mark.usefixtures("db", "own_vault")


def damaged(*made: Dataset) -> None:
    for each in made:
        flip(bytes(one(each).digest))
    assert go_round().found == len(made)


def told(level: str, **keys: Any) -> dict[str, str]:
    """What is said of each, by its UID; empty where nothing is."""
    unique = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}
    answers = find(level, InstanceAvailability="", **keys)
    return {
        each[unique.get(level, "PatientID")]: each.get("InstanceAvailability", "")
        for each in answers
    }


def test_a_query_says_what_cannot_be_fetched_and_of_a_part_nothing() -> None:
    whole, half, lost = (dataset(SeriesInstanceUID=f"1.2.246.10.90000003.{n}") for n in range(3))
    other = dataset(SeriesInstanceUID=half.SeriesInstanceUID)
    study = registered(whole, half, other, lost)
    uid = study.study_instance_uid
    assert told("STUDY") == {uid: "ONLINE"}
    damaged(half, lost)
    assert told("IMAGE", StudyInstanceUID=uid) == {
        whole.SOPInstanceUID: "ONLINE",
        other.SOPInstanceUID: "ONLINE",
        half.SOPInstanceUID: "UNAVAILABLE",
        lost.SOPInstanceUID: "UNAVAILABLE",
    }
    assert told("SERIES", StudyInstanceUID=uid) == {
        whole.SeriesInstanceUID: "ONLINE",
        half.SeriesInstanceUID: "",
        lost.SeriesInstanceUID: "UNAVAILABLE",
    }
    assert told("STUDY") == {uid: ""}
    cast.store(half, lost)
    assert told("STUDY") == {uid: "ONLINE"}


def test_of_a_patient_what_the_asker_may_not_see_says_nothing() -> None:
    mine = dataset()
    registered(mine)
    theirs = dataset(StudyInstanceUID="1.2.246.10.90000011.1", SeriesInstanceUID="1.2.246.10.9.1")
    cast.store(theirs, business_id=MALLILA)
    damaged(theirs)
    keys = {"PatientID": MATTI, "patient_root": True}
    assert told("PATIENT", **keys) == {MATTI: "ONLINE"}
    assert told("PATIENT", business_id=MALLILA, **keys) == {MATTI: "UNAVAILABLE"}
    damaged(mine)
    assert told("PATIENT", **keys) == {MATTI: "UNAVAILABLE"}


def test_what_is_rejected_does_not_count() -> None:
    bad, good = dataset(), dataset()
    study = registered(bad, good)
    damaged(bad)
    notes.send(notes.note(notes.QUALITY, bad))
    assert told("STUDY") == {study.study_instance_uid: "ONLINE"}


def test_the_web_gives_no_address_of_what_cannot_be_fetched() -> None:
    bad, good = dataset(), dataset()
    study = registered(bad, good)
    damaged(bad)
    found = model(system().get(f"studies/{study.study_instance_uid}/instances"))
    said = {
        each["00080018"]["Value"][0]: (each["00080056"]["Value"], "00081190" in each)
        for each in found
    }
    assert said == {
        bad.SOPInstanceUID: (["UNAVAILABLE"], False),
        good.SOPInstanceUID: (["ONLINE"], True),
    }


def notice_of(study: Study) -> AvailabilityNotice:
    return AvailabilityNotice.objects.get(study=study, manifest__status="approved")


def unavailable(study: Study) -> set[str]:
    owed = notices.owed(notice_of(study).id)
    assert owed is not None
    return set(owed.notice.unavailable)


def test_a_confirmation_says_what_cannot_be_fetched_and_comes_again_when_it_can() -> None:
    bad, good = dataset(), dataset()
    study = registered(bad, good)
    damaged(bad)
    assert unavailable(study) == {bad.SOPInstanceUID}
    notices.delivered(notice_of(study).id)
    Job.objects.update(state="done", ended_at=now())
    assert notices.owed(notice_of(study).id) is None
    cast.store(bad)
    assert unavailable(study) == set()
    assert Job.objects.filter(kind="notice", state="waiting").exists()


def test_who_was_told_before_the_damage_is_not_told_again() -> None:
    made = dataset()
    study = registered(made)
    notices.delivered(notice_of(study).id)
    damaged(made)
    cast.store(made)
    assert Instance.objects.get().damaged_at is None
    assert notices.owed(notice_of(study).id) is None


def test_a_system_that_was_taken_out_of_use_is_not_called() -> None:
    study = registered(dataset())
    (owed,) = AvailabilityNotice.objects.filter(study=study, state=NoticeState.PENDING)
    assert notices.owed(owed.id) is not None
    rows = Connection.objects.filter(id=owed.connection_id)
    rows.update(valid_until=today() - timedelta(days=1))
    assert notices.owed(owed.id) is None
    owed.refresh_from_db()
    assert (owed.state, owed.last_reason) == (NoticeState.FAILED, PeerTakenOut.reason())
    assert LedgerEvent.objects.filter(kind="notice.given_up", subject_id=owed.id).exists()
    assert not Case.objects.exists()
