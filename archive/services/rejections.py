"""What a rejection does to objects, and its revocation (AR-7). The notes: `rejection_notes`.

Nothing is deleted: a rejected object is left out of manifests, queries and retrieval, and its bytes
stay. The study's registration follows by its own job.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum, Value
from django.utils.translation import gettext_noop as _

from archive import jobs, ledger, locks, vault
from archive.actors import Actor
from archive.errors.corrections import RejectionOfAnother
from archive.models import (
    CorrectionState,
    Instance,
    JobKind,
    RegisterHolding,
    RejectedObject,
    Rejection,
    Study,
    StudyState,
)
from archive.objects.key_objects import Named
from archive.queries import standing
from archive.rules import correction
from archive.rules.correction import Verdict
from archive.services import error_desk, named_persons, rows
from archive.services.error_desk import STORE, What, Who
from archive.values import now

STRICTER = _("replaced by a stricter rejection")
REJECTED_ALREADY = _("rejected already by another note")
OF_ANOTHER = _("the note names another patient")
# What a study becomes of which nothing is shown any more; its modalities stay as they were.
EMPTIED: Mapping[str, object] = {"state": StudyState.CORRECTED, "waits_for": ""}


def live(environment: str, organisation_id: UUID) -> QuerySet[RejectedObject]:
    """What an organisation's notes reject today."""
    return RejectedObject.objects.filter(
        environment=environment, rejection__organisation_id=organisation_id, ended_at=None
    )


def path_of(row: Instance) -> Named:
    return Named(
        row.study.study_instance_uid,
        row.series.series_instance_uid,
        row.sop_class_uid,
        row.sop_instance_uid,
    )


def carry_out(
    rejection: Rejection, verdict: Verdict, actor: Actor, *, origin: str, replayed: bool = False
) -> None:
    """What a judged note does, in the caller's transaction, which holds the studies' locks."""
    found = list(
        Instance.objects.filter(id__in=verdict.hide).select_related("study__register", "series")
    )
    named: list[tuple[Named, Instance | None]] = [
        *((path_of(row), row) for row in found),
        *((each, None) for each in verdict.awaited),
    ]
    uids = [each.instance_uid for each, _ in named]
    awaited = live(rejection.environment, rejection.organisation_id)
    at = rejection.made_at
    _end(awaited.filter(sop_instance_uid__in=uids), by=actor.name, why=STRICTER, at=at)
    # Those by whomever: by a producer, or by who was controller before.
    here = RejectedObject.objects.filter(instance__in=verdict.hide, ended_at=None)
    _end(here, by=actor.name, why=STRICTER, at=at)
    RejectedObject.objects.bulk_create(
        (_object(rejection, each, row) for each, row in named), batch_size=2_000
    )
    Instance.objects.filter(id__in=verdict.hide).update(rejection=rejection.title)
    _tell(rejection, found, awaited=len(verdict.awaited), actor=actor, origin=origin)
    _count_again({row.study_id for row in found})
    facts = {
        "note": bytes(rejection.digest).hex(),
        "business_id": rejection.organisation.business_id,
        "reason": rejection.reason,
        "actor": actor_facts(actor),
        "awaited": [each.instance_uid for each in verdict.awaited],
        # What the note says, should it be lost.
        "title": rejection.title,
        "note_uid": rejection.note_uid,
        "syntax": rejection.transfer_syntax_uid,
        "size": rejection.size,
        "named": _by_path(each for each, _ in named),
    }
    if not replayed:
        vault.keep_record(rejection.environment, "rejection", facts, at=rejection.made_at)


def _by_path(named: Iterable[Named]) -> dict[str, list[str]]:
    """Objects by study, series and class, which they share."""
    found: dict[str, list[str]] = {}
    for each in named:
        path = f"{each.study_uid} {each.series_uid} {each.class_uid}"
        found.setdefault(path, []).append(each.instance_uid)
    return found


def actor_facts(actor: Actor) -> list[str]:
    return [actor.kind.value, str(actor.id or ""), actor.name]


def _object(rejection: Rejection, named: Named, row: Instance | None) -> RejectedObject:
    return RejectedObject(
        rejection=rejection,
        environment=rejection.environment,
        study_instance_uid=named.study_uid,
        series_instance_uid=named.series_uid,
        sop_class_uid=named.class_uid,
        sop_instance_uid=named.instance_uid,
        instance=row,
    )


def _end(held: QuerySet[RejectedObject], *, by: str, why: str, at: datetime) -> int:
    return held.update(ended_at=at, ended_by=by[:200], ended_why=why[:200])


