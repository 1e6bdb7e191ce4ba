"""A study's page: a reason first, each look logged, the whole life in words, and its buttons."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.errors import PeerUnreachable
from archive.models import (
    AvailabilityNotice,
    Case,
    Instance,
    Job,
    LedgerEvent,
    Patient,
    Study,
)
from archive.queries import study as queries
from archive.queries.timeline import STEPS
from archive.services import notices, registration
from archive.values import now
from portal.happenings import SAYINGS
from tests import builders, cast, persons
from tests.cast import MATTI, VENLA, dataset
from tests.portal.test_pages import signed_in
from tests.services.test_registration import quiet

pytestmark = pytest.mark.django_db
REASON = "E-1042, the ward asks"


def address(study: Study, action: str = "") -> str:
    return f"/studies/{study.id}/{action}"


def opened(study: Study, login: str = "support") -> Client:
    """Signed in, with a reason given for the study's patient."""
    client = signed_in(login)
    answer = client.post(address(study, "reason/"), {"reason": REASON})
    assert answer.headers["Location"] == address(study)
    return client


def page(client: Client, study: Study, query: str = "") -> str:
    answer = client.get(address(study) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def looks(study: Study) -> list[dict[str, Any]]:
    rows = LedgerEvent.objects.filter(kind="study.viewed", study_id=study.id).order_by("at")
    return [row.facts for row in rows]


# --- the reason -----------------------------------------------------------------------------------


def test_the_page_asks_for_a_reason_first_and_shows_nothing_of_the_patient() -> None:
    study = builders.study()
    content = page(signed_in("support"), study)
    assert "Why do you look at this study?" in content
    assert "What happened" not in content and "010181" not in content
    assert looks(study) == []


def test_the_reason_holds_for_the_patient_and_the_session() -> None:
    study = builders.study()
    same_patient, another = builders.study(), builders.study(code=VENLA)
    client = opened(study)
    assert "What happened" in page(client, study)
    assert "What happened" in page(client, same_patient)
    assert "Why do you look" in page(client, another)
    assert "Why do you look" in page(signed_in("support"), study)


def test_each_look_is_logged_with_the_reason() -> None:
    study = builders.study()
    client = opened(study)
    page(client, study)
    page(client, study)
    assert looks(study) == [{"reason": REASON}] * 2
    event = LedgerEvent.objects.get(kind="study.viewed", pk__isnull=False, at=first_look(study))
    assert event.patient_id == study.patient_id and event.actor_name


def first_look(study: Study) -> Any:
    rows = LedgerEvent.objects.filter(kind="study.viewed", study_id=study.id)
    return rows.order_by("at").values_list("at", flat=True)[0]


def test_a_reason_that_names_a_code_is_not_kept() -> None:
    study = builders.study()
    answer = signed_in("support").post(address(study, "reason/"), {"reason": f"for {MATTI}"})
    assert answer.status_code == 200
    assert "Leave the personal identity code out" in answer.content.decode()


def test_the_code_is_masked_until_it_is_asked_for() -> None:
    study = builders.study()
    client = opened(study)
    content = page(client, study)
    assert "010181-•••C" in content
    assert MATTI not in content and "Meikäläinen" not in content
    shown = client.post(address(study, "patient/")).content.decode()
    assert MATTI in shown and "Meikäläinen" in shown
    assert looks(study)[-1] == {"reason": REASON, "shown": "code and name"}
    assert MATTI not in page(client, study)


def test_a_merged_id_names_the_person_that_it_is_given_out_as() -> None:
    study = persons.study(persons.temporary(), PatientName="Tuntematon^Tuisku")
    persons.merge(persons.temporary(), persons.official(VENLA), name="Mallikas^Venla")
    client = opened(study)
    content = page(client, study)
    assert "Merged into" in content and VENLA not in content and "Venla" not in content
    shown = client.post(address(study, "patient/")).content.decode()
    for told in (persons.TEMPORARY, "Tuisku", VENLA, "Mallikas"):
        assert told in shown
    assert "Merged into" not in page(opened(builders.study()), builders.study())


def test_the_code_is_not_shown_without_a_reason() -> None:
    study = builders.study()
    answer = signed_in("support").post(address(study, "patient/"))
    assert answer.status_code == 302 and looks(study) == []


# --- what it shows --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"state": "receiving"}, "Objects are coming in"),
        (
            {"state": "waiting_for_documents", "waits_for": "study-entry"},
            "Waits: request is there, examination note is not",
        ),
        (
            {"state": "waiting_for_documents", "waits_for": "request,study-entry"},
            "Waits for the request and the examination note",
        ),
        ({"state": "registering"}, "The manifest is being made"),
        ({"state": "registered"}, "The customer has asked for no confirmations"),
        ({"state": "failed"}, "Registration failed"),
        ({"state": "corrected"}, "It was corrected"),
        ({"state": "destroyed"}, "Its retention has ended"),
    ],
)
def test_the_first_line_says_how_it_stands(columns: dict[str, str], words: str) -> None:
    study = builders.study(**columns)
    assert words in page(opened(study), study)


