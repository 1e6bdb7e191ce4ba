"""Looks at patients' data over the API: by a person, for a reason, recorded as on the pages, and no
answer kept; and why somebody would see what (AC-5, LG-3).
"""

from typing import Any

import pytest

from archive.models import IdempotentCall, LedgerEvent, Organisation, RegistryMessage, Role
from archive.services import registry_messages
from archive.services.registry_messages import Exchanged
from archive.values import uuid7
from tests import builders, cast, persons
from tests.cast import ESIMERKKILA, MALLILA, MATTI, organisation
from tests.edges.hl7.messages import a08
from tests.persons import official
from tests.portal.access.test_why import study as archived
from tests.portal.api.calling import call, personal, systems
from tests.portal.test_messages import told
from tests.portal.test_pages import signed_in
from tests.services import xds_cast
from tests.wishes import AINO, ago, inform, permit

pytestmark = pytest.mark.django_db
REASON = {"reason": "E-1042, the ward asks"}


def looks(kind: str = "patient.viewed") -> list[Any]:
    """What the log says of each, in their order, beside when it was and in which exchange."""
    rows = LedgerEvent.objects.filter(kind=kind).order_by("at", "id")
    names = ("facts", "subject_id", "patient_id", "organisation_id", "study_id", "actor_id")
    return list(rows.values(*names))


def desk() -> str:
    """A token of the operator's system, in the role of those who may look."""
    operator = Organisation.objects.filter(is_operator=True).earliest("id")
    return systems(operator.business_id, role=Role.SUPPORT)


