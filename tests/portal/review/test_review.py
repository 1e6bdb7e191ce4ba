"""The review in the portal: from the emergency to the closed case and its report (LG-5)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from archive.models import (
    ExplanationRequest,
    LedgerEvent,
    ReviewCase,
    ReviewRule,
    Suspicion,
    WatchedPerson,
)
from archive.values import today
from tests.cast import MALLILA, MATTI, organisation
from tests.portal.review.test_doors import world
from tests.portal.test_pages import signed_in
from tests.reviewing import suspicion

pytestmark = pytest.mark.django_db

REASON = "E-1042, seen in the papers"
SECRETS = (MATTI, "Meikäläinen")


@pytest.fixture
def reviewer() -> Client:
    return signed_in("logreview")


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def done(client: Client, path: str, given: dict[str, str]) -> str:
    """The page that follows what was posted."""
    answer = client.post(path, given, follow=True)
    assert answer.redirect_chain, answer.content.decode()
    return answer.content.decode()


def looks() -> list[str]:
    rows = LedgerEvent.objects.filter(kind="review.viewed").order_by("at")
    return [row.facts["what"] for row in rows]


def test_a_list_that_goes_out_as_a_file_is_a_look_too(reviewer: Client) -> None:
    for name in ("review", "review-cases"):
        assert reviewer.get(f"{reverse(name)}?format=csv").streaming
    assert looks() == ["suspicions exported", "cases exported"]


def test_an_emergency_is_looked_into_explained_found_and_closed(reviewer: Client) -> None:
    row = suspicion(to=MALLILA)
    listed = page(reviewer, reverse("review"))
    assert "Emergency use: Lääkäri Liisa" in listed and "1 suspicion waits" in listed
    seen = page(reviewer, reverse("suspicion", args=[row.id]))
    assert "emergency use" in seen and "010181-•••C" in seen

    took = done(reviewer, reverse("suspicion-take", args=[row.id]), {"title": "At night"})
    case = ReviewCase.objects.get()
    assert f"{case}: At night" in took

    def act(key: str, **given: str) -> str:
        return done(reviewer, reverse("review-act", args=[case.id, key]), given)

    assert "Called the ward." in act("note", text="Called the ward.")
    asked = act("ask", organisation=str(organisation(MALLILA).id), question="Why at night?")
    assert "Why at night?" in asked and "explanation is waited for" in asked

    malli = signed_in("malli")
    request = ExplanationRequest.objects.get()
    address = reverse("log-request", args=[request.id])
    told = page(malli, address)
    assert "Why at night?" in told and "Called the ward." not in told and "At night<" not in told
    assert "Unconscious patient." in done(malli, address, {"answer": "Unconscious patient."})

    assert "Unconscious patient." in page(reviewer, reverse("review-case", args=[case.id]))
    assert reverse("review-act", args=[case.id, "close"]) not in took
    act("finding", finding="justified", text="Care followed.")
    closed = act("close", decision="No measures.")
    assert "No measures." in closed and "Open again" in closed
    report = reviewer.get(reverse("review-report", args=[case.id]))
    assert report.content.startswith(b"%PDF") and f"{case}.pdf" in report["Content-Disposition"]
    for content in (listed, seen, told, closed):
        assert not any(secret in content for secret in SECRETS)
    assert [each for each in looks() if each in ("suspicions", "suspicion", "report")] == [
        "suspicions",
        "suspicion",
        "report",
    ]
    assert "explanation asked for" in looks()


def test_who_answers_second_has_its_text_back() -> None:
    _row, _case, asked = world()
    address = reverse("log-request", args=[asked.id])
    done(signed_in("malli"), address, {"answer": "The first one."})
    answer = signed_in("malli").post(address, {"answer": "Another view,\nmuch longer."})
    content = answer.content.decode()
    assert answer.status_code == 409 and "was answered or withdrawn meanwhile" in content
    assert "The first one." in content and "Another view,\nmuch longer." in content
    asked.refresh_from_db()
    assert asked.answer == "The first one."


def test_what_needs_no_case_is_settled_with_a_reason(reviewer: Client) -> None:
    row = suspicion()
    address = reverse("suspicion-settle", args=[row.id])
    assert reviewer.post(address, {"reason": ""}).status_code == 422
    done(reviewer, address, {"reason": "on duty that night"})
    again = done(reviewer, address, {"reason": "on duty that night"})
    assert "settled the suspicion or taken it into a case" in again
    assert Suspicion.objects.get().settled_reason == "on duty that night"
    assert reviewer.get(reverse("review")).context["rows"] == []
    assert reviewer.get(f"{reverse('review')}?state=settled").context["rows"][0].row == row


def test_a_filter_or_place_that_cannot_be_read(reviewer: Client) -> None:
    for name in ("review", "review-cases"):
        assert "A filter cannot be read" in page(reviewer, f"{reverse(name)}?state=x")
        assert reviewer.get(f"{reverse(name)}?after=nonsense").status_code == 400


def test_a_case_that_is_closed_or_open_says_so(reviewer: Client) -> None:
    done(reviewer, reverse("suspicion-take", args=[suspicion().id]), {"title": "At night"})
    case = ReviewCase.objects.get()
    act = reverse("review-act", args=[case.id, "reopen"])
    assert "This cannot be done now" in page(reviewer, act)
    refused = reviewer.post(act, {"reason": "by mistake"})
    assert refused.status_code == 422 and "The case is open already." in refused.content.decode()
    close = reviewer.post(reverse("review-act", args=[case.id, "close"]), {"decision": "-"})
    assert "A case is closed on a finding." in close.content.decode()


# --- rules and the watch list ---------------------------------------------------------------------


def test_a_rule_changes_by_its_next_version(reviewer: Client) -> None:
    rule = ReviewRule.objects.get(kind="many_patients", scope="staff")
    assert "from 20 patients within 1 h on" in page(reviewer, reverse("review-rules"))
    given = {
        "first_day": (today() + timedelta(days=1)).isoformat(),
        "is_on": "on",
        "threshold": "15",
        "window_minutes": "30",
        "source": "Decision 7/2026",
        "reason": "too many slipped through",
    }
    admin = signed_in("admin")
    address = reverse("review-rule", args=[rule.id])
    past = {**given, "first_day": (today() - timedelta(days=1)).isoformat()}
    refused = admin.post(address, past)
    assert refused.status_code == 422 and "what was judged stays" in refused.content.decode()
    listed = done(admin, address, given)
    assert "from 15 patients within 30 min on" in listed and "to come" in listed
    assert "from 20 patients within 1 h on" in listed
    again = admin.post(address, given)
    assert again.status_code == 422 and "changed the rule meanwhile" in again.content.decode()
    told = LedgerEvent.objects.get(kind="review.ruled")
    assert (told.facts["threshold"], told.facts["reason"]) == (15, "too many slipped through")


def test_a_person_is_watched_for_by_posted_code(reviewer: Client) -> None:
    given = {"code": MATTI, "first_day": today().isoformat(), "reason": REASON}
    listed = done(reviewer, reverse("review-watch-add"), given)
    assert "010181-•••C" in listed and REASON in listed and MATTI not in listed
    answer = reviewer.get(reverse("review-watch"), {"format": "csv"})
    exported = b"".join(answer.streaming_content).decode()
    assert "010181-•••C" in exported and MATTI not in exported and "End" not in exported
    assert "watch list exported" in looks()
    again = reviewer.post(reverse("review-watch-add"), given)
    assert again.status_code == 422 and "is being watched for" in again.content.decode()
    end = reverse("review-watch-end", args=[WatchedPerson.objects.get().id])
    done(reviewer, end, {"last_day": today().isoformat(), "reason": "no longer news"})
    assert WatchedPerson.objects.get().valid_until == today()
    told = LedgerEvent.objects.filter(kind="review.watched").order_by("at")
    assert [row.facts["what"] for row in told] == ["added", "ended"]
    assert not any(MATTI in str(row.facts) for row in told)