def test_a_failed_confirmation_needs_the_reader() -> None:
    study = builders.study()
    builders.notice(study)
    content = page(opened(study), study)
    assert '<span class="state needs">needs you</span>' in content
    assert "has not got its confirmation: ESIM_PACS, peer cannot be reached" in content
    assert "8 tries" in content


def test_the_timeline_tells_the_whole_life() -> None:
    study = cast.store(dataset(), dataset())
    quiet(study)
    registration.advance(study.id)
    cast.documents()
    registration.advance(study.id)
    client = opened(study)
    page(client, study)
    content = page(client, study)
    for words in (
        "2 objects stored by ESIM_PACS",
        "Waits for the request and the examination note",
        "Manifest registered: 1 series, 2 objects",
        "Registered: 1 series, 2 objects",
        "Looked at by",
    ):
        assert words in content


def test_tries_that_failed_are_one_entry_with_the_advice_of_their_case() -> None:
    study = builders.study()
    notice = builders.notice(study, "pending", tries=0)
    error = PeerUnreachable("connection refused")
    notices.not_delivered(notice.id, error)
    notices.not_delivered(notice.id, error)
    notices.give_up(notice.id, builders.dead_job(study, "notice", notice.id).id, error)
    content = page(opened(study), study)
    assert content.count("Confirmation not delivered to ESIM_PACS") == 1
    assert "2 tries: Customer’s system cannot be reached (connection refused)" in content
    assert "ESIM_PACS, Customer’s system cannot be reached (connection refused)" in content
    assert "Tell the customer’s technical contact" in content
    assert f"/cases/{Case.objects.get(place='notice').id}/" in content


@pytest.mark.parametrize(
    ("rejected", "words"),
    [
        (0, "Confirmation of registration delivered to ESIM_PACS"),
        (1, "delivered to ESIM_PACS (127.0.0.1:11120), with 1 object as not available"),
        (2, "Told ESIM_PACS (127.0.0.1:11120) that no object of the study is available"),
    ],
)
def test_the_timeline_says_what_the_customer_was_told(rejected: int, words: str) -> None:
    """What was rejected is not confirmed."""
    study = builders.study()
    builders.series(study, objects=2)
    notice = builders.notice(study, "pending", tries=0)
    ids = Instance.objects.filter(study=study).values_list("id", flat=True)[:rejected]
    Instance.objects.filter(id__in=list(ids)).update(rejection="113037")
    owed = notices.owed(notice.id)
    assert owed is not None
    notices.delivered(notice.id, owed.notice)
    assert words in page(opened(study), study)


def test_the_first_line_says_that_an_object_is_damaged() -> None:
    study = builders.study()
    builders.series(study)
    assert "is damaged" not in page(opened(study), study)
    held = Instance.objects.filter(study=study).values_list("id", flat=True)[0]
    Instance.objects.filter(id=held).update(damaged_at=now())
    content = page(opened(study), study)
    assert "1 object is damaged and is not given out. The customer has asked for no" in content


def test_every_step_has_words() -> None:
    assert {step for _interface, step, _outcome in STEPS.values()} == set(SAYINGS)


def test_refusals_are_one_entry_with_cause_and_case() -> None:
    study = builders.study()
    case = builders.case()
    for _ in range(3):
        builders.event(case, study=study)
    content = page(opened(study), study)
    assert "Study code is not in the nomenclature, 3 times" in content
    assert f'<a href="/cases/{case.id}/">' in content and "Next step" in content


def test_objects_beyond_the_first_ones_have_a_page_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queries, "OBJECTS", 3)
    study = builders.study()
    builders.series(study, objects=5)
    client = opened(study)
    content = page(client, study)
    assert "All 5 objects" in content and content.count('class="id"') < 20
    context = client.get(address(study, "objects/")).context
    rest = client.get(address(study, "objects/"), {"after": context["page"].following}).context
    assert (len(context["page"].rows), len(rest["page"].rows)) == (3, 2)
    assert looks(study)[-1] == {"reason": REASON, "shown": "objects"}
    assert signed_in("support").get(address(study, "objects/")).status_code == 302


def test_next_and_previous_stay_in_the_list_one_came_from() -> None:
    at = now()
    waiting = {"state": "waiting_for_documents", "waits_for": "request"}
    newest = builders.study(received_at=at, **waiting)
    builders.study(received_at=at - timedelta(minutes=1))
    middle = builders.study(received_at=at - timedelta(minutes=2), **waiting)
    oldest = builders.study(received_at=at - timedelta(minutes=3), **waiting)
    client = opened(middle)
    content = page(client, middle, "?list=state%3Dwaiting_for_documents")
    for neighbour in (newest, oldest):
        assert f"{address(neighbour)}?list=state%3Dwaiting_for_documents" in content
    assert "data-key" not in page(client, middle)


