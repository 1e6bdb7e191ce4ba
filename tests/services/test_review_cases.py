"""Cases of review from the suspicion to the closing decision, and what customers answer (LG-5)."""

from datetime import timedelta

import pytest
from django.core import mail

from archive.errors import NotFound
from archive.errors.reviews import (
    ExplanationDecided,
    FindingMissing,
    OwnReview,
    ReviewCaseClosed,
    ReviewCaseOpen,
    SuspicionSettled,
)
from archive.errors.wishes import StaffRoleUnfit, ValueUnfit
from archive.models import (
    ExplanationRequest,
    Job,
    JobKind,
    LedgerEvent,
    ReviewCase,
    ReviewFinding,
    Suspicion,
    User,
)
from archive.queries import review_report, reviews
from archive.services import review_cases, review_explanations, suspicions
from archive.values import today
from onboarding import tasks
from onboarding.models import Contact, ContactKind
from onboarding.services import log_requests
from tests import builders, post_office
from tests.cast import MALLILA, MATTI, RONTGEN, organisation
from tests.reviewing import customers_person, looked, staff, suspicion

pytestmark = pytest.mark.django_db


def opened(*rows: Suspicion) -> ReviewCase:
    return review_cases.open_case(
        staff(), environment="production", title="Emergency use at night", suspicions=rows
    )


def told(kind: str) -> LedgerEvent:
    return LedgerEvent.objects.filter(kind=kind).latest("at")


def test_a_case_goes_from_suspicion_to_decision_and_its_digest_is_kept() -> None:
    row = suspicion()
    case = opened(row)
    assert str(case).startswith("R-") and case.owner == User.objects.get(username="logreview")
    review_cases.note(staff("admin"), case, "Called the ward.")
    with pytest.raises(FindingMissing):
        review_cases.close(staff(), case, decision="-")
    review_cases.conclude(staff(), case, ReviewFinding.JUSTIFIED, "The patient was unconscious.")
    review_cases.close(staff(), case, decision="No measures.")
    row.refresh_from_db()
    assert (row.state, row.settled_reason) == ("settled", str(case))
    closed = told("review.closed")
    kept = review_report.content(ReviewCase.objects.get())
    assert closed.facts["sha256"] == review_report.digest(kept)
    assert MATTI not in str(kept) and "Meikäläinen" not in str(kept)
    with pytest.raises(ReviewCaseClosed):
        review_cases.note(staff(), case, "too late")
    review_cases.reopen(staff(), case, reason="the patient complained")
    assert ReviewCase.objects.get().is_open and told("review.reopened").facts["number"] == str(case)
    with pytest.raises(ReviewCaseOpen):
        review_cases.reopen(staff(), case, reason="again")


def test_a_suspicion_is_in_one_case_or_settled() -> None:
    row = suspicion()
    case = opened(row)
    with pytest.raises(SuspicionSettled):
        review_cases.add(staff(), case, row)
    with pytest.raises(SuspicionSettled):
        suspicions.settle(staff(), row, reason="looked at")
    assert not LedgerEvent.objects.filter(kind="review.settled").exists()


@pytest.mark.parametrize("login", ["support", "archivist", "onboarding"])
def test_who_does_not_review_opens_nothing(login: str) -> None:
    row = suspicion()
    with pytest.raises(StaffRoleUnfit):
        review_cases.open_case(staff(login), environment="production", title="-", suspicions=[row])
    with pytest.raises(StaffRoleUnfit):
        suspicions.settle(staff(login), row, reason="not mine")


def test_nobody_reviews_the_own_looks_or_finds_them_listed() -> None:
    event = looked("logreview", builders.patient())
    row = suspicions.report(staff("admin"), event, patient_id=event.patient_id)
    for act in (
        lambda: suspicions.settle(staff(), row, reason="it was me"),
        lambda: opened(row),
        lambda: suspicions.report(staff(), event, patient_id=event.patient_id),
    ):
        with pytest.raises(OwnReview):
            act()
    own = reviews.Filters("production")
    assert not reviews.suspicions(staff(), own).exists()
    assert reviews.suspicions(staff("admin"), own).get() == row
    case = review_cases.open_case(
        staff("admin"), environment="production", title="A look", suspicions=[row]
    )
    with pytest.raises(NotFound):
        reviews.case(staff(), case.id)
    with pytest.raises(OwnReview):
        review_cases.note(staff(), case, "nothing to see")
    with pytest.raises(ValueUnfit):
        review_cases.assign(staff("admin"), case, User.objects.get(username="logreview"))


