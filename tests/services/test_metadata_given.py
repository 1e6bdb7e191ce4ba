"""What a query gives of another's register is in the disclosure log before it is given (LG-1)."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from archive.actors import NOBODY, Actor, ActorKind, Requester
from archive.models import (
    Authorisation,
    DisclosurePermission,
    Document,
    Informing,
    LedgerEvent,
    Prohibition,
    Register,
)
from archive.objects.queries import StoredQuery
from archive.objects.registry import APPROVED
from archive.services import discovery
from archive.values import now, today, uid_from_uuid, uuid7
from tests import builders, cast
from tests.cast import ESIMERKKILA, MALLILA, MATTI, RONTGEN

pytestmark = pytest.mark.usefixtures("db")

FIND = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d"


def consumer(business_id: str, requester: Requester | None = None) -> Actor:
    return Actor(
        ActorKind.CONNECTION,
        "consumer",
        uuid7(),
        cast.organisation(business_id).id,
        environment="production",
        requester=requester,
    )


def find(actor: Actor, return_type: str = "LeafClass") -> list[str]:
    """Entry UUIDs of what the actor is given of Matti's."""
    query = StoredQuery(
        FIND,
        return_type,
        {
            "$XDSDocumentEntryPatientId": ((f"{MATTI}^^^&1.2.246.21&ISO",),),
            "$XDSDocumentEntryStatus": ((APPROVED,),),
        },
    )
    where: dict[str, Any] = {"environment": "production", "message_id": "urn:uuid:m-1"}
    if return_type == "ObjectRef":
        return discovery.references(actor, query, **where)
    return [entry.uuid for entry in discovery.leaves(actor, query, **where).entries]


def permitted() -> None:
    said = {
        "patient": builders.patient(MATTI),
        "effective_at": now(),
        "recorded_at": now(),
        "source": "citizen",
        "recorded_by": "test",
    }
    Informing.objects.create(**said)
    DisclosurePermission.objects.create(**said, given=True)


def entries(kind: str) -> list[dict[str, Any]]:
    return [row.facts for row in LedgerEvent.objects.filter(kind=kind).order_by("at", "id")]


@pytest.fixture
def document() -> Document:
    return cast.document("study-entry")


def test_the_own_register_is_no_disclosure(document: Document) -> None:
    assert find(consumer(ESIMERKKILA)) == [document.entry_uuid]
    assert entries("disclosure.given") == entries("data.used") == []


@pytest.mark.parametrize("return_type", ["LeafClass", "ObjectRef"])
def test_anothers_by_permission_is_in_the_disclosure_log(
    document: Document, return_type: str
) -> None:
    assert find(consumer(MALLILA), return_type) == []
    assert entries("disclosure.given") == []
    permitted()
    assert find(consumer(MALLILA), return_type) == [document.entry_uuid]
    (told,) = entries("disclosure.given")
    assert (told["ground"], told["what"], told["message_id"]) == (
        "permission",
        "metadata",
        "urn:uuid:m-1",
    )
    assert told["controller"] == document.register.controller_oid
    assert told["receiver_oid"] == cast.organisation(MALLILA).oid
    assert MATTI not in str(told)


def test_a_producers_look_is_use_under_its_authorisation(document: Document) -> None:
    made = Authorisation.objects.create(
        environment="production",
        series=uuid7(),
        document_oid=uid_from_uuid(),
        level="patient",
        state="granted",
        organiser=cast.organisation(ESIMERKKILA),
        register=Register.objects.get(organisation__business_id=ESIMERKKILA, is_default=True),
        producer=cast.organisation(RONTGEN),
        patient=document.patient,
        valid_from=today(),
        made_by="test",
        made_at=now(),
        granted_at=now(),
    )
    assert find(consumer(RONTGEN)) == [document.entry_uuid]
    (told,) = entries("data.used")
    assert told["authorisation"] == str(made.id)
    assert entries("disclosure.given") == []


def test_emergency_use_is_marked_and_a_firm_prohibition_stops_it(document: Document) -> None:
    hurried = consumer(MALLILA, Requester("professional-1", purpose="emergency"))
    assert find(hurried) == [document.entry_uuid]
    (told,) = entries("disclosure.given")
    assert (told["ground"], told["user"]) == ("emergency", "professional-1")
    assert told["emergency"]
    Prohibition.objects.create(
        patient=document.patient,
        effective_at=now(),
        recorded_at=now(),
        source="citizen",
        recorded_by="test",
        scope="everything",
    )
    assert find(hurried) == []
    assert len(entries("disclosure.given")) == 1


def queried() -> tuple[dict[str, Any], Any]:
    """What the newest query's own entry says, and of whom."""
    row = LedgerEvent.objects.filter(kind="documents.queried").order_by("at", "id").last()
    assert row is not None
    return row.facts, row.patient_id


def test_a_query_names_the_professional_also_where_nothing_is_disclosed(document: Document) -> None:
    """Of the own register there is no other entry, and of what is prohibited none at all."""
    who = Requester(
        "professional-1",
        "Lääkäri Testi",
        "102",
        "1.2.3",
        patient_id=document.patient_id,
        care_relation="5",
    )
    told = {
        "user": "professional-1",
        "user_name": "Lääkäri Testi",
        "user_role": "102",
        "unit": "1.2.3",
        "purpose": "treatment",
        "care_relation": "5",
        "on_behalf_of": "",
    }
    for business_id, found in ((ESIMERKKILA, 1), (MALLILA, 0)):
        for return_type in ("LeafClass", "ObjectRef"):
            assert len(find(consumer(business_id, who), return_type)) == found
            facts, person = queried()
            assert facts == {
                "query": "find_documents",
                "found": found,
                "message": "urn:uuid:m-1",
                **told,
            }
            assert person == document.patient_id
    assert entries("disclosure.given") == []


def test_a_query_about_nobody_known_names_nobody(document: Document) -> None:
    find(consumer(MALLILA, Requester("professional-1", patient_id=NOBODY)))
    assert queried()[1] is None
    find(consumer(MALLILA))
    assert queried() == ({"query": "find_documents", "found": 0, "message": "urn:uuid:m-1"}, None)


def test_nothing_is_given_when_it_cannot_be_written(document: Document) -> None:
    permitted()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        find(consumer(MALLILA))
    assert entries("disclosure.given") == []