def looked(path: str, page: str) -> Any:
    """What a person reads there; the look stands in the log as one on the page does."""
    assert call(desk(), path, REASON).status_code == 403
    token = personal("support")
    assert call(token, path, {}).status_code == 422 and not looks()
    answers = [call(token, path, REASON, key="key-of-a-look") for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert not IdempotentCall.objects.exists()
    assert signed_in("support").post(page, REASON).status_code == 200
    first, again, paged = looks()
    assert first == again == paged and paged["facts"]["reason"] == REASON["reason"]
    return answers[0].json()


def test_a_search_that_is_repeated_under_a_key_is_a_search_again() -> None:
    """An answer that was kept would be read without a word in the log, and name whose studies."""
    token, body = personal("support"), {"patient": {"id": MATTI}, **REASON}
    first, later = builders.study(), None
    for _again in range(2):
        found = call(token, "/api/studies/search", body, key="key-of-a-search").json()["results"]
        assert str(first.id) in {row["id"] for row in found}
        assert later is None or str(later.id) in {row["id"] for row in found}
        later = later or builders.study()
    assert len(looks("patient.searched")) == 2 and not IdempotentCall.objects.exists()


def test_what_a_refusal_under_a_key_has_told_stays_in_the_log() -> None:
    """As without a key: only the key goes, so that the call may be tried again."""
    token = personal("archivist")
    nobody = {"patient": {"id": "311299-9008"}, **REASON}
    sought = call(token, "/api/statements/never-informed", {**nobody, "statement": str(uuid7())})
    assert sought.status_code == 404 and len(looks("patient.searched")) == 1
    statement = {**nobody, "statement": str(uuid7())}
    for _again in range(2):
        path = "/api/statements/never-informed"
        assert call(token, path, statement, key="key-of-a-refusal").status_code == 404
    assert len(looks("patient.searched")) == 3
    persons.study(persons.temporary(), PatientBirthDate="19810102")
    persons.study(persons.official(), PatientBirthDate="19810101")
    retired, survivor = persons.temporary(), persons.official()
    two = {
        "retired": {"id": retired.value, "issuer": retired.issuer},
        "survivor": {"id": survivor.value},
        **REASON,
    }
    before = LedgerEvent.objects.count()
    assert call(token, "/api/merges", two, key="key-of-a-merge").status_code == 422
    assert LedgerEvent.objects.count() > before, "it told that their days of birth differ"
    assert not IdempotentCall.objects.exists()


def test_whose_a_study_is() -> None:
    study, client, token = builders.study(), signed_in("support"), personal("support")
    path = f"/api/studies/{study.id}/patient"
    known = {"id": MATTI, "issuer": study.patient.issuer, "name": study.patient.name}
    assert call(token, path, REASON).json() == known
    client.post(f"/studies/{study.id}/reason/", REASON)
    client.post(f"/studies/{study.id}/patient/")
    called, paged = looks("study.viewed")
    assert called == paged and called["facts"] == {**REASON, "shown": "code and name"}
    assert call(desk(), path, REASON).status_code == 403
    assert call(personal("onboarding"), path, REASON).status_code == 403
    assert len(looks("study.viewed")) == 2


def test_a_registered_document_whole() -> None:
    document = cast.document("report", accession="W1", patient=AINO)
    path = f"/api/registry/{document.id}"
    assert AINO not in call(personal("support"), path).content.decode()
    shown = looked(f"{path}/whole", f"/registry/{document.id}/whole/")
    named = {each["name"]: each["values"] for each in shown["attributes"]}
    assert AINO in named["patientId"][0]


def test_a_soap_message_whole() -> None:
    peer = xds_cast.assemble().repository
    exchanged = Exchanged("a", "m", f"<a>{MATTI}</a>".encode(), b"<b/>", False, False)
    registry_messages.keep(peer.actor, exchanged, uuid7())
    path = f"messages/{RegistryMessage.objects.get().id}/whole"
    shown = looked(f"/api/registry/{path}", f"/registry/{path}/")
    assert MATTI in shown["received"] and "<b/>" in shown["answered"]


def test_an_hl7_message_whole() -> None:
    message = told(a08(official(MATTI), control_id="C-1"))
    path = f"/api/messages/{message.id}"
    assert MATTI not in call(personal("support"), path).content.decode()
    shown = looked(f"{path}/whole", f"/messages/{message.id}/whole/")
    values = {each["place"]: each["value"] for each in shown["fields_received"]}
    assert MATTI in values["PID-3"]
    assert "MSA-1" in {each["place"] for each in shown["fields_answered"]}


def test_why_each_study_and_document_would_be_seen_or_not() -> None:
    study, token = archived(), personal("support")
    inform()
    permit()
    asked = {
        "patient": {"id": AINO},
        **REASON,
        "organisation": str(organisation(MALLILA).id),
        "compared_with": ago(days=1).isoformat(),
    }
    answer = call(token, "/api/why", asked, key="key-of-a-look")
    now, before = answer.json()["views"]
    assert AINO not in answer.content.decode() and not IdempotentCall.objects.exists()
    assert (now["studies"], before["studies"]) == ({"seen": 1, "kept": 1}, {"seen": 0, "kept": 1})
    assert next(each["document_kind"] for each in now["decisions"]) is None
    assert {each["study_id"] for each in now["decisions"]} == {str(study.id)}
    assert {each["ground"] for each in now["decisions"]} == {"permission"}
    assert "not-informed" in {each["rule"] for each in before["decisions"][0]["rules"]}
    (event,) = LedgerEvent.objects.filter(kind="why.asked")
    assert event.facts["reason"] == REASON["reason"] and event.facts["allowed"] == [1, 0]
    own = {**asked, "organisation": str(organisation(ESIMERKKILA).id), "action": "return"}
    del own["compared_with"]
    (view,) = call(token, "/api/why", own).json()["views"]
    assert view["decisions"][0]["ground"] == "own-register"


def test_why_is_asked_by_persons_of_what_can_be_asked() -> None:
    archived()
    asked = {"patient": {"id": AINO}, **REASON, "organisation": str(organisation(MALLILA).id)}
    for wrong in (
        {**asked, "as_of": "2999-01-01T00:00:00Z"},
        {**asked, "organisation": str(uuid7())},
        {**asked, "assertion": {"unit": "x"}},
        {**asked, "reason": f"asks {MATTI}"},
    ):
        assert call(personal("support"), "/api/why", wrong).status_code == 422
    assert call(desk(), "/api/why", asked).status_code == 403
    unknown = {**asked, "patient": {"id": "010190-9006"}}
    assert call(personal("support"), "/api/why", unknown).status_code in (404, 422)
    assert not LedgerEvent.objects.filter(kind="why.asked").exists()
    related = {"purpose": "treatment", "care_relation": False}
    answer = call(personal("support"), "/api/why", {**asked, "assertion": related}).json()
    fired = {each["rule"] for each in answer["views"][0]["decisions"][0]["rules"]}
    assert "no-care-relation" in fired