def test_a_case_is_handed_to_another_reviewer_only() -> None:
    case = opened(suspicion())
    review_cases.assign(staff(), case, User.objects.get(username="admin"))
    assert ReviewCase.objects.get().owner == User.objects.get(username="admin")
    with pytest.raises(ValueUnfit):
        review_cases.assign(staff(), case, User.objects.get(username="support"))


# --- what customers are asked ---------------------------------------------------------------------


@pytest.fixture
def asked() -> ExplanationRequest:
    case = opened(suspicion(to=MALLILA))
    return review_explanations.ask(staff(), case, organisation(MALLILA), "Why at night?")


def test_a_customer_is_asked_about_its_own_entries_within_days_of_a_row(
    asked: ExplanationRequest,
) -> None:
    assert asked.due_on == today() + timedelta(days=14)
    ((_at, event_id),) = asked.events
    (event,) = reviews.asked_about(ExplanationRequest.objects.get())
    assert str(event.id) == event_id and event.organisation_id == asked.organisation_id
    with pytest.raises(ValueUnfit):
        review_explanations.ask(staff(), asked.case, organisation(RONTGEN), "You too?")


def test_the_data_protection_contact_is_mailed_and_nobody_is_named(
    asked: ExplanationRequest,
) -> None:
    mallila = organisation(MALLILA)
    Contact.objects.update_or_create(
        organisation=mallila,
        kind=ContactKind.DATA_PROTECTION,
        defaults={"name": "Tiina", "email": "tiina@malli.example.invalid", "language": "sv"},
    )
    job = Job.objects.get(kind=JobKind.REVIEW_LETTER)
    mail.outbox.clear()
    tasks.WORK[JobKind.REVIEW_LETTER].run(job.subject_id)
    (letter,) = post_office.deliver()
    assert letter.to == ["tiina@malli.example.invalid"]
    assert str(asked.case) in letter.subject and "Modellby välfärdsområde" in letter.body
    for secret in (MATTI, "Meikäläinen", "Liisa", "Why at night?"):
        assert secret not in letter.subject + letter.body
    review_explanations.withdraw(staff(), asked)
    mail.outbox.clear()
    tasks.WORK[JobKind.REVIEW_LETTER].run(job.subject_id)
    assert post_office.deliver() == []


def test_the_customer_answers_once_and_no_other_customer_sees_it(
    asked: ExplanationRequest,
) -> None:
    person = customers_person("malli")
    log_requests.answer(person, asked.id, "On duty that night.")
    row = ExplanationRequest.objects.get()
    assert (row.state, row.answer, row.answered_by) == ("answered", "On duty that night.", "malli")
    assert told("review.answered").organisation_id == row.organisation_id
    with pytest.raises(ExplanationDecided):
        log_requests.answer(person, asked.id, "And another thing.")
    with pytest.raises(NotFound):
        log_requests.one(customers_person("esim"), asked.id)
    with pytest.raises(NotFound):
        log_requests.one(staff(), asked.id)


def test_the_data_protection_contact_answers_whatever_the_role(asked: ExplanationRequest) -> None:
    user = User.objects.get(username="malli")
    user.memberships.update(role="customer_technical")
    person = customers_person("malli")
    with pytest.raises(NotFound):
        log_requests.one(person, asked.id)
    User.objects.filter(id=user.id).update(email="Tiina@malli.example.invalid")
    Contact.objects.update_or_create(
        organisation=asked.organisation,
        kind=ContactKind.DATA_PROTECTION,
        defaults={"name": "Tiina", "email": "tiina@malli.example.invalid"},
    )
    assert log_requests.one(person, asked.id) == asked


def test_what_is_still_asked_is_withdrawn_when_the_case_closes(asked: ExplanationRequest) -> None:
    review_cases.conclude(staff(), asked.case, ReviewFinding.UNCLEAR, "No answer came.")
    review_cases.close(staff(), asked.case, decision="Reported to the supervisor.")
    asked.refresh_from_db()
    assert asked.state == "withdrawn"
    with pytest.raises(ExplanationDecided):
        log_requests.answer(customers_person("malli"), asked.id, "late")
