"""A case: cause, whose move, events, retry and resolve; a customer reads its own and no patient."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.models import Case, CaseEvent, Job, LedgerEvent, Organisation
from archive.values import now
from tests import builders
from tests.cast import MALLILA, RONTGEN
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def address(case: Case, action: str = "") -> str:
    return f"/cases/{case.id}/{action}"


def page(client: Client, case: Case) -> str:
    answer = client.get(address(case))
    assert answer.status_code == 200
    return answer.content.decode()


def given_up(events: int = 3) -> tuple[Case, list[CaseEvent]]:
    """Confirmations that nobody took, each with the job to do again."""
    case = builders.case(reason="peer-unreachable", code="PEER-CONNECT", place="notice")
    made = []
    for place in range(events):
        study = builders.study()
        job = builders.dead_job(study, "notice", builders.notice(study).id)
        at = now() - timedelta(minutes=place)
        made.append(
            builders.event(case, study=study, subject_id=job.subject_id, job_id=job.id, at=at)
        )
    return case, made


def outcomes(case: Case) -> list[str]:
    return list(case.events.order_by("-at").values_list("outcome", flat=True))


# --- what it shows --------------------------------------------------------------------------------


def test_the_operators_own_case_leads_to_no_customers_page() -> None:
    """As that of a webhook of the operator's that was switched off: the page of it is nobody's."""
    case = builders.case(reason="webhook-unanswered", code="WEBHOOK", edge="job", place="webhook")
    about = f'href="/organisations/{case.organisation_id}/"'
    assert about in page(signed_in("support"), case)
    operator = Organisation.objects.get(is_operator=True)
    Case.objects.filter(id=case.id).update(organisation=operator, connection=None)
    told = page(signed_in("support"), case)
    assert f"<dd>{operator.name}</dd>" in told and str(operator.id) not in told


def test_the_page_says_cause_move_step_and_what_explains_it() -> None:
    case = builders.case()
    study = builders.study()
    builders.event(case, study=study)
    builders.event(case, facts={"StudyDescription": "XX", "Modality": "CT"})
    content = page(signed_in("support"), case)
    for words in (
        f"{case}: Study code is not in the nomenclature",
        "begins with a code that the nomenclature does not have",
        "Whose move",
        "the customer’s",
        "load the newer nomenclature",
        "What the customer reads",
        "Correct the study code in your system",
        "CT HE × 1",
        "so the sender must send again",
        f'href="/studies/{study.id}/"',
    ):
        assert words in content


def test_a_case_of_damage_leads_to_where_it_is_healed_and_speaks_of_no_refusal() -> None:
    """Sent again in another transfer syntax it is not healed, and the case said: send it again."""
    case = builders.case(reason="bytes-damaged", code="DAMAGED", edge="job", place="verification")
    builders.event(case, study=builders.study())
    content = page(signed_in("archivist"), case)
    assert '<p><a href="/integrity/">' in content
    assert "refused objects are not kept" not in content
    assert (
        content.count("in the transfer syntax in which") == 2
    )  # ours, and what the customer reads


def test_a_customer_reads_its_own_words_and_nothing_of_the_patient() -> None:
    case = builders.case()
    study = builders.study()
    builders.event(case, study=study, accession_number="R-OWN")
    content = page(signed_in("esim"), case)
    assert "The study code is not in the national nomenclature" in content
    assert "R-OWN" in content and "CT HE" in content and "</b> yours" in content
    for secret in ("010181", "PatientID", f"/studies/{study.id}", "Retry", "Resolve"):
        assert secret not in content


def test_anothers_case_answers_as_one_that_is_not_there() -> None:
    foreign, nobodys = builders.case(MALLILA), builders.case(None)
    client = signed_in("esim")
    assert client.get(address(foreign)).status_code == 404
    assert client.get(address(nobodys)).status_code == 404
    assert signed_in("support").get(address(nobodys)).status_code == 200


def test_onboarding_reads_a_case_without_buttons_or_studies() -> None:
    case, events = given_up(1)
    content = page(signed_in("onboarding"), case)
    assert "Retry" not in content.replace("retried", "")
    assert str(events[0].study_id) not in content


def test_events_are_paged_by_key() -> None:
    case = builders.case()
    at = now()
    for place in range(51):
        builders.event(case, at=at, accession_number=f"R-{place:02}")
    client = signed_in("support")
    first = client.get(address(case)).context["page"]
    second = client.get(address(case), {"after": first.following}).context["page"]
    seen = {row.accession_number for row in (*first.rows, *second.rows)}
    assert (len(first.rows), len(second.rows), len(seen)) == (50, 1, 51)
    assert client.get(address(case), {"after": "x"}).status_code == 400


def test_more_events_take_no_more_queries() -> None:
    case, _events = given_up(1)
    client = signed_in("support")

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, case)
        return len(captured)

    page(client, case)  # the session has begun
    before = count()
    for _ in range(5):
        builders.event(case, study=builders.study())
    assert count() == before <= 18  # what happened, and all that stands around it


def test_a_case_of_the_other_environment_colours_the_frame() -> None:
    case = builders.case(environment="test")
    assert 'data-environment="test"' in page(signed_in("support"), case)


# --- retry ----------------------------------------------------------------------------------------


def retry(client: Client, case: Case, **data: object) -> str:
    return client.post(address(case, "retry/"), data, follow=True).content.decode()


def test_all_that_can_be_retried_is() -> None:
    case, _events = given_up(3)
    builders.event(case)  # a refused object: nothing of it is here
    client = signed_in("support")
    assert "Retry all 3 events" in page(client, case)
    content = retry(client, case, all="1")
    assert "3 events are tried again" in content and "tried again" in content
    assert sorted(outcomes(case)) == ["open", "retried", "retried", "retried"]
    assert Job.objects.filter(kind="notice", state="waiting").count() == 3
    logged = LedgerEvent.objects.get(kind="case.retried", subject_id=case.id)
    assert logged.facts == {"events": 3} and logged.actor_name


def test_one_is_retried() -> None:
    case, events = given_up(3)
    content = retry(signed_in("support"), case, event=str(events[1].id))
    assert "1 event is tried again" in content
    assert outcomes(case) == ["open", "retried", "open"]


def test_the_selected_are_retried_and_what_cannot_be_is_said() -> None:
    case, events = given_up(2)
    refused = builders.event(case, at=now() - timedelta(hours=1))
    content = retry(signed_in("support"), case, event=[str(events[0].id), str(refused.id)])
    assert "1 event is tried again" in content
    assert "1 event cannot be retried here" in content
    assert outcomes(case) == ["retried", "open", "open"]


def test_nothing_selected_changes_nothing() -> None:
    case, _events = given_up(1)
    assert "Nothing was selected" in retry(signed_in("support"), case)
    assert outcomes(case) == ["open"]


def test_an_event_of_another_case_is_not_retried() -> None:
    case, _events = given_up(1)
    _other, foreign = given_up(1)
    retry(signed_in("support"), case, event=str(foreign[0].id))
    assert CaseEvent.objects.get(id=foreign[0].id).outcome == "open"


def test_what_was_retried_is_asked_again_by_itself() -> None:
    case, _events = given_up(1)
    client = signed_in("support")
    assert "every 4s" not in page(client, case)
    assert "every 4s" in retry(client, case, all="1")
    headers = {"HX-Request": "true", "HX-Target": "events"}
    part = client.get(address(case), headers=headers).content.decode()
    assert '<div id="events"' in part and "<html" not in part


def test_an_event_that_is_none_is_a_bad_request() -> None:
    case, _events = given_up(1)
    answer = signed_in("support").post(address(case, "retry/"), {"event": "x"})
    assert answer.status_code == 400


# --- resolve --------------------------------------------------------------------------------------


def test_a_case_is_resolved_for_a_reason() -> None:
    case = builders.case()
    builders.event(case)
    client = signed_in("support")
    empty = client.post(address(case, "resolve/"), {"reason": ""})
    assert "This field is required" in empty.content.decode()
    answer = client.post(address(case, "resolve/"), {"reason": "code list loaded"}, follow=True)
    assert f"{case} is resolved" in answer.content.decode()
    assert Case.objects.get(id=case.id).state == "resolved" and outcomes(case) == ["solved"]
    logged = LedgerEvent.objects.get(kind="case.resolved", subject_id=case.id)
    assert logged.facts == {"events": 1, "reason": "code list loaded"}
    again = client.post(address(case, "resolve/"), {"reason": "once more"}, follow=True)
    assert "was resolved already" in again.content.decode()


def test_a_case_is_not_resolved_over_an_answer_that_came_after_its_page_was_opened() -> None:
    case = builders.case()
    builders.event(case)
    client = signed_in("support")
    opened = page(client, case)
    told = re.search('name="read" value="([0-9]+)"', opened)
    assert told is not None
    signed_in("esim").post(address(case, "reply/"), {"text": "It was the old list after all."})
    data = {"reason": "no answer came", "read": told[1]}
    answer = client.post(address(case, "resolve/"), data).content.decode()
    assert "The customer has written on the case since you opened its page" in answer
    assert "It was the old list after all." in answer and "no answer came" in answer
    assert Case.objects.get(id=case.id).state == "open"
    client.post(address(case, "resolve/"), {**data, "read": "1"})
    assert Case.objects.get(id=case.id).state == "resolved"


# --- who gets in ----------------------------------------------------------------------------------

TABLE = {
    "admin": (200, 302),
    "archivist": (200, 302),
    "support": (200, 302),
    "onboarding": (200, 403),
    "logreview": (403, 403),
    "rontgen": (200, 404),
    "esim": (404, 404),
    "malli": (404, 404),
}


@pytest.mark.parametrize(("login", "statuses"), TABLE.items())
def test_who_reads_and_who_acts(login: str, statuses: tuple[int, int]) -> None:
    case = builders.case(RONTGEN)
    client = signed_in(login)
    reads = client.get(address(case)).status_code
    retries = client.post(address(case, "retry/"), {"all": "1"}).status_code
    resolves = client.post(address(case, "resolve/"), {"reason": "done"}).status_code
    assert (reads, retries) == statuses and resolves == retries


def test_nobody_gets_in_without_signing_in() -> None:
    case = builders.case()
    client = Client()
    for answer in (
        client.get(address(case)),
        client.post(address(case, "retry/")),
        client.post(address(case, "resolve/")),
    ):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")
