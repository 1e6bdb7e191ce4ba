"""Why they see what: asked for a requester, a patient and a moment; compared; written (AC-5)."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.models import (
    Document,
    DocumentLink,
    Instance,
    Patient,
    Register,
    RegisterHolding,
    RejectedObject,
    Rejection,
    Study,
)
from archive.services import registration
from archive.services import wishes as services
from archive.values import HELSINKI, civil_day
from tests import builders, cast, notes, wishes
from tests.cast import ESIMERKKILA, MALLILA, dataset
from tests.portal.test_pages import signed_in
from tests.services.test_registration import stored
from tests.wishes import AINO, ago, inform, permit, prohibit, wanted

pytestmark = pytest.mark.django_db
REASON = "E-1042, the ward asks"


def person() -> Patient:
    return builders.patient(AINO)


def study(business_id: str = ESIMERKKILA, **columns: Any) -> Study:
    """With its report and manifest, archived ten days ago."""
    at = ago(days=10)
    made = builders.study(
        business_id, patient=person(), accession_number="W1", received_at=at, **columns
    )
    cast.document("report", accession="W1", patient=AINO, business_id=business_id)
    builders.notice(made)
    Document.objects.update(registered_at=at)
    return made


def ask(client: Client, business_id: str = MALLILA, **fields: Any) -> str:
    """The answer's page, the patient found first."""
    answer = client.post("/why/", {"code": AINO, "reason": REASON})
    assert answer.headers["Location"] == f"/why/?patient={person().id}"
    organisation = cast.organisation(business_id)
    answer = client.get(
        "/why/", {"patient": person().id, "organisation": organisation.id, **fields}
    )
    assert answer.status_code == 200
    return answer.content.decode()


def on(at: datetime, prefix: str = "") -> dict[str, str]:
    local = at.astimezone(HELSINKI)
    return {f"{prefix}day": f"{local:%Y-%m-%d}", f"{prefix}clock": f"{local:%H:%M:%S}"}


def cells(content: str) -> tuple[int, int]:
    """How often the table says yes, and no."""
    body = content[content.index('<table class="list why">') :]
    return body.count('class="state done">yes'), body.count('class="state stop">no')


def test_each_study_and_document_is_answered_with_its_chain_of_rules() -> None:
    study()
    inform()
    content = ask(signed_in("support"))
    assert cells(content) == (0, 3)
    for words in (
        "The object is not in the asker’s own register.",
        "No live purchased-service authorisation lets the asker see the object.",
        "The patient has been informed.",
        "The patient has given no disclosure permission, or has withdrawn it.",
        "Studies that would be seen: 0 of 1. Documents: 0 of 2.",
    ):
        assert words in content, words
    permit()
    opened = ask(signed_in("support"))
    assert cells(opened) == (3, 0) and "disclosure permission" in opened
    assert AINO not in opened


def test_the_own_register_is_open_and_says_so() -> None:
    study()
    content = ask(signed_in("archivist"), ESIMERKKILA)
    assert cells(content) == (3, 0)
    assert "The object is in the asker’s own register." in content


def test_an_assertion_changes_the_answer() -> None:
    study()
    inform(effective_at=ago(days=5))
    permit(effective_at=ago(days=5))
    client = signed_in("support")
    bare = ask(client, how="asserted", purpose="treatment")
    assert "No care relation is claimed." in bare and cells(bare) == (0, 3)
    related = ask(client, how="asserted", purpose="treatment", care_relation="on", role="physician")
    assert cells(related) == (3, 0)
    other = ask(client, how="asserted", purpose="other", care_relation="on")
    assert "The purpose is neither treatment nor an emergency." in other
    prohibit(wanted("provider", ESIMERKKILA, emergency_exception=True))
    emergency = ask(client, how="asserted", purpose="emergency")
    assert "the patient has allowed use in an emergency" in emergency and cells(emergency) == (3, 0)


def test_what_was_rejected_since_is_open_at_the_moment_before_and_says_why_not_now() -> None:
    made = dataset()
    row = stored(made)
    builders.notice(row)  # with a manifest, which is withdrawn
    Document.objects.update(registered_at=ago(days=3), patient=person())
    Study.objects.filter(id=row.id).update(received_at=ago(days=3), patient=person())
    Instance.objects.update(received_at=ago(days=3))
    before, between = ago(days=2), ago(days=1)
    notes.send(notes.note(notes.WORKLIST, made))
    Rejection.objects.update(made_at=ago(days=1, hours=12))
    registration.advance(row.id)
    compared = on(before) | on(between, "other_")
    content = ask(signed_in("support"), ESIMERKKILA, **compared)
    # The withdrawal is of now: at both moments the manifest was in force.
    assert cells(content) == (3, 1)
    assert "The study has been corrected: all its images are rejected." in content
    assert cells(ask(signed_in("support"), ESIMERKKILA)) == (0, 1)
    RejectedObject.objects.update(ended_at=ago(hours=1))  # revoked since
    assert cells(ask(signed_in("support"), ESIMERKKILA, **compared)) == (3, 1)