def _tell(
    rejection: Rejection, found: list[Instance], *, awaited: int, actor: Actor, origin: str
) -> None:
    """Each study tells what happened, and goes on from where it now is; in the one order in which
    their registration is owed.
    """
    studies = {row.study_id: row.study for row in sorted(found, key=_of_study)}
    facts = {"title": rejection.title, "origin": origin, "reason": rejection.reason}
    for study_id, study in studies.items():
        count = sum(row.study_id == study_id for row in found)
        kind = ledger.Kind.OBJECTS_REJECTED
        _record(kind, study, rejection, {**facts, "objects": count}, actor)
        wake(study)
    if awaited:
        about = ledger.About(
            environment=rejection.environment,
            organisation_id=rejection.organisation_id,
            subject_id=rejection.id,
        )
        kind = ledger.Kind.REJECTION_AWAITS
        ledger.record(kind, about, {**facts, "objects": awaited}, actor=actor)
    Rejection.objects.filter(id=rejection.id).update(study=next(iter(studies), None))


def _of_study(row: Instance) -> UUID:
    return row.study_id


def wake(study: Study) -> None:
    """Its manifest is to be looked at anew, in the caller's transaction, which holds its lock; and
    a correction that waits for an object, which may be hidden now.
    """
    rows.put_back_to_receiving(study.id)
    jobs.defer(JobKind.REGISTRATION, study.id, environment=study.environment, study_id=study.id)
    if study.corrections.filter(state=CorrectionState.GATHERING).exists():
        jobs.defer(JobKind.CORRECTION, study.id, environment=study.environment, study_id=study.id)


def modalities(shown: Q) -> ArrayAgg:
    """Those of the objects that are shown, which a rejection or its revocation may change."""
    told = shown & ~Q(series__modality="")
    return ArrayAgg("series__modality", filter=told, distinct=True, default=Value([]))


def _count_again(study_ids: Collection[UUID]) -> None:
    """A study says at once what is left of it, and one of which nothing is left is found no more;
    registration withdraws what was told of it.
    """
    shown = Q(rejection="")
    rows = Instance.objects.filter(study__in=study_ids).values("study_id")
    for row in rows.annotate(
        count=Count("id", filter=shown),
        bytes=Sum("size", filter=shown, default=0),
        listed=modalities(shown),
    ):
        counted: dict[str, object] = {"instance_count": row["count"], "byte_count": row["bytes"]}
        become = {"modalities": row["listed"]} if row["count"] else EMPTIED
        _update(row["study_id"], {**counted, **become})


def _update(study_id: UUID, values: Mapping[str, object]) -> None:
    """Of a destroyed study nothing is said any more."""
    Study.objects.filter(id=study_id).exclude(state=StudyState.DESTROYED).update(**values)


def _record(
    kind: ledger.Kind,
    study: Study,
    rejection: Rejection,
    facts: Mapping[str, object],
    actor: Actor,
) -> None:
    about = ledger.About.of_study(study, subject_id=rejection.id)
    ledger.record(kind, about, facts, actor=actor)


# --- notes that came before their objects ---------------------------------------------------------


def apply_awaited(study: Study) -> int:
    """Hide what an earlier note rejects and has come meanwhile; how many.

    Storing does so itself, save when note and object came in the same moment.
    """
    awaited = _awaited(study).filter(study_instance_uid=study.study_instance_uid)
    if not awaited.exists():
        return 0
    with transaction.atomic():
        locks.hold(study.id)
        came = Instance.objects.filter(
            study=study, sop_instance_uid__in=awaited.values("sop_instance_uid")
        )
        return sum(apply_to(instance) for instance in list(came))


def _awaited(study: Study) -> QuerySet[RejectedObject]:
    """What notes that came before reject of it: its controller's, those of who was controller
    before, and those of the producer that has begun it, while that may store in the register.
    """
    former = RegisterHolding.objects.filter(register=study.register_id)
    by = [study.register.organisation_id, *former.values_list("organisation_id", flat=True)]
    begun = study.authorisation
    if begun is not None and begun.producer_id is not None:
        writing = standing.writing(
            begun.producer_id, study.environment, {standing.person_id(study.patient)}, now()
        )
        if writing.filter(register=study.register_id).exists():
            by.append(begun.producer_id)
    return RejectedObject.objects.filter(
        environment=study.environment,
        rejection__organisation__in=by,
        ended_at=None,
        instance=None,
    )


def apply_to(instance: Instance) -> bool:
    """Hide one object that has just come, in the caller's transaction, if a note awaits it. Where
    several do, they fall on it in the order in which they were made.
    """
    awaited = _awaited(instance.study).filter(sop_instance_uid=instance.sop_instance_uid)
    rows = awaited.select_related("rejection").order_by("rejection__made_at", "id")
    return any([_fall_on(instance, each) for each in rows])


def fall_again(note: Rejection, instance_id: UUID) -> None:
    """Do again what a note did to an object that came after it, if it awaits it still."""
    instance = Instance.objects.select_related("study").get(id=instance_id)
    with transaction.atomic():
        locks.hold(instance.study_id)
        instance.refresh_from_db()
        waiting = RejectedObject.objects.filter(rejection=note, ended_at=None, instance=None)
        at = max(instance.received_at, note.made_at)
        for row in waiting.filter(sop_instance_uid=instance.sop_instance_uid):
            if _fall_on(instance, row, replayed_at=at):
                wake(instance.study)
                _count_again({instance.study_id})


