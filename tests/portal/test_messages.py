"""HL7 messages in the portal: found, read in words, masked, done again (HL-1, SD-3)."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.edges.hl7 import handlers
from archive.edges.hl7.handlers import Visitor
from archive.models import Hl7Message, LedgerEvent
from archive.queries import keyset
from archive.services import messages as services
from tests import persons
from tests.cast import MALLILA, MATTI, VENLA
from tests.edges.hl7.messages import a08, a40
from tests.persons import official, patient, temporary
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def told(raw: bytes) -> Hl7Message:
    """A message as it was received and answered."""
    handlers.answer(raw, Visitor("127.0.0.1"))
    return Hl7Message.objects.order_by("-received_at").first()  # type: ignore[return-value]


def malli(raw: bytes) -> Hl7Message:
    return told(raw.replace(b"ESIM_RIS|ESIM", b"MALLI_RIS|MALLI"))


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_says_what_each_was_and_what_became_of_it() -> None:
    told(a40(control_id="C-1"))
    told(a08(control_id="C-2"))
    content = page(signed_in("support"), "/messages/")
    for words in (
        "2 messages",
        "Merge of two patients",
        "done",
        "refused",
        "AE",
        "C-2",
        "ESIM_RIS",
    ):
        assert words in content
    assert MATTI not in content


@pytest.mark.parametrize(
    "query", ["outcome=refused", "event=ADT%5EA08", "control_id=THIS", "period=today"]
)
def test_each_filter_narrows_the_list(query: str) -> None:
    told(a08(control_id="THIS"))
    other = told(a40(control_id="OTHER"))
    if "period" in query:
        Hl7Message.objects.filter(id=other.id).update(received_at="2026-01-01T00:00Z")
    content = page(signed_in("support"), f"/messages/?{query}")
    assert "THIS" in content and "OTHER" not in content


def test_pages_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset.page, "__kwdefaults__", {**keyset.page.__kwdefaults__, "size": 2})
    for number in range(3):
        told(a40(control_id=f"C-{number}"))
    client = signed_in("support")
    first = client.get("/messages/").context
    second = client.get("/messages/", {"after": first["page"].following}).context
    assert [each.row.control_id for each in (*first["rows"], *second["rows"])] == [
        "C-2",
        "C-1",
        "C-0",
    ]


@pytest.mark.parametrize("login", ["support", "esim"])
def test_more_messages_take_no_more_queries(login: str) -> None:
    client = signed_in(login)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, "/messages/")
        return len(captured)

    told(a40())
    count()  # the session begins
    before = count()
    for number in range(4):
        told(a40(temporary(f"T-{number}")))
    assert count() == before <= 9


def test_a_cursor_that_is_none_is_a_bad_request() -> None:
    assert signed_in("support").get("/messages/?after=nonsense").status_code == 400


def test_a_customer_reads_its_own_outcomes_and_nothing_of_the_patient() -> None:
    own, foreign = told(a08(control_id="MINE")), malli(a08(control_id="THEIRS"))
    client = signed_in("esim")
    content = page(client, "/messages/")
    assert "MINE" in content and "THEIRS" not in content
    detail = page(client, f"/messages/{own.id}/")
    for words in ("Patient is not known", "MINE", "AE", "ESIM_RIS"):
        assert words in detail
    for hidden in (MATTI, "Virtanen", "19810101", "•••", "PID|"):
        assert hidden not in detail
    assert client.get(f"/messages/{foreign.id}/").status_code == 404
    assert client.post(f"/messages/{own.id}/whole/", {"reason": "curious"}).status_code == 404
    assert client.post(f"/messages/{own.id}/replay/").status_code == 404


def test_the_staff_read_it_in_words_with_the_patient_hidden() -> None:
    persons.study(official())
    message = told(a08(name="Virtanen^Maija", control_id="C-1"))
    content = page(signed_in("support"), f"/messages/{message.id}/")
    for words in ("Update of a patient", "Patient ids", "010181-•••C", "PID-3", "C-1", "MSA-1"):
        assert words in content
    for hidden in (MATTI, "Virtanen", "19810101"):
        assert hidden not in content


def test_showing_the_patient_takes_a_reason_and_is_written_down() -> None:
    persons.study(official())
    message = told(a08(name="Virtanen^Maija"))
    client = signed_in("support")
    address = f"/messages/{message.id}/whole/"
    refused = client.post(address, {"reason": ""}).content.decode()
    assert "Virtanen" not in refused
    shown = client.post(address, {"reason": "case E-1042"}).content.decode()
    assert "Virtanen" in shown and MATTI in shown
    assert "Before this message" in shown and "Meikäläinen" in shown
    event = LedgerEvent.objects.get(kind="patient.viewed")
    assert event.facts == {"reason": "case E-1042", "shown": "HL7 message"}
    assert (event.subject_id, event.patient_id) == (message.id, patient(official()).id)
    assert "Virtanen" in client.post(address).content.decode()  # the reason holds
    assert "Virtanen" not in page(client, f"/messages/{message.id}/")


def seen_in(message: Hl7Message) -> set[object]:
    """Whom a look at the message is written down of."""
    reason = {"reason": "case E-1042"}
    assert signed_in("support").post(f"/messages/{message.id}/whole/", reason).status_code == 200
    looks = LedgerEvent.objects.filter(kind="patient.viewed", subject_id=message.id)
    return set(looks.values_list("patient_id", flat=True))


def test_a_look_at_a_refused_message_is_one_at_its_patient() -> None:
    persons.study(official())
    message = told(a08(birth_date="nonsense"))
    assert message.outcome == "refused" and seen_in(message) == {patient(official()).id}


def test_a_look_at_a_message_is_one_at_each_whom_it_names() -> None:
    for each in (official(), official(VENLA), temporary()):
        persons.study(each)
    message = told(a40() + f"PID|2||{VENLA}||Other^One\r".encode())  # without its MRG
    assert message.outcome == "refused"
    named = {patient(each).id for each in (official(), official(VENLA), temporary())}
    assert seen_in(message) == named


def test_a_look_at_a_message_of_nobody_known_is_written_down_too() -> None:
    assert seen_in(told(b"".join([*a08().split(b"PID")[:1], b"PID|1\r"]))) == {None}


@pytest.mark.parametrize(
    ("login", "status"),
    [("admin", 200), ("archivist", 200), ("support", 200), ("onboarding", 403), ("logreview", 403)],
)
def test_who_opens_messages(login: str, status: int) -> None:
    message = told(a40())
    client = signed_in(login)
    assert client.get("/messages/").status_code == status
    assert client.get(f"/messages/{message.id}/").status_code == status
    assert client.get(f"/messages/{uuid4()}/").status_code == (404 if status == 200 else 403)


def test_a_refused_message_is_processed_again_with_its_outcome() -> None:
    message = told(a08(name="Virtanen^Maija"))
    client = signed_in("support")
    address = f"/messages/{message.id}/"
    assert "Process again" in page(client, address)
    again = client.post(f"{address}replay/", follow=True).content.decode()
    assert "It was refused again: Patient is not known" in again
    persons.study(official())
    done = client.post(f"{address}replay/", follow=True).content.decode()
    assert "did what it asks" in done and "Process again" not in done
    assert patient(official()).name == "Virtanen^Maija"
    message.refresh_from_db()
    assert message.case is not None
    assert (message.outcome, message.case.state) == ("done", "resolved")
    outcomes = [
        event.facts["outcome"]
        for event in LedgerEvent.objects.filter(kind="message.replayed").order_by("at")
    ]
    assert outcomes == ["refused", "done"]
    late = client.post(f"{address}replay/", follow=True).content.decode()
    assert "went through meanwhile" in late


def test_an_old_message_does_not_overwrite_a_newer_one() -> None:
    message = told(a08(name="Vanha^Maija"))
    persons.study(official())
    told(a08(name="Uusi^Maija"))
    done = signed_in("support").post(f"/messages/{message.id}/replay/", follow=True)
    assert "out of date" in done.content.decode()
    assert patient(official()).name == "Uusi^Maija"


def test_a_message_whose_time_is_over_keeps_its_outcome_only() -> None:
    message = told(a08())
    Hl7Message.objects.filter(id=message.id).update(received_at="2024-01-01T00:00Z")
    told(a40())
    assert services.expire() == 1
    message.refresh_from_db()
    assert (bytes(message.raw), bytes(message.answer)) == (b"", b"")
    content = page(signed_in("support"), f"/messages/{message.id}/")
    assert "no longer kept" in content and "Process again" not in content
    assert services.expire() == 0


def test_a_message_leads_to_its_merges_and_studies() -> None:
    study = persons.study(temporary())
    message = told(a40(survivor=official(VENLA)))
    content = page(signed_in("archivist"), f"/messages/{message.id}/")
    merge = message.merges.get()
    assert f"/merges/{merge.id}/" in content
    assert f"/studies/{study.id}/" in content


def test_the_study_tells_of_the_merge_and_of_the_new_name() -> None:
    study = persons.study(temporary())
    told(a40())
    told(a08(temporary(), "Virtanen^Maija"))
    client = signed_in("archivist")
    client.post(f"/studies/{study.id}/reason/", {"reason": "case E-1042"})
    content = page(client, f"/studies/{study.id}/")
    assert "Patient ids merged by" in content
    assert "data changed by" in content
    persons.undo(temporary())
    after = page(client, f"/studies/{study.id}/")
    client.post(f"/studies/{study.id}/reason/", {"reason": "case E-1042"})
    after = page(client, f"/studies/{study.id}/")
    assert "Merge of patient ids undone by" in after and "a mistake" in after


def test_the_sender_of_another_customer_is_theirs() -> None:
    assert malli(a40(temporary(business_id=MALLILA))).organisation.business_id == MALLILA


@pytest.mark.parametrize(("login", "leads"), [("support", 1), ("esim", 1), ("onboarding", 0)])
def test_a_case_leads_to_its_message_for_whom_may_open_it(login: str, leads: int) -> None:
    message = told(a08())
    content = page(signed_in(login), f"/cases/{message.case_id}/")
    assert content.count(f'href="/messages/{message.id}/"') == leads
