"""The demo world's purchased services: Esimerkkilä orders imaging from Röntgen Esimerkki.

Told once, by fixed documents; days are counted from the day of loading. None is live for everybody
of a register, so that the producer sees and stores nothing beyond the patients named here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from archive import ledger
from archive.actors import Actor, ActorKind
from archive.models import (
    Authorisation,
    AuthorisationLevel,
    AuthorisationState,
    Environment,
    Organisation,
    Patient,
    Register,
)
from archive.queries.authorisations import ordered_by
from archive.services.authorisation_rows import owe_form
from archive.values import HELSINKI, HETU_ROOT, PersonId, now, today

State = AuthorisationState
ORGANISER, PRODUCER = "esim", "rontgen"
SYLVI, AINO, EINO = PersonId("120305A910T"), PersonId("240260-922A"), PersonId("150470-911B")


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """`made`, `until` and `due` are days from today."""

    state: State
    code: str
    text: str
    patient: PersonId | None = None
    order_text: str = ""
    made: int = -10
    until: int | None = 60
    due: int | None = None
    urgency: str = "routine"
    columns: Mapping[str, Any] | None = None


ORDERS = (
    DemoOrder(
        State.ACCEPTED,
        "AA1BG",
        "Pään laaja MT",
        SYLVI,
        "Toistuva huimaus. Aiempi TT ilman poikkeavaa.",
        due=20,
        columns={"voucher_number": "PS-2026-0117", "voucher_value": "320.00"},
    ),
    DemoOrder(
        State.ACCEPTED,
        "GD1AA",
        "Keuhkojen (thorax) röntgen",
        AINO,
        "Pitkittynyt yskä.",
        made=-25,
        due=-5,
        urgency="urgent",
    ),
    DemoOrder(State.GRANTED, "JN3AE", "Vatsan ultraääni", EINO, "Sappikivet?", made=-1, due=14),
    DemoOrder(
        State.WITHOUT_PRODUCER, "AA1AD", "Pään TT", AINO, "Tuottaja valitaan palvelusetelillä.", -3
    ),
    DemoOrder(
        State.ENDED, "", "Päivystyskuvaukset", order_text="Sopimuskausi.", made=-500, until=-90
    ),
)


def tell(organisations: Mapping[str, Organisation]) -> None:
    """Unless Esimerkkilä has made some already."""
    organiser, producer = organisations[ORGANISER], organisations[PRODUCER]
    if ordered_by([organiser.id], Environment.PRODUCTION).exists():
        return
    for number, order in enumerate(ORDERS, start=1):
        row = _row(number, order, organiser, producer)
        row.save(force_insert=True)
        _history(row, organiser, producer)
        owe_form(row)


def _row(
    number: int, order: DemoOrder, organiser: Organisation, producer: Organisation
) -> Authorisation:
    made_at = _at(order.made)
    is_named = order.state != State.WITHOUT_PRODUCER
    accepted_at = made_at + timedelta(hours=3) if order.state == State.ACCEPTED else None
    closed_at = _at(order.until or 0) if order.state == State.ENDED else None
    oid = f"{organiser.oid.removesuffix('.10.0')}.11.2026.{number}"
    return Authorisation(
        environment=Environment.PRODUCTION,
        series=_series(oid),
        document_oid=oid,
        level=AuthorisationLevel.PATIENT if order.patient else AuthorisationLevel.POPULATION,
        state=order.state,
        organiser=organiser,
        register=Register.objects.get(organisation=organiser, is_default=True),
        producer=producer if is_named else None,
        patient=_patient(order.patient) if order.patient else None,
        valid_from=today() + timedelta(days=order.made),
        valid_until=today() + timedelta(days=order.until) if order.until is not None else None,
        service_code=order.code,
        service_text=order.text,
        order_text=order.order_text,
        urgency=order.urgency,
        due_on=today() + timedelta(days=order.due) if order.due is not None else None,
        made_by=ORGANISER,
        made_at=made_at,
        changed_at=closed_at or accepted_at or made_at,
        granted_at=made_at if is_named else None,
        accepted_at=accepted_at,
        closed_at=closed_at,
        **(order.columns or {}),
    )


def _series(oid: str) -> UUID:
    return uuid5(NAMESPACE_OID, oid)


def _at(days: int) -> datetime:
    """At noon of that day, so that it is in the past for whoever loads it."""
    return min(datetime.combine(today() + timedelta(days=days), time(12), HELSINKI), now())


def _patient(code: PersonId) -> Patient:
    found, _made = Patient.objects.get_or_create(
        environment=Environment.PRODUCTION, identifier=code, issuer=HETU_ROOT
    )
    return found


def _history(row: Authorisation, organiser: Organisation, producer: Organisation) -> None:
    """What its timeline tells."""
    told: list[tuple[ledger.Kind, datetime, Organisation, str, dict[str, Any]]] = [
        (
            ledger.Kind.AUTHORISATION_MADE,
            row.made_at,
            organiser,
            ORGANISER,
            {"level": row.level, "producer": row.producer.oid if row.producer else ""},
        )
    ]
    if row.accepted_at:
        kind = ledger.Kind.AUTHORISATION_ACCEPTED
        told.append((kind, row.accepted_at, producer, PRODUCER, {}))
    if row.closed_at:
        kind = ledger.Kind.AUTHORISATION_ENDED
        told.append((kind, row.closed_at, organiser, ORGANISER, {"how": "validity"}))
    for kind, at, organisation, name, facts in told:
        about = ledger.About(
            environment=row.environment,
            organisation_id=organiser.id,
            subject_id=row.id,
            patient_id=row.patient_id,
        )
        actor = Actor(ActorKind.CUSTOMER, name, None, organisation.id)
        ledger.record(kind, about, facts, actor=actor, at=at)
