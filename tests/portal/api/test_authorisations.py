"""Authorisations over HTTP: by the organiser's, the producer's and the repository's credentials."""

import base64
import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from archive.models import Authorisation, CaseEvent, LedgerEvent, Patient
from archive.services import authorisation_forms
from archive.values import now, today
from tests import builders
from tests.authorising import day, form, made
from tests.cast import ESIMERKKILA, MALLILA, MATTI, RONTGEN, VENLA, organisation

pytestmark = pytest.mark.usefixtures("db")

UNKNOWN = "311299-9008"  # nobody's here
WHOSE = {ESIMERKKILA: 0, MALLILA: 1, RONTGEN: 2}


class Caller:
    """A system at the API."""

    def __init__(self, credentials: dict[str, str]) -> None:
        pair = f"{credentials['user']}:{credentials['password']}".encode()
        self.headers = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        self.client = Client()

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/{path}", headers={**self.headers, **headers})

    def post(self, path: str, body: Any = None) -> Any:
        text = body if isinstance(body, str) else json.dumps(body or {})
        return self.client.post(
            f"/api/{path}", text, content_type="application/json", headers=self.headers
        )


@pytest.fixture
def caller(demo: dict[str, Any]) -> Any:
    return lambda business_id: Caller(demo["customers"][WHOSE[business_id]]["xds"])


@pytest.fixture
def repository(demo: dict[str, Any]) -> Caller:
    return Caller(demo["pdr"])


def body(**values: Any) -> dict[str, Any]:
    return {
        "producer": organisation(RONTGEN).oid,
        "patient": {"id": MATTI},
        "valid_from": day().isoformat(),
        "valid_until": day(30).isoformat(),
        "service_code": "AA1AD",
        "order_text": "Päänsärky",
        **values,
    }


def test_an_order_is_made_found_accepted_and_done(caller: Any) -> None:
    organiser, producer = caller(ESIMERKKILA), caller(RONTGEN)
    answer = organiser.post("authorisations", body())
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["state"], told["stage"], told["missing"]) == (
        "granted",
        "ordered",
        ["acceptance", "images"],
    )
    (listed,) = mine(producer.get("assignments"), told["series"])
    assert (listed["patient"]["id"], listed["organiser_name"]) == (
        MATTI,
        "Esimerkkilän hyvinvointialue",
    )
    accepted = producer.post(f"assignments/{told['id']}/accept")
    assert accepted.json()["state"] == "accepted"
    assert producer.post(f"assignments/{told['id']}/withdraw").json()["state"] == "granted"
    assert producer.post(f"assignments/{told['id']}/accept").status_code == 200
    again = producer.post(f"assignments/{told['id']}/accept")
    assert (again.status_code, again.json()["code"]) == (409, "AUTH-STATE")
    done = organiser.post(f"authorisations/{told['id']}/done")
    assert (done.json()["state"], done.json()["stage"]) == ("ended", "done")
    assert organiser.get(f"authorisations/{told['id']}").json()["done_at"]


def mine(answer: Any, series: str) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return [row for row in answer.json()["results"] if row["series"] == series]


def test_the_producer_is_named_later_and_may_decline(caller: Any) -> None:
    organiser, producer = caller(ESIMERKKILA), caller(RONTGEN)
    first = organiser.post("authorisations", body(producer=None)).json()
    assert first["state"] == "without_producer"
    assert mine(producer.get("assignments"), first["series"]) == []
    order = {name: first[name] for name in body() if name not in ("patient", "producer")}
    named = organiser.post(
        f"authorisations/{first['id']}/versions", {**order, "producer": organisation(RONTGEN).oid}
    )
    assert (named.json()["version"], named.json()["state"]) == (2, "granted")
    (listed,) = mine(organiser.get("authorisations"), first["series"])
    assert listed["version"] == 2
    declined = producer.post(f"assignments/{named.json()['id']}/decline", {"reason": "Ei aikoja"})
    assert (declined.json()["state"], declined.json()["closing_reason"]) == (
        "declined",
        "Ei aikoja",
    )


