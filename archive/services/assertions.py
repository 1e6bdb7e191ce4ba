"""Who stands behind a customer's system: its signed assertion, judged (XUA, XD-4).

An assertion may be used for many messages while it is valid, unless it says OneTimeUse; a MessageID
only once with it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection as database

from archive.actors import NOBODY, Actor, Requester
from archive.config import settings
from archive.errors import (
    AssertionElsewhere,
    AssertionExpired,
    AssertionMissing,
    AssertionUnreadable,
    IssuerUntrusted,
    MessageRepeated,
    OrganisationDiffers,
    PatientNotAsserted,
)
from archive.models import Connection, RegisterType, SpentMessage
from archive.objects.assertion import OID_URN, Claims, issuer_of, read_claims
from archive.objects.registry import PatientId
from archive.objects.signature import open_token, verified
from archive.queries import standing
from archive.services import filing, trust
from archive.values import HETU_ROOT, PatientIdentifier, now


@dataclass(frozen=True, slots=True)
class Presented:
    """What came with a message."""

    token: bytes | None  # the Assertion element; None: there was none
    message_id: str
    address: str  # to which it was sent
    created: datetime | None = None  # of the message itself, wsu:Timestamp
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Established:
    """The system with the professional behind it, and the person the assertion is for."""

    actor: Actor
    patient: PatientIdentifier | None = None

    def require_patients(self, asked: Iterable[PatientId]) -> None:
        """An assertion for one patient asks for no other. Raises PatientNotAsserted."""
        if self.patient is None:
            return
        for each in asked:
            if not self._is_asserted(each):
                raise PatientNotAsserted()

    def _is_asserted(self, asked: PatientId) -> bool:
        """Also by an id that was merged with the asserted one."""
        value = asked.value.upper() if asked.issuer == HETU_ROOT else asked.value
        identifier = PatientIdentifier(value, asked.issuer)
        return identifier == self.patient or (
            self.actor.requester is not None
            and self.actor.requester.patient_id != NOBODY
            and _person(self.actor.environment, identifier) == self.actor.requester.patient_id
        )


def establish(actor: Actor, presented: Presented) -> Established:
    """The actor of a message, by its assertion where there is one.

    Raises AssertionMissing, AssertionUnreadable, IssuerUntrusted, SignatureInvalid,
    AssertionExpired, AssertionElsewhere, OrganisationDiffers, MessageRepeated.
    """
    assert actor.id is not None  # a connection's
    link = Connection.objects.select_related("organisation").get(id=actor.id)
    _require_fresh(presented, now())
    if presented.token is None:
        if link.xua_required:
            raise AssertionMissing()
        return Established(actor)
    claims = _believed(actor.environment, presented.token)
    _require_now(claims, now())
    _require_here(claims, presented.address)
    if claims.organisation_oid != link.organisation.oid:
        raise OrganisationDiffers(facts={"organisation": claims.organisation_oid})
    requester = _requester(actor.environment, claims)
    _spend(link, claims, presented.message_id)
    return Established(replace(actor, requester=requester), claims.patient)


def _believed(environment: str, content: bytes) -> Claims:
    """What the assertion says, once its signature holds."""
    token = open_token(content)
    issuer = issuer_of(token)
    certificates = list(trust.certificates(environment, issuer))
    if not certificates:
        raise IssuerUntrusted(facts={"issuer": issuer[:200]})
    return read_claims(verified(token, certificates))


def _require_fresh(presented: Presented, at: datetime) -> None:
    skew = timedelta(seconds=settings().xua_skew_seconds)
    if presented.created is not None and at + skew < presented.created:
        raise AssertionExpired("the message is of a time to come")
    if presented.expires is not None and at - skew >= presented.expires:
        raise AssertionExpired("the message has expired")


def _require_now(claims: Claims, at: datetime) -> None:
    skew = timedelta(seconds=settings().xua_skew_seconds)
    # Of what is now: an assertion may tell the first or the last moment of the calendar.
    if at + skew < claims.not_before:
        raise AssertionExpired("the assertion is not valid yet")
    if at - skew >= claims.not_on_or_after:
        raise AssertionExpired("the assertion has expired")
    longest = timedelta(hours=settings().xua_longest_hours)
    if claims.not_on_or_after - claims.not_before > longest:
        raise AssertionExpired("the assertion is valid for longer than is allowed")


def _require_here(claims: Claims, address: str) -> None:
    """Made for us: our home community or the very address."""
    home = settings().home_community
    ours = {f"{OID_URN}{home}", home, address}
    for_us = all(ours & set(listed) for listed in claims.audiences)
    if not claims.audiences or not for_us:
        raise AssertionElsewhere("no audience of the assertion is this service")
    if any(recipient and recipient not in ours for recipient in claims.recipients):
        raise AssertionElsewhere("the recipient of the assertion is another service")


def _requester(environment: str, claims: Claims) -> Requester:
    if claims.register_type and claims.register_type not in RegisterType.values:
        raise AssertionUnreadable("the type of register is unknown")
    return Requester(
        user_id=claims.user_id,
        user_name=claims.user_name,
        role=claims.role,
        unit_oid=claims.unit_oid,
        purpose=claims.purpose,
        care_relation=claims.service_event or claims.care_relation,
        patient_id=_person(environment, claims.patient) or NOBODY,
        on_behalf_of=claims.on_behalf_of,
        register_type=claims.register_type,
        register_specifier=claims.register_specifier,
        assertion_id=claims.id,
    )


def _person(environment: str, identifier: PatientIdentifier) -> UUID | None:
    """The surviving row of a patient id, if it is known here."""
    row = filing.find_patient(environment, identifier)
    return standing.person_id(row) if row else None


def _spend(link: Connection, claims: Claims, message_id: str) -> None:
    """Use the message up, at once and for all processes. Raises MessageRepeated."""
    message = "" if claims.one_time else message_id
    parts = (str(link.id), claims.issuer, claims.id, message)
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    expires = claims.not_on_or_after + timedelta(seconds=settings().xua_skew_seconds)
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO archive_spentmessage (digest, expires_at) VALUES (%s, %s)"
            " ON CONFLICT DO NOTHING",
            [digest, expires],
        )
        if not cursor.rowcount:
            raise MessageRepeated()


def forget_expired() -> int:
    """Messages whose assertion would be refused as expired by now; how many."""
    return SpentMessage.objects.filter(expires_at__lt=now()).delete()[0]
