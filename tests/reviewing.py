"""Looks for the review of the logs, made in an instant at any time; who reviews."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from archive import ledger
from archive.actors import Actor, ActorKind
from archive.ledger import About, Kind
from archive.models import LedgerEvent, Patient, ReviewKind, ReviewScope, Suspicion, User
from archive.services import review_judging
from tests import builders
from tests.cast import ESIMERKKILA, MALLILA, connection, organisation

DAY = datetime(2026, 11, 25, 8, tzinfo=UTC)  # a Wednesday, ten o'clock in Finland
NIGHT = DAY + timedelta(hours=16)
DOCTOR = ("12345678901", "Lääkäri Liisa")
Given = dict[str, Any]


def given(
    patient: Patient,
    *,
    to: str = MALLILA,
    user: tuple[str, str] = DOCTOR,
    at: datetime = DAY,
    kind: Kind = Kind.DISCLOSURE_GIVEN,
    **facts: Any,
) -> LedgerEvent:
    """A disclosure as the log has it; what matters by fact."""
    link = connection(to)
    actor = Actor(ActorKind.CONNECTION, link.aet, link.id, link.organisation_id)
    said = dict.fromkeys(kind.demanded, "")
    said |= {"user": user[0], "user_name": user[1], "emergency": False, "care_relation": "1.2.3"}
    about = About(
        environment=patient.environment,
        organisation_id=link.organisation_id,
        patient_id=patient.id,
    )
    return _found(ledger.record(kind, about, {**said, **facts}, actor=actor, at=at))


def emergency(patient: Patient, **columns: Any) -> LedgerEvent:
    return given(patient, emergency=True, ground="emergency", **columns)


def looked(
    login: str,
    patient: Patient | None = None,
    *,
    at: datetime = DAY,
    kind: Kind = Kind.STUDY_VIEWED,
    reason: str = "the patient asks",
) -> LedgerEvent:
    """A look by one of the operator's staff, at a patient or at a log."""
    facts = {**dict.fromkeys(kind.demanded, ""), "reason": reason}
    about = About(environment="production", patient_id=patient.id if patient else None)
    return _found(ledger.record(kind, about, facts, actor=staff(login), at=at))


def _found(event_id: UUID) -> LedgerEvent:
    return LedgerEvent.objects.get(id=event_id)


def staff(login: str = "logreview") -> Actor:
    user = User.objects.get(username=login)
    operator = user.memberships.get().organisation_id
    name = user.get_full_name() or login
    return Actor(ActorKind.STAFF, name, user.id, operator, frozenset({login}))


def customers_person(login: str = "malli") -> Actor:
    user = User.objects.get(username=login)
    membership = user.memberships.get()
    roles = frozenset({membership.role})
    return Actor(ActorKind.CUSTOMER, login, user.id, membership.organisation_id, roles)


def person(number: int, name: str = "Virtanen^Venla") -> Patient:
    """One of many: a temporary id of Esimerkkilä's."""
    issuer = f"{organisation(ESIMERKKILA).oid.rpartition('.10.')[0]}.22.2026"
    return Patient.objects.get_or_create(
        environment="production", identifier=f"T{number}", issuer=issuer, defaults={"name": name}
    )[0]


def judged(*events: LedgerEvent) -> list[Suspicion]:
    with transaction.atomic():
        review_judging.judge(events)
    return list(Suspicion.objects.order_by("raised_at", "id"))


def kinds() -> set[str]:
    return set(Suspicion.objects.values_list("kind", flat=True))


def suspicion(**columns: Any) -> Suspicion:
    """An emergency use that has come to review."""
    (made,) = judged(emergency(builders.patient(), **columns))
    assert (made.kind, made.scope) == (ReviewKind.EMERGENCY, ReviewScope.PROFESSIONALS)
    return made