def test_the_return_over_dicom_is_another_question() -> None:
    study()
    inform()
    permit()
    content = ask(signed_in("support"), action="return")
    assert "Over DICOM and DICOMweb material goes back to its own controller only." in content


def test_two_moments_stand_side_by_side_with_their_differences(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study()
    with monkeypatch.context() as then:
        then.setattr(services, "now", lambda: ago(days=8))
        inform()
        permit()
    prohibit(wanted("everything"))
    client = signed_in("support")
    content = ask(client, **on(ago(days=5), "other_"))
    assert cells(content) == (3, 3) and content.count('needs">differs') == 3
    assert "permitted with prohibitions" in content
    same = ask(client, **on(ago(days=5)), **on(ago(days=6), "other_"))
    assert cells(same) == (6, 0) and "differs" not in same[same.index("<tbody>") :]
    before = ask(client, **on(ago(days=11)), **on(ago(days=5), "other_"))
    assert before.count("not archived then") == 3 and before.count('needs">differs') == 3


def test_a_replaced_document_was_in_force_before_its_replacement() -> None:
    made = study()
    old = Document.objects.get(kind="report")
    new = cast.document("report", accession="W1", patient=AINO, business_id=ESIMERKKILA)
    Document.objects.filter(id=old.id).update(status="deprecated")
    DocumentLink.objects.create(
        environment="production",
        kind="RPLC",
        source_uuid=new.entry_uuid,
        target_uuid=old.entry_uuid,
    )
    client = signed_in("support")
    content = ask(client, ESIMERKKILA, **on(ago(days=2), "other_"))
    assert content.count(">Report") == 2 and content.count("not archived then") == 2
    assert str(made.id) in content


def test_a_document_whose_study_is_not_here_is_answered_too() -> None:
    cast.document("request", accession="ALONE", patient=AINO, business_id=ESIMERKKILA)
    content = ask(signed_in("support"))
    assert "Request for examination" in content and cells(content) == (0, 1)


def test_the_controller_of_that_moment_is_named() -> None:
    """The register has passed to a successor since."""
    made = study()
    former, present = cast.organisation(ESIMERKKILA), cast.organisation(MALLILA)
    RegisterHolding.objects.create(
        register=made.register, organisation=former, until=civil_day(ago(days=2))
    )
    Register.objects.filter(id=made.register_id).update(organisation=present)
    client = signed_in("support")
    now, then = (cell(ask(client)), cell(ask(client, **on(ago(days=5)))))
    assert present.name_fi in now and former.name_fi not in now
    assert former.name_fi in then and present.name_fi not in then
    both = cell(ask(client, **on(ago(days=5), "other_")))
    assert former.name_fi in both and present.name_fi in both


def cell(content: str) -> str:
    """The first of the table's body: which study, in whose register."""
    body = content[content.index("<tbody>") :]
    return body[: body.index("</th>")]


def test_asking_is_written_with_what_was_asked() -> None:
    study()
    ask(signed_in("support"), how="asserted", purpose="emergency", role="physician")
    (event,) = wishes.ledger("why.asked")
    assert event.patient_id == person().id
    assert event.facts["reason"] == REASON and event.facts["asker"] == MALLILA
    assert (event.facts["purpose"], event.facts["role"]) == ("emergency", "physician")
    assert event.facts["studies"] == [1] and event.facts["allowed"] == [1]
    assert len(wishes.ledger("patient.searched")) == 1


def test_without_a_reason_nothing_is_answered() -> None:
    study()
    organisation = cast.organisation(MALLILA)
    answer = signed_in("support").get(
        "/why/", {"patient": person().id, "organisation": organisation.id}
    )
    assert "Each study and its documents" not in answer.content.decode()
    assert not wishes.ledger("why.asked")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"day": "2100-01-01"}, "That moment has not come yet"),
        ({"other_day": "2100-01-01"}, "That moment has not come yet"),
        ({"day": "yesterday"}, "Enter a valid date"),
        ({"purpose": "harm"}, "Select a valid choice"),
        ({"organisation": "nobody"}, "Select a valid choice"),
    ],
)
def test_a_question_that_cannot_be_read_is_not_asked(fields: dict[str, str], says: str) -> None:
    study()
    assert says in ask(signed_in("support"), **fields)
    assert not wishes.ledger("why.asked")


def test_a_code_in_the_address_is_taken_out() -> None:
    answer = signed_in("support").get("/why/", {"role": AINO})
    assert answer.headers["Location"] == "/why/"


def test_more_studies_take_no_more_queries() -> None:
    client = signed_in("support")

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            ask(client)
        return len(captured)

    study()
    ask(client)
    before = count()
    for number in range(8):
        builders.study(patient=person(), accession_number=f"W{number + 2}")
    assert count() == before


@pytest.mark.parametrize(
    ("login", "status"),
    [("admin", 200), ("archivist", 200), ("support", 200), ("onboarding", 403), ("esim", 404)],
)
def test_who_may_ask(login: str, status: int) -> None:
    assert signed_in(login).get("/why/").status_code == status
