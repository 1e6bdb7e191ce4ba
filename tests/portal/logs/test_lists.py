"""The logs as pages: narrowed by the address, one person by posted code, each look logged."""

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from archive import ledger
from archive.ledger import Kind
from archive.models import LedgerEvent, Study, User
from archive.queries import keyset
from archive.values import today
from portal.log_rows import key_of
from portal.log_words import KINDS, value_words
from tests import builders, logs
from tests.cast import MALLILA, MATTI, RONTGEN, VENLA, organisation
from tests.portal.test_pages import signed_in
from tests.portal.test_study import address, opened

pytestmark = pytest.mark.django_db

DISCLOSURES, USE, SEARCH = "/logs/disclosures/", "/logs/use/", "/logs/patient/"
REASON = "E-1042, the patient asks"
RECEIVER = "Röntgen Esimerkki Oy"


@pytest.fixture
def study() -> Study:
    return builders.study()


@pytest.fixture
def reviewer() -> Client:
    return signed_in("logreview")


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def looks(kind: str = "log.searched") -> list[LedgerEvent]:
    return list(LedgerEvent.objects.filter(kind=kind).order_by("at"))


def shown(client: Client, path: str) -> list[str]:
    """The receivers, or what happened, row by row."""
    rows = client.get(path).context["rows"]
    return [getattr(row, "receiver", "") or row.what for row in rows]


def test_the_list_tells_who_got_what_of_whom_on_what_ground(study: Study, reviewer: Client) -> None:
    logs.give(study, to=RONTGEN, ground="emergency")
    content = page(reviewer, DISCLOSURES)
    for word in (RECEIVER, "Lääkäri Liisa", "images", "emergency use", "Esimerkkilän"):
        assert word in content
    assert "010181-•••C" in content
    for secret in (MATTI, "Meikäläinen"):
        assert secret not in content


def test_each_filter_narrows_the_list(study: Study, reviewer: Client) -> None:
    logs.give(study, to=MALLILA)
    logs.give(builders.study(RONTGEN, code=VENLA), to=RONTGEN, ground="uusimaa-2026")
    tomorrow = (today() + timedelta(days=1)).isoformat()
    for query in (
        f"organisation={organisation(RONTGEN).id}",
        "controller=1.2.246.10.90000038.19.0",
        "ground=uusimaa-2026",
        f"organisation={organisation(RONTGEN).id}&until={today().isoformat()}",
    ):
        assert shown(reviewer, f"{DISCLOSURES}?{query}") == [RECEIVER], query
    assert len(shown(reviewer, f"{DISCLOSURES}?user={logs.DOCTOR.user_id}")) == 2
    for query in (f"since={tomorrow}", "source=disclosure.notified", "environment=test"):
        assert shown(reviewer, f"{DISCLOSURES}?{query}") == [], query


@pytest.mark.parametrize(
    "query", ["organisation=x", "since=today", "patient=x", "controller=1.2", "ground=X%20Y"]
)
def test_a_filter_that_cannot_be_read_lists_nothing_and_looks_at_nothing(
    study: Study, reviewer: Client, query: str
) -> None:
    logs.give(study)
    content = page(reviewer, f"{DISCLOSURES}?{query}")
    assert "A filter cannot be read" in content
    assert looks() == []


def test_a_cursor_that_is_none_is_a_bad_request(reviewer: Client) -> None:
    assert reviewer.get(f"{DISCLOSURES}?after=nonsense").status_code == 400


