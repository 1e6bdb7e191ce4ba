"""Merges of patient ids, their undoing, and updates of demographics (HL-1).

A merge adds a link, undoing takes it away; `Patient.survivor` is then derived anew for the ids
below. Nothing archived is rewritten. One lock an environment keeps the links free of circles.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from archive import ledger, locks
from archive.actors import Actor, ActorKind
from archive.errors import ArchiveError, Conflict, NotFound
from archive.errors.persons import IdInUse, MergeUndone, PatientUnknown, UpdateOutdated
from archive.models import (
    DeathSource,
    Document,
    Patient,
    PatientHistory,
    PatientMerge,
    Register,
    Study,
    StudyState,
)
from archive.objects.persons import Demographics, Merge, Person
from archive.queries import persons, retention, standing
from archive.rules import identity as rules
from archive.rules.identity import Party, Standing
from archive.rules.retention import believed_death
from archive.services import filing, merge_records, registration
from archive.values import PatientIdentifier, dicom_date, now, today


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a change comes from: a message, or a person with a reason."""

    environment: str
    message_id: UUID | None = None
    reason: str = ""
    correlation_id: UUID | None = None
    not_after: datetime | None = None  # of an old message: nothing may have changed since
    replayed_at: datetime | None = None  # when it was, of what a record of the vault tells


ON_THE_ROAD = (StudyState.WAITING, StudyState.RECEIVING, StudyState.REGISTERING)
Act = Callable[[Merge, Actor, Party, Occasion], bool]


def party_of(actor: Actor) -> Party:
    """Raises NotFound for people who may not touch the ids of persons."""
    if actor.kind == ActorKind.STAFF and actor.roles & rules.MERGERS:
        return Party(is_archivist=True)
    if actor.kind != ActorKind.CONNECTION or actor.organisation_id is None:
        raise NotFound()
    held = Register.objects.filter(organisation_id=actor.customer_id)
    return Party(rules.arcs_of(held.values_list("controller_oid", flat=True)))


# --- merging --------------------------------------------------------------------------------------


def merge(actor: Actor, merges: Sequence[Merge], occasion: Occasion) -> int:
    """All or none; how many links are new.

    An id that is not known yet is kept with its link: what comes later is filed under the survivor.
    Raises OfficialIdRetired, MergeUnauthorised, MergeSelf, MergeInverse, MergeCircular,
    MergedElsewhere, EnvironmentMismatch, RealPatientRequired.
    """
    party = party_of(actor)
    with transaction.atomic():
        _lock(occasion.environment)
        return sum(_placed(each, _merge, actor, party, occasion) for each in merges)


def change_id(actor: Actor, change: Merge, occasion: Occasion) -> int:
    """A patient goes on under another id, which nobody has yet: the same link.

    Raises PatientUnknown, IdInUse, and what `merge` raises.
    """
    party = party_of(actor)
    with transaction.atomic():
        _lock(occasion.environment)
        return _placed(change, _change, actor, party, occasion)


def _placed(each: Merge, act: Act, actor: Actor, party: Party, occasion: Occasion) -> int:
    """Where in the message it went wrong belongs to the error."""
    try:
        return int(act(each, actor, party, occasion))
    except ArchiveError as error:
        if each.place:
            error.facts.setdefault("place", each.place)
        raise


def _merge(asked: Merge, actor: Actor, party: Party, occasion: Occasion) -> bool:
    known = filing.find_patient(occasion.environment, asked.retired)
    _require_merge(asked, known, actor, party, occasion)
    return _link(asked, known, actor, occasion)


def _change(asked: Merge, actor: Actor, party: Party, occasion: Occasion) -> bool:
    known = filing.find_patient(occasion.environment, asked.retired)
    _require_merge(asked, known, actor, party, occasion)
    if known is None:
        raise PatientUnknown()
    new = filing.find_patient(occasion.environment, asked.survivor.identifier)
    if new is not None and standing.person_id(new) != standing.person_id(known) and _is_used(new):
        raise IdInUse()
    return _link(asked, known, actor, occasion)


def _link(asked: Merge, known: Patient | None, actor: Actor, occasion: Occasion) -> bool:
    """Whether the link is a new one."""
    retired = known or filing.file_patient(occasion.environment, asked.retired)
    survivor = _survivor(asked.survivor, retired, occasion)
    links = persons.live_links([retired, survivor])
    if not rules.changes(links, retired.id, survivor.id):
        return False
    row = PatientMerge.objects.create(
        environment=occasion.environment,
        retired=retired,
        into=survivor,
        message_id=occasion.message_id,
        organisation_id=actor.organisation_id if actor.kind == ActorKind.CONNECTION else None,
        made_at=occasion.replayed_at or now(),
        made_by=actor.name[:200],
        reason=occasion.reason[:200],
    )
    _keep_record(row, occasion)
    top = rules.root(links, survivor.id)
    moved = rules.tree(links, retired.id)
    Patient.objects.filter(id__in=moved).update(survivor_id=top)
    _record(actor, ledger.Kind.PATIENT_MERGED, row, top, occasion)
    _wake([top, *moved])
    return True