def test_a_revocation_over_the_api(caller: Any) -> None:
    row = made()
    assert (
        caller(RONTGEN).post(f"authorisations/{row.id}/revoke", {"reason": "xxx"}).status_code
        == 403
    )
    unsaid = caller(ESIMERKKILA).post(f"authorisations/{row.id}/revoke", {})
    assert unsaid.json()["errors"][0]["field"] == "reason"
    answer = caller(ESIMERKKILA).post(f"authorisations/{row.id}/revoke", {"reason": "Peruttu"})
    assert answer.json()["state"] == "revoked"


def test_another_customer_finds_nothing(caller: Any) -> None:
    row, stranger = made(), caller(MALLILA)
    assert stranger.get(f"authorisations/{row.id}").status_code == 404
    assert stranger.post(f"assignments/{row.id}/accept").status_code == 404
    for path in ("authorisations", "assignments"):
        assert mine(stranger.get(path), str(row.series)) == []


def test_test_and_production_do_not_meet(demo: dict[str, Any]) -> None:
    row = made(environment="test")
    assert Caller(demo["customers"][0]["xds"]).get(f"authorisations/{row.id}").status_code == 404
    assert (
        Caller(demo["customers"][0]["test_xds"]).get(f"authorisations/{row.id}").status_code == 200
    )


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"valid_from": "soon"}, 422, "valid_from"),
    ({"valid_from": "2020-01-01"}, 422, "valid_from"),
    ({"valid_until": "2020-01-01"}, 422, "valid_until"),
    ({"due_on": "2020-01-01"}, 422, "due_on"),
    ({"may_read": False, "may_write": False}, 422, "may_read"),
    ({"service_code": ""}, 422, "service_text"),
    ({"urgency": "soon"}, 422, "urgency"),
    ({"voucher_value": "10.005"}, 422, "voucher_value"),
    ({"voucher_value": "NaN"}, 422, "voucher_value"),
    ({"voucher_value": "5"}, 422, "voucher_number"),
    ({"producer": "1.2.3"}, 422, "producer"),
    ({"producer": "x"}, 422, "producer"),
    ({"patient": {"id": "010181-9000"}}, 422, "patient.id"),
    ({"order_text": "potilas 010181-900C"}, 422, "order_text"),
    ({"service_event": "1..2"}, 422, "service_event"),
    (
        {"register": {"controller_oid": "1.2.3", "type": "2"}},
        422,
        "register",
    ),
    ({"register": {"controller_oid": "1.2.246.10.90000011.19.0", "type": "2"}}, 403, ""),
]


@pytest.mark.parametrize(("values", "status", "field"), WRONG)
def test_bad_orders_are_refused_at_their_field(
    caller: Any, values: dict[str, Any], status: int, field: str
) -> None:
    before = Authorisation.objects.count()
    answer = caller(ESIMERKKILA).post("authorisations", body(**values))
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    named = {each["field"] for each in answer.json().get("errors", [])}
    assert (field in named) if field else not named
    assert Authorisation.objects.count() == before
    assert MATTI not in answer.content.decode()


def test_two_for_the_same_and_chains_are_explained(caller: Any) -> None:
    assert caller(ESIMERKKILA).post("authorisations", body()).status_code == 201
    twice = caller(ESIMERKKILA).post("authorisations", body())
    assert (twice.status_code, twice.json()["code"]) == (409, "AUTH-OVERLAP")
    register = {"controller_oid": "1.2.246.10.90000003.19.0", "type": "2"}
    chained = body(register=register, producer=organisation(MALLILA).oid)
    answer = caller(RONTGEN).post("authorisations", chained)
    assert (answer.status_code, answer.json()["code"]) == (403, "AUTH-CHAIN")


