"""Steps of a rollout test that are seen by an event of the ledger: HL7 messages taken, queries
answered (ON-4).
"""

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from archive import errors, ledger
from archive.actors import Actor, connection_actor
from archive.edges.hl7 import handlers
from archive.edges.hl7.handlers import Visitor
from archive.errors import corrections as correction_errors
from archive.models import Connection
from archive.objects.queries import StoredQuery
from archive.rules.disclosure import What
from archive.services import disclosure, discovery, querying, retrieval
from archive.services.associations import Peer
from archive.services.disclosure import Given
from archive.simulation.consumer import FIND_DOCUMENTS
from archive.values import HETU_ROOT, today
from onboarding.models import RolloutRun, StepState
from onboarding.rules.rollout import StepKind
from onboarding.rules.sightings import SIGHTINGS
from tests import cast, notes
from tests.edges.hl7.messages import a08, a40
from tests.finding import question
from tests.onboarding.test_rollout import TEST, me, run, step, store
from tests.persons import official, temporary

__all__ = ["me", "run"]
pytestmark = pytest.mark.django_db


def query(patient: str = cast.MATTI) -> None:
    link = Connection.objects.get(
        organisation=cast.organisation(), environment=TEST, xds_role="consumer"
    )
    actor = system_of(link)
    parameters = {
        "$XDSDocumentEntryPatientId": ((f"{patient}^^^&{HETU_ROOT}&ISO",),),
        "$XDSDocumentEntryStatus": (("urn:oasis:names:tc:ebxml-regrep:StatusType:Approved",),),
    }
    asked = StoredQuery(FIND_DOCUMENTS, "LeafClass", parameters)
    discovery.leaves(actor, asked, environment=TEST)


def test_a_query_must_find_something(run: RolloutRun) -> None:
    query()
    assert step(run, StepKind.XDS_QUERY).state == StepState.FAILED
    cast.documents(environment=TEST)
    query()
    passed = step(run, StepKind.XDS_QUERY)
    assert (passed.state, passed.observed["found"]) == (StepState.PASSED, "2")


def test_a_document_must_be_fetched(run: RolloutRun) -> None:
    link = Connection.objects.get(
        organisation=cast.organisation(), environment=TEST, xds_role="consumer"
    )
    study = store(cast.dataset())
    given = Given(
        ground="own-register",
        fired=("own-register",),
        register=study.register,
        patient_id=study.patient_id,
        what=What.IMAGES,
        study_id=study.id,
    )
    for what, state in ((What.IMAGES, StepState.FAILED), (What.MANIFEST, StepState.PASSED)):
        disclosure.given(
            system_of(link), [replace(given, what=what)], environment=TEST, interface="XDS"
        )
        assert step(run, StepKind.XDS_RETRIEVE).state == state


def system_of(link: Connection) -> Actor:
    return connection_actor(
        connection_id=link.id,
        name=link.xds_user,
        organisation_id=link.organisation_id,
        environment=TEST,
    )


def told(raw: bytes) -> None:
    handlers.answer(raw, Visitor("127.0.0.1"))


TEST_HEADER: dict[str, Any] = {
    "sender": ("ESIM_TEST_RIS", "ESIM"),
    "receiver": ("KANTATEST", "KELA"),
    "processing_id": "T",
}


def test_a_name_update_must_change_the_name(run: RolloutRun) -> None:
    store(cast.dataset())
    told(a08(name="Meikäläinen^Matti", sex="M", **TEST_HEADER))
    failed = step(run, StepKind.NAME_UPDATE)
    assert (failed.state, failed.cause) == (StepState.FAILED, "")
    told(a08(name="Uusi^Matti", sex="M", **TEST_HEADER))
    passed = step(run, StepKind.NAME_UPDATE)
    assert passed.state == StepState.PASSED
    assert "Uusi" not in str(passed.observed) and cast.MATTI not in str(passed.observed)
    assert step(run, StepKind.MERGE).state == StepState.WAITING


def test_a_merge_that_is_refused_fails_until_one_is_taken(run: RolloutRun) -> None:
    store(cast.dataset())
    told(a40(official(), temporary(), **TEST_HEADER))  # the wrong way round
    failed = step(run, StepKind.MERGE)
    assert failed.state == StepState.FAILED and failed.cause
    assert step(run, StepKind.NAME_UPDATE).state == StepState.WAITING  # the refusal was no update
    told(a40(temporary(), official(), **TEST_HEADER))
    assert step(run, StepKind.MERGE).state == StepState.PASSED


def peer() -> Peer:
    return cast.peer(environment=TEST)


def test_finding_must_find_and_retrieving_must_arrive(run: RolloutRun) -> None:
    querying.find(peer(), question("STUDY", AccessionNumber="NONE"))
    assert step(run, StepKind.FIND).state == StepState.FAILED
    made = cast.dataset()
    store(made)
    querying.find(peer(), question("STUDY", AccessionNumber=made.AccessionNumber))
    passed = step(run, StepKind.FIND)
    assert (passed.state, passed.observed["found"]) == (StepState.PASSED, "1")
    for error, state in (
        (errors.PeerRejected(), StepState.FAILED),
        (None, StepState.PASSED),
    ):
        wanted = retrieval.get(peer(), question("STUDY", StudyInstanceUID=made.StudyInstanceUID))
        (item,) = wanted.objects(nullcontext)
        wanted.note(item, error)
        wanted.close(retrieval.DONE)
        assert step(run, StepKind.RETRIEVE).state == state


def test_a_correction_is_seen_and_a_refused_note_told(run: RolloutRun) -> None:
    made = cast.dataset()
    store(made)
    notes.allow(note_first=False)
    with pytest.raises(correction_errors.NothingToReject):
        notes.send(notes.note(notes.QUALITY, cast.dataset()), environment=TEST)
    failed = step(run, StepKind.CORRECTION)
    assert failed.state == StepState.FAILED and failed.cause
    notes.send(notes.note(notes.QUALITY, made), environment=TEST)
    assert step(run, StepKind.CORRECTION).state == StepState.PASSED


@pytest.mark.parametrize(
    ("kind", "connection"),
    [
        (StepKind.FIND, "dicom"),
        (StepKind.RETRIEVE, "dicom"),
        (StepKind.CORRECTION, "dicom"),
        (StepKind.XDS_QUERY, "xds"),
        (StepKind.XDS_RETRIEVE, "xds"),
        (StepKind.NAME_UPDATE, "hl7"),
        (StepKind.MERGE, "hl7"),
    ],
)
def test_a_step_is_not_asked_of_who_has_no_connection_for_it(
    run: RolloutRun, kind: StepKind, connection: str
) -> None:
    assert step(run, kind).state == StepState.WAITING
    Connection.objects.filter(
        organisation=cast.organisation(), environment=TEST, kind=connection
    ).update(valid_until=today() - timedelta(days=1))
    assert step(run, kind).state == StepState.NOT_ASKED


@pytest.mark.parametrize("kind", SIGHTINGS, ids=str)
def test_a_sighting_asks_for_events_that_exist_and_shows_what_they_must_carry(
    kind: StepKind,
) -> None:
    demanded = {each.word: set(each.demanded) for each in ledger.Kind}
    for event in SIGHTINGS[kind].events:
        assert set(SIGHTINGS[kind].shown) <= demanded[event]