def _keep_record(row: PatientMerge, occasion: Occasion) -> None:
    """When all that was asked is committed; what fails then the rounds of verification catch up."""
    if occasion.replayed_at is None:
        # No partial: it has no name, by which Django tells of what failed.
        transaction.on_commit(lambda: merge_records.keep(row.id), robust=True)


def replay(actor: Actor, asked: Merge, made_at: datetime, occasion: Occasion) -> bool:
    """Make a link again that was allowed once; False when the database knows better."""
    with transaction.atomic():
        _lock(occasion.environment)
        if _made(asked, occasion, made_at).exists():
            return False
        known = filing.find_patient(occasion.environment, asked.retired)
        try:
            return _link(asked, known, actor, occasion)
        except Conflict:
            return False


def _made(asked: Merge, occasion: Occasion, at: datetime) -> QuerySet[PatientMerge]:
    return PatientMerge.objects.filter(
        environment=occasion.environment,
        retired__issuer=asked.retired.issuer,
        retired__identifier=asked.retired.value,
        into__issuer=asked.survivor.identifier.issuer,
        into__identifier=asked.survivor.identifier.value,
        made_at=at,
    )


def _require_merge(
    asked: Merge, known: Patient | None, actor: Actor, party: Party, occasion: Occasion
) -> None:
    for each in (asked.retired, asked.survivor.identifier):
        filing.require_environment(each, occasion.environment)
    standing = _standing(asked.retired, known, actor)
    rules.require_merge(standing, asked.survivor.identifier, party)


def _survivor(person: Person, retired: Patient, occasion: Occasion) -> Patient:
    """Its row; one that is new begins with what the message says, else with what the retired id
    had: whoever died unidentified has died.
    """
    told = person.demographics
    is_new = filing.find_patient(occasion.environment, person.identifier) is None
    survivor = filing.file_patient(
        occasion.environment,
        person.identifier,
        name=told.name or retired.name,
        birth_date=told.birth_date or retired.birth_date,
        sex=told.sex or retired.sex,
    )
    if is_new:
        died = {"death_date": retired.death_date, "death_source": retired.death_source}
        died = died if told.death_date is None else _death(survivor, told)
        Patient.objects.filter(id=survivor.id).update(**died)
    return survivor


def _standing(identifier: PatientIdentifier, known: Patient | None, actor: Actor) -> Standing:
    """Whose material stands under the id and all that was merged into it."""
    if known is None:
        return Standing(identifier)
    ids = rules.tree(persons.live_links([known]), known.id)
    holders = {
        organisation
        for rows in (Study.objects, Document.objects)
        for organisation in rows.filter(patient_id__in=ids)
        .values_list("register__organisation_id", flat=True)
        .distinct()
    }
    own = actor.organisation_id in holders
    return Standing(identifier, own, bool(holders - {actor.organisation_id}))


def _is_used(patient: Patient) -> bool:
    ids = filing.related_patients(patient)
    studies, documents = Study.objects, Document.objects
    return any(rows.filter(patient_id__in=ids).exists() for rows in (studies, documents))


# --- undoing --------------------------------------------------------------------------------------


def undo(actor: Actor, merge_id: UUID, *, reason: str) -> PatientMerge:
    """Take a link away in the caller's transaction; the ids below it stand as they did before.

    Raises NotFound, MergeUndone.
    """
    if not party_of(actor).is_archivist:
        raise NotFound()
    found = PatientMerge.objects.filter(id=merge_id).first()
    if found is None:
        raise NotFound()
    return _undo(actor, found.id, Occasion(found.environment, found.message_id, reason))


def replay_undo(actor: Actor, asked: Merge, made_at: datetime, occasion: Occasion) -> bool:
    """The same for the undoing of a link."""
    row = _made(asked, occasion, made_at).filter(undone_at=None).first()
    return row is not None and bool(_undo(actor, row.id, occasion))