def test_a_study_of_the_other_environment_colours_the_frame() -> None:
    study = builders.study(environment="test")
    assert 'data-environment="test"' in page(opened(study), study)


def test_more_objects_and_events_take_no_more_queries() -> None:
    study = builders.study()
    builders.notice(study)
    case = builders.case()
    builders.event(case, study=study)
    builders.series(study, objects=1)
    client = opened(study)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, study, "?list=state%3Dregistered")
        return len(captured)

    before = count()
    for _ in range(4):
        builders.event(case, study=study)
        builders.series(study, objects=5)
    assert count() == before <= 29


# --- what can be done -----------------------------------------------------------------------------


def said(client: Client, study: Study, action: str) -> str:
    return client.post(address(study, f"{action}/"), follow=True).content.decode()


def test_registering_again_is_owed_and_said() -> None:
    study = builders.study(state="failed")
    client = opened(study)
    assert '<button class="btn go">Register again</button>' in page(client, study)
    assert "Registration is on its way" in said(client, study, "register")
    assert Job.objects.filter(kind="registration", subject_id=study.id).exists()
    logged = LedgerEvent.objects.get(kind="study.retried", study_id=study.id)
    assert logged.facts == {"what": "registration"}


def test_the_confirmation_is_sent_again() -> None:
    study = builders.study()
    notice = builders.notice(study)
    client = opened(study)
    label = '<button class="btn go">Send confirmation (IAN) again</button>'
    assert label in page(client, study)
    assert "1 confirmation is on its way again" in said(client, study, "notice")
    assert AvailabilityNotice.objects.get(id=notice.id).state == "pending"


def test_failed_work_is_retried_from_the_study() -> None:
    study = builders.study(state="failed")
    job = builders.dead_job(study)
    case = builders.case(reason="broken", edge="job", place="registration")
    builders.event(case, study=study, subject_id=study.id, job_id=job.id)
    client = opened(study)
    assert '<button class="btn go">Retry</button>' in page(client, study)
    assert "1 try is on its way" in said(client, study, "retry")
    assert Job.objects.filter(subject_id=study.id, state="waiting").exists()
    assert case.events.get().outcome == "retried"
    assert "Nothing was left to retry" in said(client, study, "retry")


def test_a_destroyed_study_is_not_registered_again() -> None:
    study = builders.study(state="destroyed")
    assert "Register again" not in page(opened(study), study)


def test_a_destroyed_study_that_a_new_index_has_of_nobody_is_shown_as_such() -> None:
    study = builders.study(state="destroyed", accession_number="", study_date="")
    Patient.objects.filter(id=study.patient_id).update(identifier="", issuer="", name="")
    assert "Its retention has ended" in page(opened(study), study)


# --- who gets in ----------------------------------------------------------------------------------

READERS = {"admin": 200, "archivist": 200, "support": 200}
OTHERS = {"onboarding": 403, "logreview": 403, "esim": 404, "malli": 404, "rontgen": 404}
ACTIONS = ("reason/", "patient/", "register/", "notice/", "retry/")


@pytest.mark.parametrize(("login", "status"), [*READERS.items(), *OTHERS.items()])
def test_the_page_is_for_readers_of_studies(login: str, status: int) -> None:
    study = builders.study()
    client = signed_in(login)
    assert client.get(address(study)).status_code == status
    assert client.get(address(study, "objects/")).status_code == (302 if status == 200 else status)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(("login", "status"), OTHERS.items())
def test_the_buttons_are_for_readers_of_studies(login: str, status: int, action: str) -> None:
    study = builders.study(state="failed")
    assert signed_in(login).post(address(study, action), {"reason": "x" * 5}).status_code == status
    assert not Job.objects.filter(subject_id=study.id).exists()


@pytest.mark.parametrize("action", ["", "objects/", *ACTIONS])
def test_nobody_gets_in_without_signing_in(action: str) -> None:
    study = builders.study()
    client = Client()
    answer = (
        client.post(address(study, action))
        if action in ACTIONS
        else client.get(address(study, action))
    )
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_a_study_that_is_not_there() -> None:
    study = builders.study()
    absent = address(study).replace(str(study.id)[-4:], "0000")
    assert signed_in("support").get(absent).status_code == 404


@pytest.mark.parametrize("action", ACTIONS)
def test_a_button_is_no_link(action: str) -> None:
    study = builders.study()
    assert opened(study).get(address(study, action)).status_code == 405
