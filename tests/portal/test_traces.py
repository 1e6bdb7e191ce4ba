"""Traces over all interfaces: a study, a message, an association; as a page and as text."""

from datetime import timedelta

import pytest

from archive import ledger
from archive.edges.hl7 import handlers
from archive.edges.hl7.handlers import Visitor
from archive.errors import ArchiveError
from archive.models import Hl7Message, LedgerEvent
from archive.queries import timeline
from archive.services.sessions import Session
from archive.values import now
from portal.call_words import CALLS
from tests import builders, cast
from tests.edges.hl7.messages import a40
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def get(address: str, login: str = "support") -> str:
    answer = signed_in(login).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_study_is_traced_with_its_waits_answers_and_work() -> None:
    study = builders.study(
        state="waiting_for_documents", waits_for="study-entry", accession_number="R-TRACE"
    )
    about = ledger.About(environment="production", subject_id=study.id, study_id=study.id)
    begun = now() - timedelta(hours=5)
    stored = {"instances": 2, "bytes": 2000, "calling": "ESIM_PACS"}
    ledger.record(ledger.Kind.STUDY_STORED, about, stored, at=begun)
    waits = {"missing": ["study-entry"]}
    ledger.record(ledger.Kind.STUDY_WAITING, about, waits, at=begun + timedelta(seconds=9))
    later = begun + timedelta(hours=3, seconds=9)
    ledger.record(ledger.Kind.DOCUMENT_REGISTERED, about, {"kind": "study-entry"}, at=later)
    case = builders.case()
    builders.event(case, study=study, at=later + timedelta(minutes=5))
    builders.dead_job(study)
    for address in (f"/trace/studies/{study.id}/", f"/trace/studies/{study.id}/text/"):
        told = get(address)
        for words in (
            "R-TRACE",
            "stored by ESIM_PACS",
            "waited 3 h for the examination note",
            "A900, data set does not fit",
            "Work of the archive: registration of a study",
            "given up, 8 tries",
            str(case),
        ):
            assert words in told, (address, words)
        for secret in ("Meikäläinen", "010181"):
            assert secret not in told


def test_a_message_is_traced_to_its_answer() -> None:
    handlers.answer(a40(control_id="MSG-78"), Visitor("127.0.0.1"))
    message = Hl7Message.objects.get()
    told = get(f"/trace/messages/{message.id}/")
    assert "control id MSG-78" in told and f"/messages/{message.id}/" in told
    text = get(f"/trace/messages/{message.id}/text/")
    assert f"Answer: {message.acknowledgement}, " in text and "ADT^A40" in text
    assert "Meik" not in text and "-900" not in text


def test_an_association_is_traced_by_its_reference_and_found_by_it() -> None:
    peer = cast.peer()
    session = Session(peer)
    cast.send(session, cast.dataset())
    with pytest.raises(ArchiveError):
        cast.send(session, cast.dataset(StudyDescription="ZZ9ZZ Tuntematon"))
    session.close()
    client = signed_in("support")
    found = client.post("/search/", {"q": str(peer.association_id)})
    assert found.headers["Location"] == f"/trace/calls/{peer.association_id}/"
    told = get(found.headers["Location"])
    assert "stored by" in told and "A900, data set does not fit" in told
    study = LedgerEvent.objects.get(kind="study.stored").study_id
    assert f"/trace/studies/{study}/" in told
    assert client.get(f"/trace/calls/{builders.uuid7()}/").status_code == 404


def test_every_step_of_a_call_has_words() -> None:
    steps = {step for _interface, step, _outcome in timeline.OF_CALLS.values()}
    assert steps | {"work", "message-received", "message-answered"} == set(CALLS)


@pytest.mark.parametrize(
    ("login", "status"),
    [("admin", 200), ("archivist", 200), ("onboarding", 403), ("logreview", 403), ("esim", 404)],
)
def test_who_opens_a_trace(login: str, status: int) -> None:
    study = builders.study()
    assert signed_in(login).get(f"/trace/studies/{study.id}/").status_code == status
