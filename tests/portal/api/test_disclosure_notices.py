"""Notices of disclosure: taken in once, told apart, refused precisely (LG-2)."""

import base64
import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from archive.models import Case, CaseEvent, DisclosureNotice, LedgerEvent, Study
from archive.queries import disclosures
from archive.queries.disclosures import Filters
from archive.services import disclosure_notices
from archive.values import now
from tests import builders
from tests.cast import ESIMERKKILA, MALLILA, MATTI, VENLA, organisation

pytestmark = pytest.mark.django_db

URL = "/api/disclosure-notices"
NOTICE_ID = "urn:uuid:5f1c2a4e-6a1e-4c6e-9d0a-0a8a3c1f7b11"
UID = "1.2.246.10.90000003.77"


@pytest.fixture
def study() -> Study:
    return builders.study(study_instance_uid=UID)


def notice(**over: Any) -> dict[str, Any]:
    """Esimerkkilä gave Matti's study to Mallila; anything else by field."""
    return {
        "id": NOTICE_ID,
        "disclosed_at": "2026-11-20T10:15:00+02:00",
        "patient": {"id": MATTI},
        "controller": "1.2.246.10.90000003.19.0",
        "receiver": {
            "organisation": "1.2.246.10.90000011.10.0",
            "unit": "1.2.246.10.90000011.10.7",
            "user_id": "12345678901",
            "user_name": "Lääkäri Liisa",
            "user_role": "001",
        },
        "ground": "permission",
        "purpose": "treatment",
        "message_id": "urn:uuid:77",
        "entities": [{"what": "images", "study_instance_uid": UID}],
        **over,
    }


def send(
    demo: dict[str, Any], body: Any, *, who: str = ESIMERKKILA, environment: str = "production"
) -> Any:
    """As a customer's system, or as the Patient Data Repository."""
    content = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return Client().post(
        URL, content, content_type="application/json", headers=login(demo, who, environment)
    )


def login(
    demo: dict[str, Any], who: str = ESIMERKKILA, environment: str = "production"
) -> dict[str, str]:
    test = "test_" if environment == "test" else ""
    if who == "pdr":
        known = demo[f"{test}pdr"]
    else:
        (known,) = (each[f"{test}xds"] for each in demo["customers"] if each["business_id"] == who)
    text = f"{known['user']}:{known['password']}".encode()
    return {"Authorization": f"Basic {base64.b64encode(text).decode()}"}


def test_a_notice_is_acknowledged_and_stands_in_the_disclosure_log(
    demo: dict[str, Any], study: Study
) -> None:
    answer = send(demo, notice())
    told = answer.json()
    assert (answer.status_code, told["notice"], told["entries"]) == (201, NOTICE_ID, 1)
    assert answer.headers["Location"] == f"{URL}/{told['acknowledgement']}"
    entry = disclosures.narrowed(Filters(patient_id=study.patient_id)).get()
    assert entry.kind == "disclosure.notified"
    assert entry.at.isoformat() == "2026-11-20T08:15:00+00:00"
    assert entry.study_id == study.id
    assert entry.organisation_id == organisation(MALLILA).id
    assert str(entry.subject_id) == told["acknowledgement"]
    facts = entry.facts
    del facts["received_at"]
    assert facts == {
        "receiver_oid": "1.2.246.10.90000011.10.0",
        "receiver_name": "Mallilan hyvinvointialue",
        "unit": "1.2.246.10.90000011.10.7",
        "user": "12345678901",
        "user_name": "Lääkäri Liisa",
        "user_role": "001",
        "purpose": "treatment",
        "controller": "1.2.246.10.90000003.19.0",
        "register_type": "2",
        "register_specifier": "",
        "ground": "permission",
        "ground_text": "",
        "rules": [],
        "emergency": False,
        "what": "images",
        "study_uid": UID,
        "documents": [],
        "service_event": "",
        "notice": NOTICE_ID,
        "reporter": "1.2.246.10.90000003.10.0",
        "message_id": "urn:uuid:77",
        "interface": "notice",
    }