@pytest.mark.parametrize("text", ["{", "[]", "null", '"x"'])
def test_what_is_no_order_at_all(caller: Any, text: str) -> None:
    assert caller(ESIMERKKILA).post("authorisations", text).status_code in (400, 422)


# --- lists ----------------------------------------------------------------------------------------


def series(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["series"] for row in answer.json()["results"]]


def test_lists_are_narrowed_sorted_and_turned_by_key(caller: Any) -> None:
    Authorisation.objects.all().delete()
    one = made(due_on=day(9))
    two = made(VENLA, due_on=day(3), service_code="JN3AD", service_text="Vatsan TT")
    three = made(None, due_on=None, valid_until=None)
    four = made(producer=None, due_on=day(20))
    get = caller(ESIMERKKILA).get
    names = {
        str(row.series): name for row, name in zip((one, two, three, four), "1234", strict=True)
    }

    def found(query: str) -> str:
        return "".join(names[each] for each in series(get(f"authorisations?{query}")))

    assert found("") == "4321"
    assert found("sort=due") == "2143"
    assert found("sort=ends")[-1] == "3"
    assert found("without_producer=true") == "4"
    assert found("level=population") == "3"
    assert found("service=vatsan") == found("service=jn3ad") == "2"
    assert found(f"producer={organisation(RONTGEN).oid}") == "321"
    assert found(f"due_until={day(9)}") == "21"
    assert found(f"valid_on={day(40)}") == "3"
    assert found("state=granted") == "321" and found("state=live") == "4321"
    assert found(f"made_from={day(1)}") == ""
    assert found("late=true") == ""
    Authorisation.objects.filter(id=one.id).update(due_on=today() - timedelta(days=1))
    assert found("late=true") == "1"
    first = get("authorisations?size=3&sort=due").json()
    assert first["next"] and len(first["results"]) == 3
    rest = caller(ESIMERKKILA).client.get(first["next"], headers=caller(ESIMERKKILA).headers)
    assert series(rest) == [str(three.series)] and rest.json()["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        *(
            "after=x",
            "sort=patient",
            "size=0",
            "made_from=x",
            "changed_since=0001-01-01",
            "producer=1.2.3",
        ),
        *("service=010181-900C", "made_until=9999-12-31"),
    ],
)
def test_a_list_that_cannot_be_made_says_so(caller: Any, query: str) -> None:
    assert caller(ESIMERKKILA).get(f"authorisations?{query}").status_code in (400, 422)


def test_the_assignment_list_as_csv(caller: Any) -> None:
    row = made(order_text="=SUM(1;2)", service_text="ä")
    for answer in (
        caller(RONTGEN).get("assignments?format=csv"),
        caller(RONTGEN).get("assignments?format=csv", Accept="application/json"),
        caller(RONTGEN).get("assignments", Accept="text/csv"),
    ):
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert f"assignments-{today()}.csv" in answer.headers["Content-Disposition"]
        rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
        (line,) = [each for each in rows if each["id"] == str(row.id)]
        assert (line["patient.id"], line["order_text"]) == (MATTI, "'=SUM(1;2)")
        assert line["missing"] == "acceptance images"
    failed = caller(RONTGEN).get("assignments?format=csv&sort=x")
    assert failed.status_code == 422 and failed.json()["errors"][0]["field"] == "sort"


def test_a_patient_is_searched_for_by_a_posted_code(caller: Any) -> None:
    row = made()
    made(VENLA)
    answer = caller(RONTGEN).post("assignments/search", {"patient": {"id": MATTI}})
    assert series(answer) == [str(row.series)]
    nobody = caller(RONTGEN).post("assignments/search", {"patient": {"id": "150470-911B"}})
    assert str(row.series) not in series(nobody)
    events = LedgerEvent.objects.filter(kind="authorisation.searched").order_by("at", "id")
    assert [(each.facts["list"], each.facts["found"]) for each in events] == [
        ("assignments", 1),
        ("assignments", 0),
    ]


