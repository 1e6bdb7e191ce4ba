"""What is given is written first: once a study and controller, in the log it belongs to (LG-1)."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError

from archive.actors import SYSTEM, Actor, ActorKind, Purpose
from archive.models import LedgerEvent, Study
from archive.rules.disclosure import What
from archive.services import disclosure
from archive.values import uuid7
from tests import builders, logs
from tests.cast import MALLILA, VENLA

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return builders.study()


def given(actor: Actor, *items: disclosure.Given, **also: Any) -> list[LedgerEvent]:
    values = {"environment": "production", "interface": "XDS", "message_id": "urn:uuid:1", **also}
    ids = disclosure.given(actor, items, **values)
    return [LedgerEvent.objects.get(id=each) for each in ids]


def test_an_entry_says_who_got_what_of_whom_and_on_what_ground(study: Study) -> None:
    correlation = uuid7()
    item = logs.item(
        study, what=What.DOCUMENT, document_ids=("1.2.3", "1.2.4"), service_event="1.2.246.10.5"
    )
    (entry,) = given(logs.system_of(MALLILA), item, correlation_id=correlation)
    assert (entry.kind, entry.environment) == ("disclosure.given", "production")
    assert entry.organisation_id == logs.organisation_id(MALLILA)
    assert (entry.study_id, entry.patient_id) == (study.id, study.patient_id)
    assert (entry.actor_name, entry.correlation_id) == ("MALLI_PACS", correlation)
    assert entry.facts == {
        "receiver_oid": "1.2.246.10.90000011.10.0",
        "receiver_name": "Mallilan hyvinvointialue",
        "unit": "1.2.246.10.90000011.10.7",
        "user": "12345678901",
        "user_name": "Lääkäri Liisa",
        "user_role": "001",
        "purpose": "treatment",
        "on_behalf_of": "",
        "controller": "1.2.246.10.90000003.19.0",
        "register_type": "2",
        "register_specifier": "",
        "ground": "permission",
        "rules": ["informed", "permitted", "not-prohibited"],
        "emergency": False,
        "what": "document",
        "study_uid": study.study_instance_uid,
        "documents": ["1.2.3", "1.2.4"],
        "service_event": "1.2.246.10.5",
        "authorisation": "",
        "interface": "XDS",
        "message_id": "urn:uuid:1",
        "care_relation": "",
    }


@pytest.mark.parametrize(
    ("ground", "kind"),
    [
        ("own-register", "data.used"),
        ("authorisation", "data.used"),
        ("permission", "disclosure.given"),
        ("emergency", "disclosure.given"),
        ("uusimaa-2026", "disclosure.given"),
        ("", "disclosure.given"),
    ],
)
def test_only_release_to_another_controller_is_a_disclosure(
    study: Study, ground: str, kind: str
) -> None:
    (entry,) = given(logs.system_of(), logs.item(study, ground=ground))
    assert entry.kind == kind


@pytest.mark.parametrize("kind", [ActorKind.STAFF, ActorKind.CITIZEN, ActorKind.SYSTEM])
def test_what_no_other_controller_receives_is_use(study: Study, kind: ActorKind) -> None:
    (entry,) = given(replace(SYSTEM, kind=kind), logs.item(study, ground="operators-duty"))
    assert (entry.kind, entry.facts["receiver_name"]) == ("data.used", "")


def test_use_under_an_authorisation_carries_its_id(study: Study) -> None:
    authorisation = uuid7()
    item = logs.item(study, ground="authorisation", authorisation_id=authorisation)
    (entry,) = given(logs.system_of(), item)
    assert (entry.subject_id, entry.facts["authorisation"]) == (authorisation, str(authorisation))


def test_emergency_is_marked_also_when_the_ground_is_another(study: Study) -> None:
    hurried = replace(logs.DOCTOR, purpose=Purpose.EMERGENCY.value)
    (entry,) = given(logs.system_of(requester=hurried), logs.item(study))
    assert (entry.facts["ground"], entry.facts["emergency"]) == ("permission", True)


def test_a_system_that_vouches_for_its_own_names_no_professional(study: Study) -> None:
    (entry,) = given(logs.system_of(requester=None), logs.item(study))
    facts = entry.facts
    assert (facts["user"], facts["unit"], facts["purpose"], facts["emergency"]) == (
        "",
        "",
        "",
        False,
    )


def test_documents_of_one_study_and_decision_are_one_entry(study: Study) -> None:
    other = builders.study(MALLILA, code=VENLA)
    entries = given(
        logs.system_of(),
        logs.item(study, document_ids=("1.1",)),
        logs.item(study, document_ids=("1.2", "1.1")),
        logs.item(other),
        logs.item(study, study_id=None, document_ids=("1.3",)),
        logs.item(study, ground="own-register"),
    )
    assert [entry.facts["documents"] for entry in entries] == [["1.1", "1.2"], [], ["1.3"], []]
    assert entries[1].facts["controller"] == other.register.controller_oid


def test_what_cannot_be_written_is_not_given(study: Study) -> None:
    """The second entry holds what PostgreSQL's jsonb does not take: the first goes with it."""
    before = LedgerEvent.objects.count()
    with pytest.raises(DatabaseError):
        given(
            logs.system_of(), logs.item(study), logs.item(study, document_ids=("\0",), ground="x")
        )
    assert LedgerEvent.objects.count() == before


def test_nothing_given_is_nothing_written() -> None:
    before = LedgerEvent.objects.count()
    assert given(logs.system_of()) == []
    assert LedgerEvent.objects.count() == before
