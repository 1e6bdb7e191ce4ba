"""Merges that people make in the portal, with a reason, and undo, by two (HL-1, NF-3)."""

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.errors import NotFound
from archive.errors.persons import MergeUndone
from archive.models import PatientMerge, SecondKind, SecondPerson
from archive.objects.persons import Merge, Person
from archive.queries import persons
from archive.services import identity, second_person
from archive.services.identity import Occasion
from archive.values import PatientIdentifier


def make(
    actor: Actor,
    retired: PatientIdentifier,
    survivor: PatientIdentifier,
    *,
    environment: str,
    reason: str,
) -> bool:
    """Whether anything changed. Raises what `identity.merge` raises."""
    asked = Merge(retired, Person(survivor))
    return identity.merge(actor, [asked], Occasion(environment, reason=reason)) > 0


def look(actor: Actor, preview: persons.Preview, *, environment: str, reason: str) -> None:
    """Whose data a preview shows is written down before it is shown; also that somebody was looked
    for whom nobody knows.
    """
    for side in (preview.retired, preview.survivor):
        if side.patient is None:
            nobody = ledger.About(environment=environment)
            sought = {"reason": reason, "found": False}
            ledger.record(ledger.Kind.PATIENT_SEARCHED, nobody, sought, actor=actor)
            continue
        about = ledger.About(
            environment=environment, subject_id=side.patient.id, patient_id=side.patient.id
        )
        facts = {"reason": reason, "shown": "preview of a merge"}
        ledger.record(ledger.Kind.PATIENT_VIEWED, about, facts, actor=actor)


def ask_undo(actor: Actor, merge: PatientMerge, *, reason: str) -> SecondPerson:
    """Raises NotFound for who may not, MergeUndone, SecondAsked."""
    _require_archivist(actor)
    if merge.undone_at is not None:
        raise MergeUndone()
    return second_person.ask(
        actor, SecondKind.UNDO_MERGE, merge.id, environment=merge.environment, reason=reason
    )


def grant_undo(actor: Actor, request: SecondPerson) -> PatientMerge:
    """Raises NotFound, SamePerson, SecondDecided, MergeUndone."""
    _require_archivist(actor)
    with transaction.atomic():
        asked = second_person.grant(actor, request, SecondKind.UNDO_MERGE)
        return identity.undo(actor, asked.subject_id, reason=asked.reason)


def refuse_undo(actor: Actor, request: SecondPerson) -> None:
    """By any archivist; the asker so takes it back. Raises NotFound, SecondDecided."""
    _require_archivist(actor)
    second_person.refuse(actor, request)


def _require_archivist(actor: Actor) -> None:
    if not identity.party_of(actor).is_archivist:
        raise NotFound()