def _fall_on(
    instance: Instance, awaited: RejectedObject, *, replayed_at: datetime | None = None
) -> bool:
    """What would have been refused had the object been there holds no more, and awaits nothing."""
    note, at = awaited.rejection, replayed_at or now()
    this = RejectedObject.objects.filter(id=awaited.id, ended_at=None)
    holds = correction.may_follow(note.title, instance.rejection)
    if not holds or not is_meant(note, instance):
        this.update(instance=instance)
        why = OF_ANOTHER if holds else REJECTED_ALREADY
        if _end(this, by=note.actor_name, why=why, at=at) and holds and replayed_at is None:
            _report_other_patient(note, instance)
        return False
    here = RejectedObject.objects.filter(instance=instance, ended_at=None)
    if not this.update(instance=instance):
        return False  # revoked a moment ago
    _end(here.exclude(id=awaited.id), by=note.actor_name, why=STRICTER, at=at)
    Rejection.objects.filter(id=note.id, study=None).update(study=instance.study_id)
    instance.rejection = note.title
    instance.save(update_fields=["rejection"])
    return True


def is_meant(note: Rejection, instance: Instance) -> bool:
    """Whether an object that came after the note is of the patient whom the note names."""
    patient = named_persons.patient_of(note)
    rows = Instance.objects.filter(id=instance.id)
    return patient is None or named_persons.is_meant(patient, instance.study, rows)


def _report_other_patient(note: Rejection, instance: Instance) -> None:
    """Its sender was told success, and the image is shown: a case, once a note."""
    error_desk.report(
        RejectionOfAnother(),
        environment=note.environment,
        place=STORE,
        who=Who(note.organisation_id, note.connection_id),
        what=What(
            study_id=instance.study_id,
            subject_id=note.id,
            study_instance_uid=instance.study.study_instance_uid,
            sop_instance_uid=note.note_uid,
        ),
        once=True,
    )


def leave_out(study_id: UUID) -> None:
    """A study of which nothing is shown is found no more, in the transaction of a rejected object.

    That holds the study's lock together with others who store. To wait until they have gone, as
    they might wait for us, would be a deadlock: what they write is counted by registration.
    """
    if (
        locks.try_hold(study_id)
        and not Instance.objects.filter(study=study_id, rejection="").exists()
    ):
        _update(study_id, EMPTIED)


# --- revocation -----------------------------------------------------------------------------------


def revoke(
    actor: Actor,
    rejection: Rejection,
    *,
    reason: str,
    object_ids: Iterable[UUID] | None = None,
    replayed_at: datetime | None = None,
) -> int:
    """Give objects of a rejection back, all or some; how many. `replayed_at`: as was once decided.

    What never came is awaited no more. Raises OthersObjects.
    """
    with transaction.atomic():
        found = _held(rejection, object_ids)
        here = [row.instance for row in found if row.instance is not None]
        studies = {row.study_id: row.study for row in sorted(here, key=_of_study)}
        for study in studies.values() if replayed_at is None else ():
            rows_of_it = Instance.objects.filter(id__in=[row.id for row in here], study=study)
            named_persons.require_of_its_person(study, rows_of_it)
        these = RejectedObject.objects.filter(id__in=[row.id for row in found])
        ended = _end(these, by=actor.name, why=reason, at=replayed_at or now())
        Instance.objects.filter(id__in=[row.id for row in here], rejection=rejection.title).update(
            rejection=""
        )
        for study in studies.values():
            count = sum(row.study_id == study.id for row in here)
            facts = {"title": rejection.title, "objects": count, "reason": reason}
            _record(ledger.Kind.REJECTION_REVOKED, study, rejection, facts, actor)
            wake(study)
        _count_again(studies.keys())
        if found and replayed_at is None:
            _keep_revocation(actor, rejection, [row.sop_instance_uid for row in found], reason)
        return ended


def _held(rejection: Rejection, object_ids: Iterable[UUID] | None) -> list[RejectedObject]:
    """What a note rejects or awaits now, held with its studies: none of it comes, is rejected
    otherwise or given back by another meanwhile.
    """
    live = RejectedObject.objects.filter(rejection=rejection, ended_at=None)
    if object_ids is not None:
        live = live.filter(id__in=list(object_ids))
    # Also those of which an awaited object may be about to come.
    studies = Study.objects.filter(
        environment=rejection.environment, study_instance_uid__in=live.values("study_instance_uid")
    )
    locks.hold(*studies.values_list("id", flat=True))
    related = (f"instance__study__{each}" for each in ("register", "patient", "overlay"))
    found = list(live.select_related(*related).select_for_update(of=("self",)))
    locks.hold(*{row.instance.study_id for row in found if row.instance is not None})
    return found


def _keep_revocation(actor: Actor, rejection: Rejection, uids: list[str], reason: str) -> None:
    facts = {
        "note": bytes(rejection.digest).hex(),
        "objects": uids,
        "reason": reason,
        "actor": actor_facts(actor),
    }
    vault.keep_record(rejection.environment, "revocation", facts, at=now())
