"""What a citizen sees and says over the API: never images, nobody's name, at once (AC-6)."""

import base64
import json
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from archive.models import Authorisation, Case, Document, LedgerEvent, Organisation, Register
from archive.queries import keyset, standing
from archive.simulation.consumer import FIND_DOCUMENTS
from archive.values import now, uuid7
from tests import builders, cast, wishes
from tests.cast import ESIMERKKILA, MALLILA, MATTI, RONTGEN, VENLA
from tests.edges.xds.messages import QUERY, envelope, find, query
from tests.portal.api.citizens import CitizenService, take_into_use
from tests.worlds import KINDS, World

pytestmark = pytest.mark.django_db
PROVIDER = "1.2.246.10.90000003.10.0"  # Esimerkkilä
OLD = "2020-01-01T00:00:00Z"


@pytest.fixture
def service() -> CitizenService:
    made = CitizenService()
    take_into_use(made.key)
    return made


def kinds(answer: Any) -> list[str]:
    return sorted(each["kind"] for each in answer.json()["results"])


# --- documents ------------------------------------------------------------------------------------


def test_a_citizen_sees_documents_of_every_controller_but_no_images(
    service: CitizenService,
) -> None:
    world = World()
    answer = service.get("documents", person=MATTI)
    found = answer.json()["results"]
    seen = Document.objects.filter(id__in=[each["id"] for each in found])
    assert answer.status_code == 200
    assert {row.kind for row in seen} == {"request", "study-entry", "report"}
    assert {row.register.organisation.business_id for row in seen} == {
        ESIMERKKILA,
        MALLILA,
        RONTGEN,
    }
    # Nothing that stands in the answer is of a study, a manifest or its bytes.
    told = json.dumps(found)
    for study in world.studies:
        assert study.study_instance_uid not in told and str(study.id) not in told
    for row in Document.objects.filter(kind__in=("manifest", "other")):
        assert row.unique_id not in told and str(row.id) not in told


