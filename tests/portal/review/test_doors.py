"""Each address of log review x each role: reviewers and administrators; rules are changed by
administrators; log requests are for customers' people.
"""

from django.test import Client
from django.urls import reverse

from archive.models import (
    ExplanationRequest,
    LedgerEvent,
    ReviewCase,
    ReviewRule,
    Suspicion,
    User,
    WatchedPerson,
)
from archive.services import review_cases, review_explanations
from archive.values import now, today
from tests import builders
from tests.cast import MALLILA, organisation
from tests.portal.test_pages import signed_in
from tests.reviewing import looked, staff, suspicion

READERS = ("admin", "logreview")
OTHERS = ("onboarding", "archivist", "support")


def world() -> tuple[Suspicion, ReviewCase, ExplanationRequest]:
    row = suspicion(to=MALLILA)
    case = review_cases.open_case(
        staff(), environment="production", title="At night", suspicions=[row]
    )
    asked = review_explanations.ask(staff(), case, organisation(MALLILA), "Why at night?")
    WatchedPerson.objects.create(
        environment="production",
        patient=builders.patient(),
        reason="in the papers",
        valid_from=today(),
        added_by="logreview",
        added_at=now(),
    )
    return row, case, asked


def addresses(row: Suspicion, case: ReviewCase) -> list[str]:
    return [
        *(reverse(name) for name in ("review", "review-cases", "review-rules", "review-watch")),
        reverse("review-watch-add"),
        reverse("review-watch-end", args=[WatchedPerson.objects.get().id]),
        reverse("suspicion", args=[row.id]),
        reverse("review-case", args=[case.id]),
        reverse("review-report", args=[case.id]),
        *(
            reverse("review-act", args=[case.id, key])
            for key in ("note", "owner", "ask", "finding", "close", "reopen")
        ),
    ]


def posted(row: Suspicion, case: ReviewCase, asked: ExplanationRequest) -> list[str]:
    return [
        reverse("suspicion-settle", args=[row.id]),
        reverse("suspicion-take", args=[row.id]),
        reverse("review-withdraw", args=[case.id, asked.id]),
        reverse("list-view-save", args=["use"]),
        reverse("list-columns", args=["use"]),
        reverse("review-raise", args=["2026-11-26T10:00:00+00:00~x"]),
    ]


def test_each_address_opens_for_its_roles_only(db: None) -> None:
    row, case, asked = world()
    expected = {**dict.fromkeys(READERS, 200), **dict.fromkeys(OTHERS, 403), "malli": 404}
    for login, status in expected.items():
        client = signed_in(login)
        for address in addresses(row, case):
            assert client.get(address).status_code == status, (login, address)
        if status != 200:
            for address in posted(row, case, asked):
                assert client.post(address, {}).status_code == status, (login, address)
    for address in addresses(row, case):
        assert Client().get(address).status_code == 302, address


def test_rules_are_changed_by_administrators_only(db: None) -> None:
    address = reverse("review-rule", args=[ReviewRule.objects.filter(kind="log_reading")[0].id])
    for login, status in {"admin": 200, "logreview": 403, "support": 403, "esim": 404}.items():
        client = signed_in(login)
        assert client.get(address).status_code == status, login
        if status != 200:
            assert client.post(address, {}).status_code == status, login
    assert address not in signed_in("logreview").get(reverse("review-rules")).content.decode()


def test_a_log_request_is_for_the_customer_that_is_asked(db: None) -> None:
    _row, _case, asked = world()
    address = reverse("log-request", args=[asked.id])
    for login, status in {"malli": 200, "esim": 404, "admin": 403, "logreview": 403}.items():
        client = signed_in(login)
        assert client.get(address).status_code == status, login
        if status != 200:
            assert client.post(address, {"answer": "Not mine"}).status_code == status, login
    assert ExplanationRequest.objects.get().state == "asked"
    assert str(asked.id) in signed_in("malli").get(reverse("log-requests")).content.decode()
    assert str(asked.id) not in signed_in("esim").get(reverse("log-requests")).content.decode()


def test_what_is_about_oneself_is_not_there(db: None) -> None:
    event = looked("logreview", builders.patient())
    client = signed_in("admin")
    made = client.post(reverse("review-raise", args=[f"{event.at.isoformat()}~{event.id}"]))
    address = made.headers["Location"]
    assert client.get(address).status_code == 200
    own = signed_in("logreview")
    assert own.get(address).status_code == 404
    assert own.get(reverse("review")).context["rows"] == []


def test_who_may_not_is_not_written_down_as_having_looked(db: None) -> None:
    row, case, _asked = world()
    for login in ("support", "esim"):
        for address in addresses(row, case):
            signed_in(login).get(address)
    looks = LedgerEvent.objects.filter(kind="review.viewed")
    assert not looks.exclude(actor_id=User.objects.get(username="logreview").id).exists()
