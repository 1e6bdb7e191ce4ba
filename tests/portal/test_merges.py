"""Merges in the portal: a preview, a reason, and two persons for the undoing (HL-1, NF-3)."""

from typing import Any

import pytest
from django.test import Client

from archive.models import LedgerEvent, PatientMerge, SecondPerson
from archive.values import PatientIdentifier
from tests import cast, persons
from tests.cast import MATTI, VENLA
from tests.persons import merge, official, patient, temporary
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def asked(retired: PatientIdentifier, survivor: PatientIdentifier, **more: str) -> dict[str, str]:
    return {
        "retired": retired.value,
        "retired_issuer": retired.issuer,
        "survivor": survivor.value,
        "survivor_issuer": survivor.issuer,
        "reason": "case E-1042",
        **more,
    }


def post(client: Client, address: str, data: dict[str, Any] | None = None) -> str:
    return client.post(address, data or {}, follow=True).content.decode()


def test_the_preview_says_what_would_move_and_changes_nothing() -> None:
    one, other = persons.study(temporary()), persons.study(official())
    cast.documents(accession="D1")
    content = post(signed_in("archivist"), "/merges/new/", asked(temporary(), official()))
    for words in (
        "Nothing has been changed yet",
        one.accession_number,
        other.accession_number,
        "1 study of the retired id",
        "Esimerkkilän",
    ):
        assert words in content
    assert not PatientMerge.objects.exists()
    viewed = LedgerEvent.objects.filter(kind="patient.viewed")
    assert {event.subject_id for event in viewed} == {one.patient_id, other.patient_id}
    assert {event.facts["reason"] for event in viewed} == {"case E-1042"}


def test_a_merge_is_made_after_its_preview() -> None:
    persons.study(temporary())
    client = signed_in("archivist")
    data = asked(temporary(), official(), confirmed="1")
    assert "1 study is now found under the surviving id" in post(client, "/merges/new/", data)
    row = PatientMerge.objects.get()
    assert (row.made_by, row.reason, row.organisation) == ("archivist", "case E-1042", None)
    assert patient(temporary()).survivor == patient(official())
    assert "belonged to one person already" in post(client, "/merges/new/", data)


def test_differences_are_looked_at_before_a_merge() -> None:
    persons.study(temporary(), PatientBirthDate="19810101", PatientSex="M")
    persons.study(official(), PatientBirthDate="19810102", PatientSex="F")
    client = signed_in("archivist")
    content = post(client, "/merges/new/", asked(temporary(), official()))
    for words in ("The two differ", "1 Jan 1981", "2 Jan 1981", "I have looked at the differences"):
        assert words in content
    data = asked(temporary(), official(), confirmed="1")
    assert "The two differ" in post(client, "/merges/new/", data)
    assert not PatientMerge.objects.exists()
    post(client, "/merges/new/", {**data, "looked": "on"})
    assert PatientMerge.objects.count() == 1


def test_who_skips_the_preview_is_shown_nothing_unseen() -> None:
    """As a form that somebody wrote at home may be sent."""
    persons.study(temporary(), PatientBirthDate="19810101")
    persons.study(official(), PatientBirthDate="19810102")
    data = asked(temporary(), official(), confirmed="1")
    assert "1 Jan 1981" in post(signed_in("archivist"), "/merges/new/", data)
    viewed = LedgerEvent.objects.filter(kind="patient.viewed").values_list("patient_id", flat=True)
    assert set(viewed) == {patient(temporary()).id, patient(official()).id}


def test_who_tries_codes_that_nobody_has_is_in_the_log() -> None:
    persons.study(official())
    post(signed_in("archivist"), "/merges/new/", asked(official(VENLA), official()))
    event = LedgerEvent.objects.get(kind="patient.searched")
    assert event.facts == {"reason": "case E-1042", "found": False} and event.patient_id is None