def test_each_thing_disclosed_is_an_entry_of_its_own(demo: dict[str, Any], study: Study) -> None:
    owed = builders.notice(study)  # its manifest is a document of the register
    entities = [
        {"what": "images", "study_instance_uid": UID, "service_event": "1.2.246.10.5.1"},
        {"what": "manifest", "document_ids": [owed.manifest.unique_id]},
        {"what": "document", "study_instance_uid": UID, "document_ids": ["not-known-here"]},
    ]
    answer = send(demo, notice(entities=entities))
    assert (answer.status_code, answer.json()["entries"]) == (201, 3)
    entries = disclosures.narrowed(Filters())
    assert sorted((entry.facts["what"], entry.facts["documents"]) for entry in entries) == [
        ("document", ["not-known-here"]),
        ("images", []),
        ("manifest", [owed.manifest.unique_id]),
    ]


def test_the_same_notice_again_is_acknowledged_as_before(
    demo: dict[str, Any], study: Study
) -> None:
    first = send(demo, notice())
    again = send(demo, notice(disclosed_at="2026-11-20T08:15:00Z"))
    assert (again.status_code, again.json()) == (200, first.json())
    assert disclosures.narrowed(Filters()).count() == 1


def test_the_same_id_with_other_content_is_refused(demo: dict[str, Any], study: Study) -> None:
    send(demo, notice())
    answer = send(demo, notice(ground="emergency"))
    told = answer.json()
    assert (answer.status_code, told["type"].rpartition(":")[2]) == (409, "notice-reused")
    assert told["errors"] == [{"field": "/id", "detail": "was used before for other content"}]
    assert disclosures.narrowed(Filters()).count() == 1


def test_ids_of_different_senders_do_not_meet(demo: dict[str, Any], study: Study) -> None:
    assert send(demo, notice()).status_code == 201
    assert send(demo, notice(ground="emergency"), who="pdr").status_code == 201


def test_a_sender_reads_its_own_acknowledgement_only(demo: dict[str, Any], study: Study) -> None:
    sent = send(demo, notice())
    address = sent.headers["Location"]
    own = Client().get(address, headers=login(demo))
    assert (own.status_code, own.json()) == (200, sent.json())
    for other in (MALLILA, "pdr"):
        answer = Client().get(address, headers=login(demo, other))
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert Client().get(address, headers=login(demo, environment="test")).status_code == 404


def test_the_patient_data_repository_reports_anybodys(demo: dict[str, Any], study: Study) -> None:
    answer = send(demo, notice(), who="pdr")
    assert answer.status_code == 201
    entry = disclosures.narrowed(Filters()).get()
    assert entry.facts["reporter"] != entry.facts["controller"]


def test_a_merged_patients_old_code_still_names_the_person(demo: dict[str, Any]) -> None:
    kept = builders.study(code=VENLA)
    retired = builders.study(study_instance_uid=UID)
    retired.patient.survivor = kept.patient
    retired.patient.save()
    assert send(demo, notice()).status_code == 201
    assert disclosures.narrowed(Filters()).get().patient_id == kept.patient_id


def test_a_notice_that_comes_years_late_stands_at_its_own_time(
    demo: dict[str, Any], study: Study
) -> None:
    late = "2019-03-04T12:00:00+02:00"
    assert send(demo, notice(disclosed_at=late)).status_code == 201
    entry = disclosures.narrowed(Filters()).get()
    assert entry.at.isoformat() == "2019-03-04T10:00:00+00:00"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM archive_ledgerevent_201903")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize(
    ("at", "disclosed_at", "status"),
    [  # twelve years, by days in Finland: both of these moments are of another day in UTC
        ("2026-11-20T12:00:00+02:00", "2014-11-20T00:30:00+02:00", 201),
        ("2026-11-20T12:00:00+02:00", "2014-11-19T23:30:00+02:00", 422),
        ("2026-11-21T00:30:00+02:00", "2014-11-20T12:00:00+02:00", 422),
    ],
)
def test_twelve_years_are_counted_by_days_in_finland(
    demo: dict[str, Any],
    study: Study,
    monkeypatch: pytest.MonkeyPatch,
    at: str,
    disclosed_at: str,
    status: int,
) -> None:
    moment = datetime.fromisoformat(at).astimezone(UTC)
    monkeypatch.setattr(disclosure_notices, "now", lambda: moment)
    assert send(demo, notice(disclosed_at=disclosed_at)).status_code == status


