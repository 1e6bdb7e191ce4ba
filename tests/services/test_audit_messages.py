"""Every kind of event becomes an audit message that PS3.15 A.5.1 allows (LG-4)."""

import base64
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from archive import ledger
from archive.actors import SYSTEM, Actor, ActorKind
from archive.ledger import About, Kind
from archive.models import LedgerEvent, Study
from archive.objects import audit
from archive.rules.disclosure import What
from archive.services import audit_messages
from archive.values import uuid7
from tests import builders, logs
from tests.cast import MATTI

pytestmark = pytest.mark.django_db

SCHEMA = Path(__file__).resolve().parent.parent / "objects/audit-message.rng"
OFFICER = Actor(ActorKind.STAFF, "Tuki Tiina", uuid7(), roles=frozenset({"support"}))


def valid(message: audit.Message) -> etree._Element:
    """The message, read back and found to follow the schema."""
    content = audit.encode(message)
    root = etree.fromstring(content)
    schema = etree.RelaxNG(etree.parse(SCHEMA))
    schema.assertValid(root)
    assert b"\n" not in content and MATTI.encode() not in content
    requestors = root.findall("ActiveParticipant[@UserIsRequestor='true']")
    assert len(requestors) == 1
    return root


def of(event_id: Any) -> etree._Element:
    (message,) = audit_messages.compose([LedgerEvent.objects.get(id=event_id)])
    return valid(message)


def event(root: etree._Element) -> tuple[str, str, str]:
    """Event id, type, action."""
    told = root.find("EventIdentification")
    kind = told.find("EventTypeCode")
    return (
        told.find("EventID").get("csd-code"),
        kind.get("csd-code") if kind is not None else "",
        told.get("EventActionCode"),
    )


def subjects(root: etree._Element) -> list[tuple[str, str, str]]:
    """Id, role and type of id of each participant object."""
    return [
        (
            each.get("ParticipantObjectID"),
            each.get("ParticipantObjectTypeCodeRole"),
            each.find("ParticipantObjectIDTypeCode").get("csd-code"),
        )
        for each in root.findall("ParticipantObjectIdentification")
    ]


@pytest.fixture
def study() -> Study:
    return builders.study()


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.word)
@pytest.mark.parametrize("actor", [SYSTEM, OFFICER], ids=["system", "officer"])
def test_every_kind_has_its_message(study: Study, kind: Kind, actor: Actor) -> None:
    assert kind in audit_messages.TABLE
    about = About(environment="production", study_id=study.id, patient_id=study.patient_id)
    facts = {name: "x" for name in kind.demanded}
    of(ledger.record(kind, about, facts, actor=actor))


def test_a_kind_nobody_knows_is_still_told() -> None:
    event_id = ledger.record(Kind.CASE_RETRIED, About(), {"events": 1}, actor=OFFICER)
    row = LedgerEvent.objects.get(id=event_id)
    row.kind = "from.another.version"
    (message,) = audit_messages.compose([row])
    assert event(valid(message))[0] == "110113"


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (What.IMAGES, ("110102", "", "E")),
        (What.DOCUMENT, ("110106", "", "R")),
        (What.MANIFEST, ("110106", "", "R")),
        (What.METADATA, ("110112", "", "E")),
    ],
)
def test_what_was_given_decides_the_event(
    study: Study, what: What, expected: tuple[str, str, str]
) -> None:
    root = of(logs.give(study, what=what))
    assert event(root) == expected


def test_a_disclosure_names_the_professional_the_system_and_the_archive(study: Study) -> None:
    root = of(logs.give(study, document_ids=("1.2.3",)))
    took = [
        (each.get("UserID"), each.get("UserIsRequestor"), each.find("RoleIDCode"))
        for each in root.findall("ActiveParticipant")
    ]
    assert [(who, asks) for who, asks, _ in took] == [
        ("12345678901", "true"),
        (str(logs.system_of().id), "false"),
        ("1.2.246.10.2462460", "false"),
    ]
    assert took[1][2].get("csd-code") == "110152"  # receives
    assert took[2][2].get("csd-code") == "110153"
    assert subjects(root) == [
        (study.study_instance_uid, "3", "110180"),
        (study.patient_id.urn, "1", "2"),
        ("1.2.3", "3", "9"),
    ]
    details = {
        each.get("type"): base64.b64decode(each.get("value")).decode()
        for each in root.iter("ParticipantObjectDetail")
    }
    assert details["ground"] == "permission" and details["interface"] == "DICOMweb"


def test_looking_at_the_log_is_audit_log_used() -> None:
    event_id = ledger.record(
        Kind.LOG_SEARCHED, About(), {"log": "disclosures", "filters": {}}, actor=OFFICER
    )
    root = of(event_id)
    assert event(root) == ("110101", "", "R")
    assert subjects(root) == [("urn:imaging-data-repository:log:disclosures", "13", "12")]


def test_what_xml_cannot_carry_is_replaced(study: Study) -> None:
    event_id = ledger.record(
        Kind.STUDY_VIEWED,
        About(study_id=study.id),
        {"reason": "bell \x07 <&>"},
        actor=Actor(ActorKind.STAFF, 'O\x01fficer "<&>'),
    )
    root = of(event_id)
    assert root.find("ActiveParticipant").get("UserName") == 'O?fficer "<&>'