def _undo(actor: Actor, merge_id: UUID, occasion: Occasion) -> PatientMerge:
    with transaction.atomic():
        _lock(occasion.environment)
        row = PatientMerge.objects.select_related("retired", "into").get(id=merge_id)
        if row.undone_at is not None:
            raise MergeUndone()
        links = persons.live_links([row.retired])
        top = rules.root(links, row.retired_id)
        moved = rules.tree(links, row.retired_id)
        row.undone_at = occasion.replayed_at or now()
        row.undone_by, row.undo_reason = actor.name[:200], occasion.reason[:200]
        row.save(update_fields=["undone_at", "undone_by", "undo_reason"])
        Patient.objects.filter(id__in=moved).update(survivor_id=row.retired_id)
        Patient.objects.filter(id=row.retired_id).update(survivor_id=None)
        _record(actor, ledger.Kind.PATIENT_UNMERGED, row, top, occasion)
        _keep_record(row, occasion)
        # A study whose documents stood under the other id waits for its own again.
        _wake([top, *moved], StudyState.REGISTERED)
        return row


# --- demographics ---------------------------------------------------------------------------------


def update(actor: Actor, person: Person, occasion: Occasion) -> Patient | None:
    """Set a person's demographics, keeping the old ones; the row, or None when nothing is new.

    Demographics are those of the person, whichever of its ids is named. Who has no material of it
    learns nothing of it. Raises PatientUnknown, UpdateOutdated.
    """
    party = party_of(actor)
    unknown = PatientUnknown(facts={"place": person.place} if person.place else {})
    with transaction.atomic():
        _lock(occasion.environment)
        named = filing.find_patient(occasion.environment, person.identifier)
        if named is None:
            raise unknown
        held = Patient.objects.select_for_update().get(id=standing.person_id(named))
        if not rules.may_update(_standing(person.identifier, held, actor), party):
            raise unknown
        if occasion.not_after is not None and _changed_after(held, occasion.not_after):
            raise UpdateOutdated()
        changed = _differing(held, person.demographics)
        if not changed:
            return None
        PatientHistory.objects.create(
            patient=held,
            name=held.name,
            birth_date=held.birth_date,
            sex=held.sex,
            death_date=held.death_date,
            until=now(),
            changed_by=actor.name[:200],
            organisation_id=actor.organisation_id,
            message_id=occasion.message_id,
        )
        Patient.objects.filter(id=held.id).update(**changed)
        about = _about(actor, held.id, held.id, occasion)
        what = sorted(changed.keys() - {"death_source"})
        ledger.record(ledger.Kind.PATIENT_UPDATED, about, {"what": what}, actor=actor)
        return held


def _changed_after(patient: Patient, at: datetime) -> bool:
    return PatientHistory.objects.filter(patient=patient, until__gt=at).exists()


def _differing(held: Patient, told: Demographics) -> dict[str, Any]:
    values = {"name": told.name, "birth_date": told.birth_date, "sex": told.sex}
    changed: dict[str, Any] = {
        column: value
        for column, value in values.items()
        if value is not None and value != getattr(held, column)
    }
    return changed | _death(held, told)


def _death(held: Patient, told: Demographics) -> dict[str, Any]:
    """A day that an archivist has settled is not changed by a message; one to come, or before
    birth, is no day of death.
    """
    if told.death_date is None or held.death_source == DeathSource.ARCHIVIST:
        return {}
    day = dicom_date(told.death_date)
    if day is not None:
        born = retention.birth_of(held, today())
        if day > today() or believed_death(day, born) is None:
            return {}
    if day == held.death_date:
        return {}
    return {"death_date": day, "death_source": DeathSource.MESSAGE if day else ""}


# --- what all do ----------------------------------------------------------------------------------


def _lock(environment: str) -> None:
    locks.hold(filing.persons_lock(environment))


def _wake(patients: Iterable[UUID], *states: StudyState) -> None:
    """Studies whose documents may have come, or gone, with the link: those of these states, and all
    that are on their road, for a worker may have looked for them a moment ago. In the one order in
    which the registration of several is owed.
    """
    rows = Study.objects.filter(patient_id__in=list(patients), state__in=(*ON_THE_ROAD, *states))
    for study in rows.order_by("id"):
        registration.owe(study)


def _about(actor: Actor, subject: UUID, person: UUID, occasion: Occasion) -> ledger.About:
    return ledger.About(
        environment=occasion.environment,
        organisation_id=actor.organisation_id,
        subject_id=subject,
        patient_id=person,
        correlation_id=occasion.correlation_id,
    )


def _record(
    actor: Actor, kind: ledger.Kind, row: PatientMerge, top: UUID, occasion: Occasion
) -> None:
    """About the retired id and the person it became or was part of."""
    facts = {"merge": str(row.id), "into": str(row.into_id), "reason": occasion.reason}
    if occasion.message_id is not None:
        facts["message"] = str(occasion.message_id)
    ledger.record(kind, _about(actor, row.retired_id, top, occasion), facts, actor=actor)