# --- bad input ------------------------------------------------------------------------------------


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], Any]:
    def change(body: dict[str, Any]) -> None:
        *way, last = path.strip("/").split("/")
        at: Any = body
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        if value is None:
            del at[last]
        else:
            at[int(last) if isinstance(at, list) else last] = value

    return change


FUTURE = (now() + timedelta(hours=1)).isoformat()
BAD: dict[str, tuple[Callable[[dict[str, Any]], Any], int, str]] = {
    "no id": (_set("/id", None), 422, "/id"),
    "a code for an id": (_set("/id", MATTI), 422, "/id"),
    "time in the future": (_set("/disclosed_at", FUTURE), 422, "/disclosed_at"),
    "time without offset": (_set("/disclosed_at", "2026-11-20T10:15:00"), 422, "/disclosed_at"),
    "no time": (_set("/disclosed_at", "yesterday"), 422, "/disclosed_at"),
    "too old": (_set("/disclosed_at", "2001-01-01T00:00:00Z"), 422, "/disclosed_at"),
    "no patient": (_set("/patient", None), 422, "/patient"),
    "patient is text": (_set("/patient", MATTI), 422, "/patient"),
    "wrong code": (_set("/patient/id", "010181-900D"), 422, "/patient/id"),
    "issuer nobody trusts": (_set("/patient/issuer", "1.2.3"), 422, "/patient/id"),
    "unknown patient": (_set("/patient/id", VENLA), 404, "/patient"),
    "controller is no OID": (_set("/controller", "Esimerkkilä"), 422, "/controller"),
    "another's register": (_set("/controller", "1.2.246.10.90000011.19.0"), 403, "/controller"),
    "nobody's register": (_set("/controller", "1.2.246.10.99.19.0"), 403, "/controller"),
    "register it has not": (_set("/register", {"type": "4"}), 403, "/controller"),
    "register of no type": (_set("/register", {"type": "9"}), 422, "/register/type"),
    "no receiver": (_set("/receiver", None), 422, "/receiver"),
    "unknown receiver": (
        _set("/receiver/organisation", "1.2.246.10.99.10.0"),
        404,
        "/receiver/organisation",
    ),
    "unit is no OID": (_set("/receiver/unit", "ward 3"), 422, "/receiver/unit"),
    "a code for a user": (_set("/receiver/user_id", MATTI), 422, "/receiver/user_id"),
    "a code in a name": (
        _set("/receiver/user_name", f"Liisa {MATTI}"),
        422,
        "/receiver/user_name",
    ),
    "ground unheard of": (_set("/ground", "own-register"), 422, "/ground"),
    "law without its section": (_set("/ground", "law"), 422, "/ground_text"),
    "no entities": (_set("/entities", []), 422, "/entities"),
    "too many entities": (
        _set("/entities", [{"what": "images", "study_instance_uid": UID}] * 501),
        422,
        "/entities",
    ),
    "entity of nothing": (
        _set("/entities/0", {"what": "images"}),
        422,
        "/entities/0/study_instance_uid",
    ),
    "what unheard of": (_set("/entities/0/what", "x-rays"), 422, "/entities/0/what"),
    "study is no UID": (
        _set("/entities/0/study_instance_uid", "1.02"),
        422,
        "/entities/0/study_instance_uid",
    ),
    "unknown study": (
        _set("/entities/0/study_instance_uid", "1.2.3"),
        404,
        "/entities/0/study_instance_uid",
    ),
    "unknown document": (
        _set("/entities/0", {"what": "document", "document_ids": ["1.2.3"]}),
        404,
        "/entities/0/document_ids/0",
    ),
    "mistyped field": (_set("/recieved_by", "x"), 422, "/recieved_by"),
    "code for a field": (_set(f"/{MATTI}", "x"), 422, "/?"),
}


