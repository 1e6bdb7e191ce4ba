"""Who has seen: for a patient or a controller, within the years the law gives (LG-5)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from archive import ledger
from archive.ledger import Kind
from archive.models import LedgerEvent, LogRule, LogRuleKey, Study, User
from archive.queries import log_rules, who_has_seen
from archive.values import now, today
from portal import log_reports
from tests import builders, logs
from tests.cast import ESIMERKKILA, MALLILA, MATTI, RONTGEN, VENLA
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db

URL = "/logs/report/"
REASON = "the patient asks, E-1042"
OLD = log_rules.years_before(today(), 3)


@pytest.fixture
def study() -> Study:
    return builders.study()


@pytest.fixture
def reviewer() -> Client:
    return signed_in("logreview")


def asked(**over: Any) -> dict[str, Any]:
    return {
        "code": MATTI,
        "controller": "",
        "since": (today() - timedelta(days=30)).isoformat(),
        "until": today().isoformat(),
        "reason": REASON,
        "special_reason": "",
        **over,
    }


def report(client: Client, **over: Any) -> str:
    """The address of the report."""
    answer = client.post(URL, asked(**over))
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def test_a_patients_report_tells_who_got_what_and_who_looked(
    study: Study, reviewer: Client
) -> None:
    logs.give(study, to=MALLILA)
    logs.give(study, to=MALLILA, ground="own-register")
    logs.give(study, to=RONTGEN, ground="emergency")
    logs.give(builders.study(code=VENLA), to=RONTGEN, ground="law")
    support = logs.staff(User.objects.get(username="support"))
    about = ledger.About("production", study_id=study.id, patient_id=study.patient_id)
    kinds = {kind.word: kind for kind in Kind}
    for number, word in enumerate(who_has_seen.LOOKS):
        facts = {**dict.fromkeys(kinds[word].demanded, ""), "reason": f"E-{number}"}
        ledger.record(kinds[word], about, facts, actor=support)
    address = report(reviewer)
    assert MATTI not in address
    shown = reviewer.get(address).context["report"]
    assert [(name, count) for name, count, _ in shown.receivers] == [
        ("Röntgen Esimerkki Oy", 1),
        ("Mallilan hyvinvointialue", 2),
    ]
    assert [row.ground for row in shown.given] == [
        "emergency use",
        "own register",
        "disclosure permission",
    ]
    assert {"authorisation.searched", "list.exported"} < set(who_has_seen.LOOKS)
    looks = [f"E-{number}" for number, _ in enumerate(who_has_seen.LOOKS)]
    assert [row.reason for row in shown.looks] == [REASON, *looks[::-1]]  # its own search too
    content = reviewer.get(address).content.decode()
    assert "010181-•••C" in content and MATTI not in content


def test_a_controllers_report_tells_what_of_its_register_was_given(
    study: Study, reviewer: Client
) -> None:
    logs.give(study, to=MALLILA)
    logs.give(builders.study(MALLILA, code=VENLA), to=RONTGEN)
    address = report(reviewer, code="", controller=logs.register_of(ESIMERKKILA).controller_oid)
    shown = reviewer.get(address).context["report"]
    assert [row.receiver for row in shown.given] == ["Mallilan hyvinvointialue"]
    assert shown.subject == "Register of Esimerkkilän hyvinvointialue" and shown.looks == []


def test_each_showing_is_logged(study: Study, reviewer: Client) -> None:
    logs.give(study)
    address = report(reviewer)
    reviewer.get(address)
    reviewer.get(f"{address}report.pdf")
    events = LedgerEvent.objects.filter(kind="log.reported")
    assert events.count() == 2
    event = events[0]
    assert (event.patient_id, event.facts["reason"]) == (study.patient_id, REASON)
    assert event.facts["entries"] == 1
    assert event.facts["since"] == asked()["since"]


def test_the_report_is_a_pdf_too(study: Study, reviewer: Client) -> None:
    logs.give(study)
    answer = reviewer.get(f"{report(reviewer)}report.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"since": OLD.isoformat()}, "for a special reason only"),
        ({"since": OLD.isoformat(), "special_reason": MATTI}, "identity code out"),
        ({"until": (today() + timedelta(days=1)).isoformat()}, "in the future"),
        ({"since": today().isoformat(), "until": "2026-01-01"}, "after the last"),
        ({"since": "last year"}, "valid date"),
        ({"code": ""}, "either a patient"),
        ({"controller": "1.2.246.10.90000003.19.0"}, "either a patient"),
        ({"code": "", "controller": "1.2.3"}, "is not one of the available choices"),
        ({"code": "010181-900D"}, "no valid code"),
        ({"code": "010203A950N"}, "Nobody with this code"),
        ({"reason": ""}, "required"),
        ({"reason": f"asks {MATTI}"}, "identity code out"),
    ],
)
def test_what_may_not_be_asked_says_why_and_shows_nothing(
    study: Study, reviewer: Client, over: dict[str, str], words: str
) -> None:
    answer = reviewer.post(URL, asked(**over))
    assert answer.status_code == 200 and words in answer.content.decode()
    assert not LedgerEvent.objects.filter(kind="log.reported").exists()


def test_older_entries_are_shown_for_a_special_reason_that_is_kept(
    study: Study, reviewer: Client
) -> None:
    old = LedgerEvent.objects.get(id=logs.give(study))
    ledger.make_partitions(OLD, months_ahead=0)
    about = ledger.About("production", patient_id=study.patient_id)
    ledger.record(Kind.DISCLOSURE_GIVEN, about, old.facts, at=now() - timedelta(days=2 * 365 + 60))
    assert len(reviewer.get(report(reviewer)).context["report"].given) == 1
    address = report(reviewer, since=OLD.isoformat(), special_reason="a crime is investigated")
    shown = reviewer.get(address)
    assert len(shown.context["report"].given) == 2
    assert "a crime is investigated" in shown.content.decode()
    newest = LedgerEvent.objects.filter(kind="log.reported").latest("at")
    assert newest.facts["special_reason"] == "a crime is investigated"


def test_how_far_back_is_a_dated_rule(study: Study, reviewer: Client) -> None:
    LogRule.objects.create(key="report-years", value=4, valid_from=today())
    assert report(reviewer, since=OLD.isoformat())
    LogRule.objects.filter(key="report-years").delete()
    with pytest.raises(LookupError):
        log_rules.number(LogRuleKey.REPORT_YEARS, today())


def test_a_report_that_is_too_long_says_so(
    study: Study, reviewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (who_has_seen, log_reports):
        monkeypatch.setattr(module, "MOST", 2)
    for _ in range(3):
        logs.give(study)
    content = reviewer.get(report(reviewer)).content.decode()
    assert "Only the newest entries are told one by one" in content