def test_more_entries_take_no_more_queries(study: Study, reviewer: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(reviewer, DISCLOSURES)
        return len(queries)

    logs.give(study)
    count()  # the session begins
    few = count()
    for _ in range(5):
        logs.give(builders.study(code=VENLA), to=RONTGEN)
    assert count() == few


def test_each_look_is_logged_with_its_filters(study: Study, reviewer: Client) -> None:
    logs.give(study)
    page(reviewer, f"{DISCLOSURES}?ground=permission&user=12345678901")
    (look,) = looks()
    assert look.facts == {
        "log": "disclosures",
        "filters": {"ground": "permission", "user": "12345678901"},
        "reason": "",
    }
    assert (look.actor_kind, look.patient_id) == ("staff", None)


# --- one person -----------------------------------------------------------------------------------


def test_a_person_is_searched_by_posted_code_with_a_reason(study: Study, reviewer: Client) -> None:
    logs.give(study)
    logs.give(builders.study(code=VENLA), to=RONTGEN)
    answer = reviewer.post(f"{SEARCH}?log=disclosures", {"code": MATTI, "reason": REASON})
    address = answer.headers["Location"]
    assert address == f"{DISCLOSURES}?patient={study.patient_id}"
    assert len(shown(reviewer, address)) == 1
    (look,) = looks()
    assert (look.patient_id, look.facts["reason"]) == (study.patient_id, REASON)
    assert MATTI not in str(look.facts)
    searched = LedgerEvent.objects.get(kind="patient.searched")
    assert (searched.patient_id, searched.facts["reason"]) == (study.patient_id, REASON)


def test_the_same_search_leads_to_the_use_log(study: Study, reviewer: Client) -> None:
    answer = reviewer.post(f"{SEARCH}?log=use", {"code": MATTI, "reason": REASON})
    assert answer.headers["Location"] == f"{USE}?patient={study.patient_id}"
    assert shown(reviewer, answer.headers["Location"]) == ["Patient searched for"]


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({"code": VENLA, "reason": REASON}, "Nobody with this code"),
        ({"code": "010181-900D", "reason": REASON}, "no valid code"),
        ({"code": MATTI, "reason": ""}, "This field is required"),
        ({"code": MATTI, "reason": MATTI}, "Leave the personal identity code out"),
    ],
)
def test_a_search_that_finds_nobody_says_why(
    study: Study, reviewer: Client, posted: dict[str, str], words: str
) -> None:
    answer = reviewer.post(SEARCH, posted)
    assert answer.status_code == 200 and words in answer.content.decode()


def test_without_a_reason_a_persons_entries_are_not_shown(study: Study, reviewer: Client) -> None:
    logs.give(study)
    address = f"{DISCLOSURES}?patient={study.patient_id}"
    content = page(reviewer, address)
    assert "has not been searched for in this session" in content
    assert "Mallilan" not in content.partition("<tbody")[2]
    assert looks() == []
    assert "has not been searched for" in page(reviewer, f"{address}&format=csv")
    assert looks("log.exported") == []


@pytest.mark.parametrize("log", ["disclosures", "use"])
def test_a_code_in_the_address_is_taken_out(reviewer: Client, log: str) -> None:
    answer = reviewer.get(f"/logs/{log}/?user={MATTI}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{SEARCH}?log={log}")
    assert looks() == []


# --- the use log ----------------------------------------------------------------------------------


def test_the_use_log_tells_who_did_what_and_why(study: Study, reviewer: Client) -> None:
    signed_in("support").post(f"/studies/{study.id}/reason/", {"reason": REASON})
    support = User.objects.get(username="support")
    ledger.record(
        Kind.STUDY_VIEWED,
        ledger.About("production", study_id=study.id, patient_id=study.patient_id),
        {"reason": REASON},
        actor=logs.staff(support),
    )
    logs.give(study, to=RONTGEN)
    logs.give(study, to=RONTGEN, ground="own-register")
    content = page(reviewer, USE)
    assert REASON in content and "Looked at by" in content
    assert shown(reviewer, f"{USE}?kind=data.used") == ["Given for use within the register"]
    by_support = f"Looked at by {logs.staff(support).name}"
    assert shown(reviewer, f"{USE}?person={support.id}") == [by_support]
    assert "Disclosed by the archive" not in shown(reviewer, USE)


def test_reading_the_logs_is_itself_in_the_use_log(study: Study, reviewer: Client) -> None:
    page(reviewer, DISCLOSURES)
    assert shown(reviewer, f"{USE}?kind=log.searched") == ["Log searched"]


def test_every_kind_of_event_has_its_words() -> None:
    assert {kind.word for kind in Kind} == set(KINDS)


# --- one entry ------------------------------------------------------------------------------------


