"""Who is established by an assertion, and which assertions are refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from lxml import etree

from archive.actors import SYSTEM, Actor, ActorKind, Purpose
from archive.config import settings
from archive.errors import (
    ArchiveError,
    AssertionElsewhere,
    AssertionExpired,
    AssertionMissing,
    AssertionUnreadable,
    CertificateInvalid,
    IssuerUntrusted,
    MessageRepeated,
    OrganisationDiffers,
    PatientNotAsserted,
    Refused,
    SignatureInvalid,
)
from archive.models import (
    Connection,
    Environment,
    LedgerEvent,
    Patient,
    SpentMessage,
    TrustedIssuer,
)
from archive.objects.registry import PatientId
from archive.services import assertions, trust
from archive.services.assertions import NOBODY, Established, Presented
from archive.simulation import assertions as provider
from archive.values import HETU_ROOT, now, today
from tests.edges.xds import signing
from tests.services import xds_cast
from tests.services.xds_cast import Cast

pytestmark = pytest.mark.django_db

ADDRESS = "http://testserver/xds/registry"


@pytest.fixture
def cast() -> Cast:
    made = xds_cast.assemble()
    signing.trusted()
    return made


def establish(cast: Cast, message_id: str = "urn:uuid:1", **changes: Any) -> Established:
    token = signing.token(cast.oulu.organisation, **changes)
    return assertions.establish(cast.oulu.consumer.actor, Presented(token, message_id, ADDRESS))


def refused(cast: Cast, token: bytes | None, **changes: Any) -> ArchiveError:
    with pytest.raises(ArchiveError) as caught:
        assertions.establish(
            cast.oulu.consumer.actor,
            Presented(token, changes.pop("message_id", "m"), ADDRESS, **changes),
        )
    assert "010181" not in f"{caught.value.detail} {caught.value.facts}"
    return caught.value


# --- established ----------------------------------------------------------------------------------


def test_the_requester_is_what_the_assertion_says(cast: Cast) -> None:
    patient = xds_cast.patient(cast)
    more = {
        "unit_oid": "urn:oid:1.2.246.10.88888029.10.100012",
        "service_event": "1.2.246.10.88888029.14001.2026.1",
        "on_behalf_of": "1.2.246.10.88888039.19.0",
        "register_type": "4",
        "register_specifier": "0245929-6",
    }
    found = establish(cast, more=more, id="_a1").actor
    requester = found.requester
    assert requester is not None
    assert (found.kind, found.id) == (ActorKind.CONNECTION, cast.oulu.consumer.actor.id)
    assert (requester.user_id, requester.user_name) == ("012345678", "Lääkäri Testi")
    assert (requester.role, requester.purpose) == ("102", Purpose.TREATMENT)
    assert requester.unit_oid == "1.2.246.10.88888029.10.100012"
    assert requester.care_relation == "1.2.246.10.88888029.14001.2026.1"
    assert requester.on_behalf_of == "1.2.246.10.88888039.19.0"
    assert (requester.register_type, requester.register_specifier) == ("4", "0245929-6")
    assert (requester.patient_id, requester.assertion_id) == (patient.id, "_a1")


@pytest.mark.parametrize(
    ("code", "purpose"),
    [
        ("TREATMENT", Purpose.TREATMENT),
        ("TREAT", Purpose.TREATMENT),
        ("EMERGENCY", Purpose.EMERGENCY),
        ("ETREAT", Purpose.EMERGENCY),
        ("emergency", Purpose.EMERGENCY),
        ("RESEARCH", "RESEARCH"),
    ],
)
def test_the_purpose_is_told_apart_by_its_code(cast: Cast, code: str, purpose: str) -> None:
    requester = establish(cast, purpose=code).actor.requester
    assert requester is not None and requester.purpose == purpose


def test_a_patient_merged_away_is_the_survivor(cast: Cast) -> None:
    survivor = xds_cast.patient(cast, "010594Y9032")
    xds_cast.patient(cast)
    Patient.objects.filter(identifier=signing.MATTI).update(survivor=survivor)
    requester = establish(cast).actor.requester
    assert requester is not None and requester.patient_id == survivor.id


def test_a_patient_unknown_here_is_nobody_and_is_not_made(cast: Cast) -> None:
    requester = establish(cast).actor.requester
    assert requester is not None and requester.patient_id == NOBODY == UUID(int=0)
    assert not Patient.objects.filter(identifier=signing.MATTI, environment="production").exists()


def test_an_assertion_serves_for_many_messages(cast: Cast) -> None:
    token = signing.token(cast.oulu.organisation)
    for number in range(3):
        presented = Presented(token, f"urn:uuid:{number}", ADDRESS)
        assert assertions.establish(cast.oulu.consumer.actor, presented).actor.requester


def test_without_an_assertion_the_organisation_vouches_unless_one_is_required(cast: Cast) -> None:
    actor, none = cast.oulu.consumer.actor, Presented(None, "m", ADDRESS)
    assert assertions.establish(actor, none) == Established(actor)
    Connection.objects.filter(id=actor.id).update(xua_required=True)
    assert isinstance(refused(cast, None), AssertionMissing)


def test_the_very_address_is_an_audience_too(cast: Cast) -> None:
    assert establish(cast, audience=ADDRESS).actor.requester


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"begins": now() - timedelta(hours=1)}, AssertionExpired),
        ({"begins": now() + timedelta(hours=1)}, AssertionExpired),
        ({"lasts": timedelta(days=1)}, AssertionExpired),
        ({"audience": "urn:oid:1.2.3"}, AssertionElsewhere),
        ({"audience": ""}, AssertionElsewhere),
        ({"organisation_oid": "1.2.246.10.88888039.10.0"}, OrganisationDiffers),
        ({"organisation_oid": "Oulu"}, AssertionUnreadable),
        ({"user_id": ""}, AssertionUnreadable),
        ({"user_id": "x" * 300}, AssertionUnreadable),
        ({"role": ""}, AssertionUnreadable),
        ({"purpose": ""}, AssertionUnreadable),
        ({"patient": ""}, AssertionUnreadable),
        ({"patient": "010181-900D"}, AssertionUnreadable),
        ({"patient_root": "1.2.3"}, AssertionUnreadable),
        ({"more": {"register_type": "9"}}, AssertionUnreadable),
        ({"more": {"on_behalf_of": "Turku"}}, AssertionUnreadable),
    ],
)
def test_an_assertion_that_does_not_serve_is_refused(
    cast: Cast, changes: dict[str, Any], error: type[ArchiveError]
) -> None:
    assert type(refused(cast, signing.token(cast.oulu.organisation, **changes))) is error
    assert not SpentMessage.objects.exists()


def test_clocks_may_differ_by_the_skew(cast: Cast) -> None:
    skew = timedelta(seconds=settings().xua_skew_seconds)
    begins = now() - timedelta(minutes=5) - skew / 2
    assert establish(cast, begins=begins).actor.requester
    assert establish(cast, "2", begins=now() + skew / 2).actor.requester


def test_an_issuer_is_believed_in_its_environment_and_time_only(cast: Cast) -> None:
    token = signing.token(cast.oulu.organisation)
    row = TrustedIssuer.objects.get(entity_id=signing.issuer().entity_id)
    for changes in (
        {"environment": "test"},
        {"valid_from": today() + timedelta(days=1)},
        {"valid_until": today() - timedelta(days=1)},
        {"entity_id": "urn:example:other"},
    ):
        TrustedIssuer.objects.filter(id=row.id).update(**changes)
        assert isinstance(refused(cast, token), IssuerUntrusted)
        row.save()
    assert isinstance(establish(cast), Established)


def test_a_signature_by_another_key_does_not_hold(cast: Cast) -> None:
    stranger = signing.issuer("urn:example:stranger")
    said = signing.said(cast.oulu.organisation)
    element = provider.signed(provider.Issuer(signing.issuer().entity_id, stranger.key_file), said)
    assert isinstance(refused(cast, etree.tostring(element)), SignatureInvalid)


def test_an_issuer_may_change_its_key(cast: Cast) -> None:
    fresh = provider.Issuer(
        signing.issuer().entity_id, signing.issuer("urn:example:fresh").key_file
    )
    signing.trusted(of=fresh)
    for number, each in enumerate((signing.issuer(), fresh)):
        token = etree.tostring(provider.signed(each, signing.said(cast.oulu.organisation)))
        presented = Presented(token, f"{number}", ADDRESS)
        assert assertions.establish(cast.oulu.consumer.actor, presented).actor.requester


def test_a_message_counts_once(cast: Cast) -> None:
    token = signing.token(cast.oulu.organisation)
    presented = Presented(token, "urn:uuid:1", ADDRESS)
    assertions.establish(cast.oulu.consumer.actor, presented)
    assert isinstance(refused(cast, token, message_id="urn:uuid:1"), MessageRepeated)


def test_an_assertion_for_one_time_use_serves_once(cast: Cast) -> None:
    element = provider.unsigned(signing.issuer().entity_id, signing.said(cast.oulu.organisation))
    conditions = element.find(provider.saml("Conditions"))
    assert conditions is not None
    etree.SubElement(conditions, provider.saml("OneTimeUse"))
    token = etree.tostring(provider.sign(signing.issuer(), element))
    assertions.establish(cast.oulu.consumer.actor, Presented(token, "1", ADDRESS))
    assert isinstance(refused(cast, token, message_id="2"), MessageRepeated)


def test_spent_messages_are_forgotten_when_their_assertion_has_expired(cast: Cast) -> None:
    establish(cast)
    assert assertions.forget_expired() == 0
    SpentMessage.objects.update(expires_at=now() - timedelta(seconds=1))
    assert assertions.forget_expired() == 1
    assert not SpentMessage.objects.exists()


def test_a_message_that_has_expired_is_refused(cast: Cast) -> None:
    token = signing.token(cast.oulu.organisation)
    late = now() - timedelta(hours=1)
    assert isinstance(refused(cast, token, expires=late), AssertionExpired)


def test_what_ends_with_the_calendar_is_judged_as_any_other(cast: Cast) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    token = signing.token(cast.oulu.organisation)
    presented = Presented(token, "1", ADDRESS, expires=last)
    assert assertions.establish(cast.oulu.consumer.actor, presented).actor.requester
    endless = signing.token(cast.oulu.organisation, lasts=last - now())
    assert isinstance(refused(cast, endless), AssertionExpired)


# --- for one patient ------------------------------------------------------------------------------


def test_an_assertion_for_one_patient_asks_for_no_other(cast: Cast) -> None:
    asker = establish(cast)
    asker.require_patients([PatientId("010181-900c", HETU_ROOT)])
    for other in (PatientId("010594Y9032", HETU_ROOT), PatientId("010181-900C", "1.2.3")):
        with pytest.raises(PatientNotAsserted):
            asker.require_patients([PatientId(signing.MATTI, HETU_ROOT), other])


def test_ids_of_one_person_are_one_patient(cast: Cast) -> None:
    survivor, other = xds_cast.patient(cast), xds_cast.patient(cast, "010594Y9032")
    merged = PatientId("010594Y9032", HETU_ROOT)
    with pytest.raises(PatientNotAsserted):
        establish(cast).require_patients([merged])
    Patient.objects.filter(id=other.id).update(survivor=survivor)
    establish(cast, "2").require_patients([merged])


# --- the trust store ------------------------------------------------------------------------------


def staff(*roles: str) -> Actor:
    return Actor(ActorKind.STAFF, "Aino", UUID(int=1), roles=frozenset(roles))


def test_an_administrator_adds_and_retires_issuers_with_a_reason() -> None:
    pem = signing.certificate(signing.issuer())
    admin = staff("admin")
    row = trust.add(admin, Environment.TEST, "urn:idp", pem, reason="uusi")
    assert list(trust.certificates("test", "urn:idp")) == [pem.strip()]
    trust.retire(admin, row, reason="vaihtui")
    assert list(trust.certificates("test", "urn:idp")) == []
    assert trust.add(admin, Environment.TEST, "urn:idp", pem, reason="takaisin").id == row.id
    assert len(list(trust.certificates("test", "urn:idp"))) == 1
    told = LedgerEvent.objects.filter(kind="trust.changed", subject_id=row.id).order_by("at")
    assert [event.facts["reason"] for event in told] == ["uusi", "vaihtui", "takaisin"]


def test_nobody_else_decides_who_is_believed() -> None:
    pem = signing.certificate(signing.issuer())
    row = trust.add(SYSTEM, Environment.TEST, "urn:idp", pem, reason="x")
    customer = Actor(ActorKind.CUSTOMER, "Esa", UUID(int=2), roles=frozenset({"admin"}))
    for actor in (staff("support"), customer):
        with pytest.raises(Refused):
            trust.add(actor, Environment.TEST, "urn:other", pem, reason="x")
        with pytest.raises(Refused):
            trust.retire(actor, row, reason="x")


@pytest.mark.parametrize("pem", ["", "x", "-----BEGIN CERTIFICATE-----\nx\n", "ä"])
def test_what_is_no_certificate_is_not_kept(pem: str) -> None:
    with pytest.raises(CertificateInvalid):
        trust.add(SYSTEM, Environment.TEST, "urn:idp", pem, reason="x")


def test_a_private_key_is_never_kept() -> None:
    with pytest.raises(CertificateInvalid):
        trust.add(
            SYSTEM,
            Environment.TEST,
            "urn:idp",
            signing.issuer().key_file.read_text(),
            reason="x",
        )