@pytest.mark.parametrize(
    ("retired", "survivor", "words"),
    [
        (official(), official(), "Merge of an id into itself"),
        (official(), temporary(), "Merge into a temporary id"),
        (official(), official(VENLA), "Merge the other way round"),
    ],
)
def test_the_preview_names_what_forbids_it(
    retired: PatientIdentifier, survivor: PatientIdentifier, words: str
) -> None:
    merge(official(VENLA), official(), persons.staff())
    client = signed_in("archivist")
    content = post(client, "/merges/new/", asked(retired, survivor))
    assert words in content and 'name="confirmed"' not in content
    post(client, "/merges/new/", asked(retired, survivor, confirmed="1"))
    assert PatientMerge.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"retired": "010181-900D", "retired_issuer": ""}, "no valid code"),
        ({"survivor": ""}, "required"),
        ({"reason": ""}, "required"),
        ({"reason": f"because of {MATTI}"}, "Leave the personal identity code out"),
    ],
)
def test_a_form_that_cannot_be_read_says_why(change: dict[str, str], words: str) -> None:
    data = {**asked(temporary(), official()), **change}
    assert words in post(signed_in("archivist"), "/merges/new/", data)
    assert not LedgerEvent.objects.filter(kind="patient.viewed").exists()


def test_an_undoing_takes_two_persons() -> None:
    persons.study(temporary())
    merge(temporary(), official())
    row = PatientMerge.objects.get()
    address = f"/merges/{row.id}/"
    first, second = signed_in("archivist"), signed_in("admin")
    assert "1 study goes back under the retired id" in first.get(address).content.decode()
    content = post(first, f"{address}undo/", {"reason": "two persons"})
    assert "waits for another archivist" in content and "Take back" in content
    request = SecondPerson.objects.get()
    grant = f"{address}undo/{request.id}/grant/"
    assert "Who asks for this cannot grant it" in post(first, grant)
    assert patient(temporary()).survivor is not None
    assert "The merge is undone" in post(second, grant)
    row.refresh_from_db()
    assert (row.undone_by, row.undo_reason) == ("admin", "two persons")
    assert patient(temporary()).survivor is None
    assert "decided this request meanwhile" in post(second, grant)
    kinds = LedgerEvent.objects.filter(subject_id=row.id).order_by("at")
    assert list(kinds.values_list("kind", flat=True)) == ["second.asked", "second.decided"]


def test_a_request_is_refused_or_taken_back_and_may_be_asked_again() -> None:
    merge(temporary(), official())
    address = f"/merges/{PatientMerge.objects.get().id}/"
    client = signed_in("archivist")
    for who in ("admin", "archivist"):
        post(client, f"{address}undo/", {"reason": "two persons"})
        assert "waits for a second person already" in post(
            client, f"{address}undo/", {"reason": "again"}
        )
        request = SecondPerson.objects.get(state="open")
        refused = post(signed_in(who), f"{address}undo/{request.id}/refuse/")
        assert "The merge stays in force" in refused
    assert patient(temporary()).survivor is not None


def test_the_list_shows_merges_masked_with_their_state() -> None:
    merge(temporary(), official())
    merge(official(VENLA), official(), persons.staff())
    persons.undo(official(VENLA))
    client = signed_in("support")
    content = client.get("/merges/").content.decode()
    for words in ("2 merges", "010181-•••1", "010181-•••C", "in force", "undone", "Portal"):
        assert words in content
    assert MATTI not in content and "Merge two ids" not in content
    assert "1 merge" in client.get("/merges/?state=live").content.decode()
    assert "1 merge" in client.get("/merges/?state=undone").content.decode()
    assert "No merge fits" in client.get("/merges/?state=asked").content.decode()
    assert client.get("/merges/?after=x").status_code == 400


@pytest.mark.parametrize(
    ("login", "reads", "acts"),
    [
        ("admin", 200, 200),
        ("archivist", 200, 200),
        ("support", 200, 403),
        ("onboarding", 403, 403),
        ("logreview", 403, 403),
        ("esim", 404, 404),
    ],
)
def test_who_reads_and_who_makes_merges(login: str, reads: int, acts: int) -> None:
    merge(temporary(), official())
    row = PatientMerge.objects.get()
    client = signed_in(login)
    assert client.get("/merges/").status_code == reads
    assert client.get(f"/merges/{row.id}/").status_code == reads
    assert client.get("/merges/new/").status_code == acts
    asked_for = client.post(f"/merges/{row.id}/undo/", {"reason": "two persons"})
    assert asked_for.status_code == (302 if acts == 200 else acts)


def test_a_request_of_another_merge_is_not_found() -> None:
    merge(temporary(), official())
    merge(temporary("T-2"), official())
    one, other = PatientMerge.objects.order_by("id")
    post(signed_in("archivist"), f"/merges/{one.id}/undo/", {"reason": "two persons"})
    request = SecondPerson.objects.get()
    answer = signed_in("admin").post(f"/merges/{other.id}/undo/{request.id}/grant/")
    assert answer.status_code == 404