def test_pages_hold_each_document_once(
    service: CitizenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    World()
    seen: list[str] = []
    path = "documents"
    monkeypatch.setattr(keyset, "page", partial(keyset.page, size=4))
    while path:
        body = service.get(path, person=MATTI).json()
        seen += [each["id"] for each in body["results"]]
        path = (body["next"] or "").removeprefix("http://testserver/api/citizen/")
    rows = Document.objects.filter(
        environment="production", kind__in=("request", "study-entry", "report")
    )
    mine = [row for row in rows if standing.person_id(row.patient) == builders.patient(MATTI).id]
    assert len(seen) == len(set(seen)) == len(mine)


@pytest.mark.parametrize("kind", KINDS)
def test_one_document_is_there_or_not_by_its_kind_and_person(
    service: CitizenService, kind: str
) -> None:
    World()
    own = Document.objects.filter(
        environment="production", kind=kind, patient=builders.patient(MATTI)
    ).first()
    assert own is not None
    answer = service.get(f"documents/{own.id}", person=MATTI)
    absent = service.get(f"documents/{uuid7()}", person=MATTI)
    others = service.get(f"documents/{own.id}", person=VENLA)
    assert absent.status_code == others.status_code == 404
    if kind in ("request", "study-entry", "report"):
        assert answer.status_code == 200 and answer.json()["unique_id"] == own.unique_id
    else:
        assert without_trace(answer) == without_trace(absent)
    assert without_trace(others) == without_trace(absent)


def without_trace(answer: Any) -> dict[str, Any]:
    return {k: v for k, v in answer.json().items() if k != "correlation_id"}


def test_acting_for_another_is_written_with_its_ground(service: CitizenService) -> None:
    World()
    answer = service.get("documents", person=VENLA, acting_for=MATTI, acting_ground="mandate")
    assert answer.json()["results"]
    (event,) = wishes.ledger("citizen.read")
    assert event.facts["acting"] == "mandate" and event.facts["found"] == len(
        answer.json()["results"]
    )
    assert event.patient_id == builders.patient(MATTI).id
    assert event.actor_id == builders.patient(VENLA).id


def test_a_replaced_document_is_not_shown(service: CitizenService) -> None:
    cast.document("report", patient=MATTI)
    Document.objects.update(status="deprecated")
    assert service.get("documents", person=MATTI).json()["results"] == []


def test_study_codes_are_named_and_modalities_are_not(service: CitizenService) -> None:
    row = cast.document("request", patient=MATTI)
    codes = [
        {"value": "AA1AD", "scheme": "1.2.246.537.6.4", "display": "x"},
        {"value": "CT", "scheme": "1.2.840.10008.2.16.4", "display": "CT"},
    ]
    Document.objects.filter(id=row.id).update(metadata={**row.metadata, "event_codes": codes})
    (told,) = service.get("documents", person=MATTI).json()["results"]
    assert [each["code"] for each in told["examinations"]] == ["AA1AD"]
    assert told["controller"]["oid"] == row.register.controller_oid


@pytest.mark.parametrize("path", ["documents", "disclosures"])
def test_a_cursor_that_is_none_is_refused(service: CitizenService, path: str) -> None:
    builders.patient(MATTI)
    answer = service.get(f"{path}?after=nonsense", person=MATTI)
    assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == "after"


# --- wishes ---------------------------------------------------------------------------------------


def test_a_citizen_is_informed_permits_and_prohibits(service: CitizenService) -> None:
    assert service.post("permission", {"given": True}).status_code == 409
    assert service.post("informing", {"text_version": "2023"}).status_code == 201
    assert service.post("permission", {"given": True}).status_code == 201
    made = service.post(
        "prohibitions",
        {"scope": "provider", "provider": PROVIDER, "emergency_exception": True},
    )
    assert made.status_code == 201
    assert service.post("wills", {"subject": "organ_donation", "given": True}).status_code == 201
    state = service.get("wishes").json()
    assert state["informed"]["text_version"] == "2023" and state["permitted"] is True
    (ban,) = state["prohibitions"]
    assert (ban["provider"], ban["emergency_exception"]) == (PROVIDER, True)
    assert [line["kind"] for line in state["history"]] == [
        *("will", "prohibition", "permission", "informing")
    ]
    ended = service.post(f"prohibitions/{ban['id']}/end")
    assert ended.status_code == 201
    after = service.get("wishes").json()
    assert after["prohibitions"] == [] and after["history"][0]["ends"] == ban["id"]
    again = service.post(f"prohibitions/{ban['id']}/end")
    assert (again.status_code, again.json()["code"]) == (409, "WISH-ENDED")


def test_nobody_is_named_in_what_a_citizen_reads(service: CitizenService) -> None:
    service.post("informing", {"text_version": "2023"})
    wishes.wishes.permit(wishes.ARCHIVIST, wishes.whose(), wishes.corrected(), given=True)
    told = service.get("wishes").content.decode()
    assert "correction" in told and "Aila" not in told and "recorded on paper" not in told


def test_who_acts_for_another_speaks_for_the_other(service: CitizenService) -> None:
    service.post("informing", {"text_version": "2023"}, acting_for=VENLA, acting_ground="mandate")
    row = wishes.the_one(wishes.Informing, VENLA)
    assert (row.patient.identifier, row.acting_ground) == (VENLA, "mandate")
    assert service.get("wishes").json()["informed"] is None


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("informing", {}, 422, "text_version"),
        ("permission", {"given": "perhaps"}, 422, "given"),
        ("permission", {"given": True, "effective_at": OLD}, 422, "effective_at"),
        ("prohibitions", {}, 422, "scope"),
        ("prohibitions", {"scope": "all"}, 422, "scope"),
        ("prohibitions", {"scope": "provider"}, 422, "provider"),
        ("prohibitions", {"scope": "service_event", "service_event": "x"}, 422, "service_event"),
        ("prohibitions", {"scope": "everything", "effective_until": OLD}, 422, "effective_until"),
        (f"prohibitions/{UUID(int=7)}/end", {}, 404, None),
        ("wills", {"subject": "organ_donation"}, 422, "given"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused(
    service: CitizenService, path: str, body: Any, status: int, field: str | None
) -> None:
    before = wishes.counts()
    answer = service.post(path, body)
    assert answer.status_code == status
    named = [each["field"] for each in answer.json().get("errors", [])]
    assert named == ([field] if field else [])
    assert wishes.counts() == before
    # The service's own mistakes are on the desk; what a citizen runs into is not.
    assert Case.objects.filter(edge="api", place="citizen").exists() == (status == 422)


# --- disclosures ----------------------------------------------------------------------------------


def disclose(patient: Any, kind: str = "disclosure.given", **facts: Any) -> None:
    """As the disclosure log writes it."""
    receiver = cast.organisation(MALLILA)
    register = Register.objects.get(organisation__business_id=ESIMERKKILA, is_default=True)
    LedgerEvent.objects.create(
        at=now(),
        id=uuid7(),
        kind=kind,
        environment=patient.environment,
        actor_kind="connection",
        actor_name="malli",
        organisation_id=receiver.id,
        patient_id=patient.id,
        facts={
            "receiver_name": receiver.name_fi,
            "receiver_oid": receiver.oid,
            "unit": "",
            "user": "1234567",
            "user_name": "Liisa Lääkäri",
            "controller": register.controller_oid,
            "ground": "permission",
            "what": "images",
            "study_uid": "1.2.3.4",
            "documents": ["1.2.3.5"],
            "service_event": wishes.EVENT,
            **facts,
        },
    )


def test_disclosures_name_organisations_and_grounds_and_nobody(service: CitizenService) -> None:
    person = builders.patient(MATTI)
    retired = builders.patient(VENLA, survivor=person)
    disclose(person)
    disclose(retired, kind="disclosure.notified", ground="emergency")
    disclose(person, kind="data.used")
    disclose(builders.patient("150470-911B"))
    answer = service.get("disclosures", person=MATTI)
    newest, oldest = answer.json()["results"]
    assert newest["is_notified"] and newest["ground"] == "emergency"
    assert oldest["receiver"] == "Mallilan hyvinvointialue"
    assert oldest["controller"] == "Esimerkkilän hyvinvointialue"
    assert datetime.fromisoformat(oldest["at"]) <= now()
    told = answer.content.decode()
    for hidden in ("Lääkäri", "1234567", "images", "1.2.3.4", "1.2.3.5"):
        assert hidden not in told


# --- at once, for others alone --------------------------------------------------------------------


def found_by(http: Client, peer: dict[str, str], person: str) -> bool:
    """Whether this peer's ITI-18 finds documents of the person."""
    pair = base64.b64encode(f"{peer['user']}:{peer['password']}".encode()).decode()
    answer = http.post(
        "/xds/registry",
        envelope(query(FIND_DOCUMENTS, find(person)), action=QUERY),
        content_type="application/soap+xml; charset=UTF-8",
        headers={"Authorization": f"Basic {pair}"},
    )
    assert answer.status_code == 200
    return b"ExtrinsicObject" in answer.content


def test_a_prohibition_hides_from_a_third_party_at_once_and_from_nobody_else(
    service: CitizenService, client: Client, demo: dict[str, Any]
) -> None:
    cast.document("report", patient=MATTI, business_id=ESIMERKKILA)
    own, third, producer = (each["xds"] for each in demo["customers"])
    organiser = Register.objects.get(organisation__business_id=ESIMERKKILA, is_default=True)
    authorise(organiser, cast.organisation(RONTGEN))
    assert found_by(client, own, MATTI) and found_by(client, producer, MATTI)
    assert not found_by(client, third, MATTI)
    service.post("informing", {"text_version": "2023"}, person=MATTI)
    service.post("permission", {"given": True}, person=MATTI)
    assert found_by(client, third, MATTI)
    service.post("prohibitions", {"scope": "provider", "provider": PROVIDER}, person=MATTI)
    assert not found_by(client, third, MATTI)
    assert found_by(client, own, MATTI) and found_by(client, producer, MATTI)


def authorise(register: Register, producer: Organisation) -> None:
    Authorisation.objects.create(
        environment="production",
        series=uuid7(),
        document_oid="1.2.3",
        level="population",
        state="granted",
        organiser=register.organisation,
        register=register,
        producer=producer,
        valid_from=now().date(),
        made_by="test",
        made_at=now(),
        granted_at=now(),
    )


def test_the_schema_describes_the_citizen_api(client: Client) -> None:
    schema = client.get("/api/schema/", headers={"Accept": "application/json"}).json()
    paths = {path for path in schema["paths"] if path.startswith("/api/citizen/")}
    assert len(paths) == 9
    for path in paths:
        for operation in schema["paths"][path].values():
            assert operation["tags"] == ["citizen"]
            assert operation["security"] == [{"citizen-service": []}]