def test_an_entrys_page_tells_everything_and_its_place_in_the_chain(
    study: Study, reviewer: Client
) -> None:
    event = LedgerEvent.objects.get(id=logs.give(study, service_event="1.2.246.10.5.77"))
    content = page(reviewer, reverse("log-disclosure", args=[key_of(event)]))
    for word in (
        *("Receiver", "Mallilan hyvinvointialue", "Lääkäri Liisa", "disclosure permission"),
        *("informed, permitted, not-prohibited", "public health care", "1.2.246.10.5.77"),
        *("treatment", "to be sealed", "urn:uuid:4f1c", "010181-•••C"),
    ):
        assert word in content, word
    assert MATTI not in content
    (read,) = looks("log.read")
    assert (read.subject_id, read.facts["entry"]) == (event.id, str(event.id))


# --- export ---------------------------------------------------------------------------------------


def exported(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200 and answer.streaming
    assert answer.headers["Content-Disposition"].startswith("attachment")
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(StringIO(text)))


def test_an_export_has_every_entry_of_the_filters_and_is_logged_first(
    study: Study, reviewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "STRETCH", 2)
    for _ in range(5):
        logs.give(study, to=MALLILA)
    logs.give(study, to=RONTGEN, ground="emergency")
    rows = exported(reviewer, f"{DISCLOSURES}?ground=permission&format=csv")
    assert [row["Receiver"] for row in rows] == ["Mallilan hyvinvointialue"] * 5
    assert rows[0]["Patient"] == "010181-•••C" and rows[0]["Emergency use"] == ""
    (event,) = looks("log.exported")
    assert event.facts["filters"] == {"ground": "permission"}


def test_a_text_that_a_spreadsheet_would_reckon_with_is_defused(
    study: Study, reviewer: Client
) -> None:
    event_id = logs.give(study, service_event="1.2")
    assert event_id
    ledger.record(
        Kind.STUDY_VIEWED,
        ledger.About("production"),
        {"reason": "=HYPERLINK(1)"},
        actor=logs.staff(User.objects.get(username="support")),
    )
    rows = exported(reviewer, f"{USE}?kind=study.viewed&format=csv")
    assert [row["Reason"] for row in rows] == ["'=HYPERLINK(1)"]


def test_the_export_speaks_the_readers_language(study: Study) -> None:
    logs.give(study)
    client = signed_in("logreview")
    answer = client.get(f"{DISCLOSURES}?format=csv", headers={"Accept-Language": "fi"})
    header = b"".join(answer.streaming_content).decode().splitlines()[0]
    assert header.startswith("Vastaanottaja,Yksikkö,Aika")


def test_whose_data_it_was_is_not_said_to_be_the_organisation_of_who_looked(
    study: Study, reviewer: Client
) -> None:
    opened(study, "archivist").get(address(study))
    content = page(reviewer, USE)
    with override("en"):
        name = organisation().name
    concerns, persons = (
        re.findall(f'data-label="{label}"[^>]*>(.*?)</td>', content, re.DOTALL)
        for label in ("Concerns", "By whom")
    )
    assert any(name in each for each in concerns)
    assert persons and not any(name in each for each in persons)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("suspicions exported", "epäilyt vietiin tiedostoon"),
        ("contacts: technical", "yhteyshenkilöt: tekninen yhteyshenkilö"),
        ("maija is customer_admin no more", "maija: ei enää asiakkaan pääkäyttäjä"),
        ("DICOM connection KUVAUS_PACS", "DICOM-yhteys KUVAUS_PACS avattiin"),
        ("what nobody has put into words", "what nobody has put into words"),
    ],
)
def test_what_was_changed_is_said_in_the_readers_language(kept: str, said: str) -> None:
    with override("fi"):
        assert value_words("what", kept) == said


@pytest.mark.parametrize(
    ("name", "kept", "said"),
    [
        ("what", "closed", "suljettu"),
        ("what", "prohibition", "luovutuskielto"),
        ("what", "notice put up", "tiedote julkaistu"),
        ("kind", "waiver", "vapautus käyttöönottokokeesta"),
        ("kind", "succession", "rekisterin siirtyminen"),
        ("kind", "study-entry", "tutkimusmerkintä"),
        ("precondition", "patient_data", "Potilastietovaranto käytössä"),
    ],
)
def test_what_the_ledger_keeps_as_a_word_is_told_in_the_readers_language(
    name: str, kept: str, said: str
) -> None:
    with override("fi"):
        assert value_words(name, kept) == said