@pytest.mark.parametrize(("change", "status", "field"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_refused_by_field_and_nothing_else_is_written(
    demo: dict[str, Any],
    study: Study,
    change: Callable[[dict[str, Any]], Any],
    status: int,
    field: str,
) -> None:
    body = copy.deepcopy(notice())
    change(body)
    answer = send(demo, body)
    told = answer.json()
    assert (answer.status_code, told["status"]) == (status, status)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [each["field"] for each in told["errors"]] == [field]
    assert not disclosures.narrowed(Filters()).exists()
    assert not DisclosureNotice.objects.exists()
    # The refusal itself: an event and a case, and no code of anybody in them or in the answer.
    event = LedgerEvent.objects.get(kind="disclosure.refused")
    assert (event.facts["field"], event.patient_id) == (field, None)
    case = Case.objects.get(place="disclosure-notice")
    assert told["case"] == str(case)
    kept = f"{event.facts} {CaseEvent.objects.get(case=case).facts} {answer.content.decode()}"
    assert not any(code in kept for code in (MATTI, VENLA, "010181", "900D"))


def test_what_another_register_holds_is_answered_as_what_is_not_there(
    demo: dict[str, Any],
) -> None:
    builders.study(code=VENLA)
    foreign = builders.study(MALLILA)  # of a person who has nothing in Esimerkkilä
    wanted = [{"what": "images", "study_instance_uid": foreign.study_instance_uid}]
    absent = [{"what": "images", "study_instance_uid": "1.2.3.4"}]
    there = send(demo, notice(entities=wanted)).json()
    not_there = send(demo, notice(patient={"id": "020516C903K"}, entities=absent)).json()
    for told in (there, not_there):
        told.pop("correlation_id")
    assert there == not_there
    own = builders.study(study_instance_uid=UID)
    assert own.patient_id == foreign.patient_id
    there = send(demo, notice(entities=wanted)).json()
    not_there = send(demo, notice(entities=absent)).json()
    assert there["errors"] == not_there["errors"]


def test_environments_do_not_meet(demo: dict[str, Any], study: Study) -> None:
    answer = send(demo, notice(), environment="test")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "/patient")


@pytest.mark.parametrize("body", ["{", "\xff", '{"id": NaN}'])
def test_what_is_no_json_is_malformed(demo: dict[str, Any], body: str) -> None:
    answer = send(demo, body.encode("latin-1"))
    assert (answer.status_code, answer.json()["detail"]) == (400, "body is no JSON")
    assert Case.objects.filter(place="disclosure-notice", reason="malformed").exists()


def test_a_list_is_no_notice(demo: dict[str, Any]) -> None:
    answer = send(demo, [notice()])
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "/")


def test_a_message_without_end_is_cut_off(demo: dict[str, Any]) -> None:
    answer = send(demo, json.dumps(notice(message_id="x" * (1 << 20))))
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        413,
        "application/problem+json",
    )


def test_other_media_types_and_methods_are_refused(demo: dict[str, Any]) -> None:
    client, headers = Client(), login(demo)
    xml = client.post(URL, "<x/>", content_type="text/xml", headers=headers)
    assert (xml.status_code, xml.json()["status"]) == (415, 415)
    assert client.put(URL, "{}", headers=headers).status_code == 405
    assert client.get(f"{URL}/nonsense", headers=headers).status_code == 404


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !!", "Bearer x", "Basic " + base64.b64encode(b"esim:no").decode()],
)
def test_nobodys_credentials_are_refused_before_the_message_is_read(
    demo: dict[str, Any], header: str
) -> None:
    headers = {"Authorization": header} if header else {}
    answer = Client().post(URL, "{", content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (401, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert Case.objects.filter(edge="api", place="sign-in").exists()


def test_two_of_the_same_are_one(demo: dict[str, Any], study: Study) -> None:
    entities = [{"what": "images", "study_instance_uid": UID}]
    told = [send(demo, notice(entities=entities)).json()["acknowledgement"] for _ in range(3)]
    assert len(set(told)) == 1