def test_who_tries_codes_that_nobody_has_is_in_the_log(caller: Any) -> None:
    assert not Patient.objects.filter(identifier=UNKNOWN).exists()
    for path in ("authorisations/search", "assignments/search"):
        answer = caller(RONTGEN).post(path, {"patient": {"id": UNKNOWN}})
        assert answer.status_code == 200 and series(answer) == []
    events = LedgerEvent.objects.filter(kind="authorisation.searched").order_by("at", "id")
    assert [(each.facts["list"], each.facts["found"], each.patient_id) for each in events] == [
        ("authorisations", 0, None),
        ("assignments", 0, None),
    ]
    assert UNKNOWN not in str([each.facts for each in events])


def test_how_far_an_order_has_come(caller: Any) -> None:
    row = made()
    study = builders.study(
        ESIMERKKILA, patient=row.patient, authorisation=row, state="receiving", instance_count=0
    )

    def stands() -> tuple[str, list[str]]:
        told = caller(ESIMERKKILA).get(f"authorisations/{row.id}").json()
        return told["stage"], told["missing"]

    assert stands() == ("performed", ["acceptance"])
    study.state, study.waits_for = "waiting_for_documents", "study-entry"
    study.save()
    assert stands() == ("images", ["acceptance", "study-entry"])
    study.state, study.waits_for = "registered", ""
    study.save()
    assert stands() == ("documents", ["acceptance"])


# --- the repository -------------------------------------------------------------------------------


def test_the_repository_sends_forms_twice_and_corrects_none(repository: Caller) -> None:
    told = form(voucher_number="PS-1").to_json()
    answer = repository.post("authorisations/documents", told)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "document_oid": told["document_oid"],
        "version": 1,
        "state": "granted",
    }
    assert repository.post("authorisations/documents", told).status_code == 200
    other = repository.post("authorisations/documents", {**told, "order_text": "muuta"})
    assert (other.status_code, other.json()["code"]) == (409, "AUTH-VERSION")
    row = Authorisation.objects.get(document_oid=told["document_oid"])
    assert authorisation_forms.form_of(row).to_json() == {
        **told,
        "made_at": row.made_at.isoformat(),
    }


def test_what_is_refused_stands_on_the_desk_without_a_patient(repository: Caller) -> None:
    told = form(organiser=organisation(MALLILA).oid).to_json()
    answer = repository.post("authorisations/documents", told)
    assert (answer.status_code, answer.json()["code"]) == (403, "AUTH-CONTROLLER")
    event = CaseEvent.objects.select_related("case").get(case__reason="controller-differs")
    assert (event.case.edge, event.case.place) == ("api", "authorisation")
    assert event.facts["document_oid"] == told["document_oid"] and MATTI not in str(event.facts)
    bad = {**told, "patient": {"id": "010181-9000"}, "valid_from": "soon"}
    answer = repository.post("authorisations/documents", bad)
    assert {each["field"] for each in answer.json()["errors"]} == {"patient.id", "valid_from"}
    event = CaseEvent.objects.get(case__reason="authorisation-invalid")
    assert event.facts["field"] == "patient, valid_from"
    assert "010181" not in str(event.facts) + event.detail
    assert not Authorisation.objects.filter(document_oid=told["document_oid"]).exists()


def test_a_customer_sends_no_forms(caller: Any) -> None:
    assert caller(ESIMERKKILA).post("authorisations/documents", form().to_json()).status_code == 403


def test_times_in_the_future_are_refused(repository: Caller) -> None:
    told = form(made_at=now() + timedelta(hours=1)).to_json()
    answer = repository.post("authorisations/documents", told)
    assert answer.json()["errors"] == [{"field": "made_at", "detail": "in-future"}]


def test_the_schema_describes_them(client: Client) -> None:
    text = client.get("/api/schema/").content.decode()
    for path in ("/api/authorisations/documents", "/api/assignments", "/api/assignments/search"):
        assert f"{path}:" in text
    assert "voucher_expires_on" in text and "changed_since" in text
