"""Versions of authorisations as rows: made and moved under a lock on their register, recorded, and
told to whom it concerns (AC-3).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from archive import jobs, ledger
from archive.actors import Actor
from archive.errors.authorisations import (
    AuthorisationInvalid,
    AuthorisationMoved,
    AuthorisationOverlaps,
)
from archive.models import (
    Authorisation,
    AuthorisationLevel,
    AuthorisationState,
    Connection,
    JobKind,
    Organisation,
    Patient,
    Register,
    Study,
    XdsRole,
)
from archive.queries import standing
from archive.rules import authorisations as rules
from archive.rules.authorisations import Coverage, Fault, Move, Order, Standing
from archive.values import civil_day


def raise_faults(found: Iterable[tuple[str, Fault]]) -> None:
    """All that is wrong at once; the first is the one that the desk names. Raises
    AuthorisationInvalid.
    """
    listed = [f"{field} {fault}" for field, fault in found]
    if listed:
        field, fault = listed[0].split()
        facts = {"field": field, "fault": fault, "faults": ",".join(listed)}
        raise AuthorisationInvalid(f"{field}: {fault}", facts=facts)


def faults_of(error: AuthorisationInvalid) -> list[tuple[str, Fault]]:
    """Each field with what is wrong with it."""
    pairs = (each.split() for each in error.facts["faults"].split(","))
    return [(field, Fault(fault)) for field, fault in pairs]


def hold(register: Register) -> None:
    """One change at a time to a register's authorisations, so that no two slip past each other.
    Storing into the register goes on meanwhile.
    """
    Register.objects.select_for_update(no_key=True).get(id=register.id)


def require_no_other(row: Authorisation) -> None:
    """Raises AuthorisationOverlaps when the producer has a live one for the same already."""
    if row.producer_id is None:
        return
    others = Authorisation.objects.filter(
        environment=row.environment,
        register_id=row.register_id,
        producer_id=row.producer_id,
        closed_at=None,
        level=row.level,
    )
    wanted = _coverage(row)
    for other in others.exclude(series=row.series).select_related("patient"):
        if rules.overlap(wanted, _coverage(other)):
            raise AuthorisationOverlaps(
                facts={"document_oid": other.document_oid, "version": str(other.version)}
            )


def _coverage(row: Authorisation) -> Coverage:
    order = Order.of(row)
    return Coverage(person_of(row), rules.service_of(order), order.validity)


def person_of(row: Authorisation) -> UUID | None:
    """Who was merged away counts as the survivor."""
    return standing.person_id(row.patient) if row.patient is not None else None


def standing_of(row: Authorisation) -> Standing:
    return Standing(
        state=row.state,
        valid_until=row.valid_until,
        accepted_on=civil_day(row.accepted_at) if row.accepted_at else None,
        used=Study.objects.filter(authorisation__series=row.series).exists(),
    )


def versions_of(row: Authorisation) -> QuerySet[Authorisation]:
    """The whole series, the newest first."""
    rows = Authorisation.objects.filter(environment=row.environment, series=row.series)
    return rows.order_by("-version")


def is_newest(row: Authorisation) -> bool:
    return not versions_of(row).filter(version__gt=row.version).exists()


# --- writing --------------------------------------------------------------------------------------


def new_row(
    order: Order,
    *,
    environment: str,
    series: UUID,
    version: int,
    document_oid: str,
    register: Register,
    producer: Organisation | None,
    patient: Patient | None,
    made_by: str,
    made_at: datetime,
    at: datetime,
) -> Authorisation:
    """An unsaved version in the state that follows from its producer, whose rights begin now."""
    level = AuthorisationLevel.POPULATION if patient is None else AuthorisationLevel.PATIENT
    states = AuthorisationState
    return Authorisation(
        environment=environment,
        series=series,
        version=version,
        document_oid=document_oid,
        level=level,
        state=states.GRANTED if producer else states.WITHOUT_PRODUCER,
        organiser_id=register.organisation_id,
        register=register,
        producer=producer,
        patient=patient,
        made_by=made_by[:200],
        made_at=made_at,
        changed_at=at,
        granted_at=at if producer else None,
        **asdict(order),
    )


def move(row: Authorisation, wanted: Move, at: datetime, **columns: object) -> None:
    """From the state it was judged in, or not at all. Raises AuthorisationMoved."""
    columns = {
        "state": rules.STEPS[wanted].after,
        "changed_at": at,
        "delivered_at": None,
        **columns,
    }
    judged = Authorisation.objects.filter(id=row.id, state=row.state, changed_at=row.changed_at)
    if not judged.update(**columns):
        raise AuthorisationMoved(facts={"move": wanted.value})
    for name, value in columns.items():
        setattr(row, name, value)


def record(
    kind: ledger.Kind, row: Authorisation, facts: Mapping[str, object], actor: Actor
) -> UUID:
    """What happened to this version, in the caller's transaction; the event's id."""
    about = ledger.About(
        environment=row.environment,
        organisation_id=row.organiser_id,
        subject_id=row.id,
        patient_id=person_of(row),
    )
    return ledger.record(kind, about, facts, actor=actor)


def owe_letters(event_id: UUID, row: Authorisation) -> None:
    """A mail to both parties about this event."""
    jobs.defer(
        JobKind.AUTHORISATION_LETTER,
        event_id,
        environment=row.environment,
        organisation_id=row.organiser_id,
    )


def owe_form(row: Authorisation) -> None:
    """The form as it then is, to the Patient Data Repository."""
    repository = Connection.objects.filter(environment=row.environment, xds_role=XdsRole.PDR)
    jobs.defer(
        JobKind.AUTHORISATION_FORM,
        row.id,
        environment=row.environment,
        organisation_id=row.organiser_id,
        peer_id=repository.order_by("valid_from").values_list("id", flat=True).first(),
    )
