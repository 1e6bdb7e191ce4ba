"""Registration: from stored and documented to registered, by itself, whichever came first (AR-4,
XD-2).

`advance` is the one road. It is run by a job, may be run at any time and any number of times, and
moves a study as far as the facts allow: receiving, waiting for documents, registering, registered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q, Sum

from archive import jobs, ledger, locks
from archive.actors import Actor
from archive.config import settings
from archive.errors import ArchiveError, DocumentsLate, StudyUidDiffers
from archive.errors.corrections import StudyOfTwo
from archive.errors.persons import BirthContradicts
from archive.errors.retrieval import ObjectsAwaited
from archive.models import (
    Instance,
    JobKind,
    LedgerEvent,
    Study,
    StudyState,
    WebhookEvent,
)
from archive.queries import standing
from archive.rules import linkage
from archive.services import (
    committed,
    error_desk,
    indexing,
    named_persons,
    notices,
    publishing,
    rejections,
    series_told,
    set_aside,
    source_manifests,
    study_papers,
    webhook_events,
)
from archive.services.error_desk import Place, What, Who
from archive.values import now

REGISTER = Place("job", "registration")
DOCUMENTS = Place("job", "documents")
BROUGHT = Place("job", "source-manifest")
PERSONS = Place("job", "persons")
BIRTH = Place("job", "birth")
JUDGED_BY = (
    *("patient_id", "register_id", "accession_number", "study_code", "description", "study_id"),
    *("study_date", "study_time", "overlay_id"),
)
TOLD = {
    ledger.Kind.STUDY_WAITING: WebhookEvent.STUDY_WAITING,
    ledger.Kind.STUDY_REGISTERED: WebhookEvent.STUDY_REGISTERED,
}


@dataclass(frozen=True, slots=True)
class Stored:
    """What the archive holds of a study at this moment; `rejected` is not among the instances."""

    instances: int
    rejected: int
    size: int
    last_at: datetime | None
    uncommitted: int
    modalities: list[str]


def documents_arrived(
    environment: str, controller_oid: str, accession: str, patient_id: UUID
) -> None:
    """Wake the studies that a document may complete, in the caller's transaction, in one order."""
    rows = Study.objects.filter(
        environment=environment,
        register__controller_oid=controller_oid,
        accession_number=accession,
    ).filter(standing.of_person(patient_id))
    rows = rows.exclude(state__in=(StudyState.CORRECTED, StudyState.DESTROYED))
    for study in rows.order_by("id"):
        owe(study)


def owe(study: Study) -> None:
    """Owe a study's registration at once."""
    jobs.defer(JobKind.REGISTRATION, study.id, environment=study.environment, study_id=study.id)


def register_again(actor: Actor, study: Study) -> None:
    """A person asks for it: the road is walked again from where the facts are."""
    with transaction.atomic():
        owe(study)
        about = ledger.About(environment=study.environment, subject_id=study.id, study_id=study.id)
        ledger.record(ledger.Kind.STUDY_RETRIED, about, {"what": "registration"}, actor=actor)


def advance(study_id: UUID) -> datetime | None:
    """Move a study on; when to look again, or None when something else will wake it."""
    study = _load(study_id)
    rejections.apply_awaited(study)
    stored = _stored(study)
    if stored.last_at is None or study.state == StudyState.DESTROYED:
        return None
    committed.tell(study_id)
    if not stored.instances:
        return _nothing_left(study, stored)
    if study.state == StudyState.CORRECTED:
        return None
    quiet_at = stored.last_at + timedelta(seconds=settings().quiet_seconds)
    if stored.uncommitted and now() < quiet_at:
        return quiet_at
    _count(study, stored)
    _put_modalities_right(study, stored)
    series_told.read_new(study)
    verdict = linkage.judge(_documents(study), study.study_instance_uid)
    _disagreements(study, verdict)
    study_papers.take_service_event(study)
    publishing.part_from_others(study)
    _tell_of_two(study)
    _tell_of_birth(study)
    if verdict.missing:
        return _wait(study, verdict.missing, stored.last_at)
    if study.state == StudyState.REGISTERED and publishing.is_up_to_date(study):
        _settle(study)  # woken by a late or doubled document
        return None
    return _register(study)


def _load(study_id: UUID) -> Study:
    related = (
        *("register__organisation", "patient__survivor", "connection__organisation"),
        "overlay",
    )
    return Study.objects.select_related(*related).get(id=study_id)


def _stored(study: Study) -> Stored:
    shown = Q(rejection="")
    found = Instance.objects.filter(study=study).aggregate(
        instances=Count("id", filter=shown),
        rejected=Count("id", filter=~shown),
        size=Sum("size", filter=shown, default=0),
        last_at=Max("received_at"),
        uncommitted=Count("id", filter=shown & Q(committed_at=None)),
        modalities=rejections.modalities(shown),
    )
    return Stored(**found)


def _put_modalities_right(study: Study, stored: Stored) -> None:
    """Counted again while no object can come, that none of a new series gets lost."""
    if set(stored.modalities) == set(study.modalities):
        return
    with transaction.atomic():
        locks.hold(study.id)
        listed = rejections.modalities(Q(rejection=""))
        shown = Instance.objects.filter(study=study).aggregate(listed=listed)
        Study.objects.filter(id=study.id).update(modalities=shown["listed"])


def _count(study: Study, stored: Stored) -> None:
    """The exact counts, and the log entry of associations whose receiver was killed, or that only
    a ledger of before knows.
    """
    Study.objects.filter(id=study.id).update(
        instance_count=stored.instances, byte_count=stored.size, quiet_since=stored.last_at
    )
    brought = (
        Instance.objects.filter(study=study)
        .values("association_id")
        .annotate(count=Count("id"), size=Sum("size"), last=Max("received_at"))
    )
    told = set(
        LedgerEvent.objects.filter(
            study_id=study.id, kind=ledger.Kind.STUDY_STORED.word
        ).values_list("correlation_id", flat=True)
    )
    for row in brought:
        if row["association_id"] not in told and row["last"] < now() - timedelta(
            seconds=settings().dicom_timeout
        ):
            about = ledger.About(
                environment=study.environment,
                subject_id=study.id,
                study_id=study.id,
                correlation_id=row["association_id"],
            )
            how = "rebuilt" if indexing.is_made_again(row["association_id"]) else "broken_off"
            facts = {"instances": row["count"], "bytes": row["size"], how: True}
            ledger.record(ledger.Kind.STUDY_STORED, about, facts, at=row["last"])


def _documents(study: Study) -> list[linkage.Tied]:
    return [
        linkage.Tied(row.id, row.kind, row.study_instance_uid) for row in study_papers.tied(study)
    ]


def _disagreements(study: Study, verdict: linkage.Verdict) -> None:
    """A document that names another study while its own kind is missing is a case, once."""
    for document_id in verdict.disagreeing:
        _on_desk(study, StudyUidDiffers(), DOCUMENTS, subject_id=document_id)


def _on_desk(
    study: Study,
    error: ArchiveError,
    place: Place,
    *,
    subject_id: UUID,
    job_id: UUID | None = None,
) -> None:
    error_desk.report(
        error,
        environment=study.environment,
        place=place,
        who=Who(study.register.organisation_id, None),
        what=_about(study, subject_id, job_id),
        once=True,
    )


def _about(study: Study, subject_id: UUID, job_id: UUID | None = None) -> What:
    return What(
        study_id=study.id,
        subject_id=subject_id,
        job_id=job_id,
        accession_number=study.accession_number,
        study_instance_uid=study.study_instance_uid,
    )


def _wait(study: Study, missing: tuple[str, ...], since: datetime) -> datetime | None:
    """Say what is missing; when it has been too long, say it to the sender's desk too (AR-4)."""
    waits_for = ",".join(missing)
    with transaction.atomic():
        changed = _move(study, StudyState.WAITING, waits_for=waits_for)
        if changed and publishing.names_rejected(study):
            publishing.withdraw(study, why="rejected")
        if changed:
            publishing.withdraw_brought(study)
        if changed and (study.state != StudyState.WAITING or study.waits_for != waits_for):
            _record(study, ledger.Kind.STUDY_WAITING, {"missing": list(missing)})
    if not changed:
        return now() + timedelta(seconds=settings().quiet_seconds)
    error_desk.settle(study.id, REGISTER.step)
    error_desk.settle_resent(study)
    late_at = since + timedelta(hours=settings().documents_late_hours)
    if now() < late_at:
        return late_at
    _on_desk(study, DocumentsLate(facts={"missing": waits_for}), DOCUMENTS, subject_id=study.id)
    return None


def _nothing_left(study: Study, stored: Stored) -> datetime | None:
    """All its objects are rejected: the manifest is withdrawn, and who was told of it is told."""
    _count(study, stored)
    with transaction.atomic():
        if not _move(study, StudyState.CORRECTED, is_empty=True, waits_for=""):
            return now()
        publishing.withdraw_brought(study)
        withdrawn = publishing.withdraw(study, why="rejected")
        if withdrawn is not None:
            notices.owe(study, withdrawn, withdraws=True)
    error_desk.settle(study.id, PERSONS.step, BIRTH.step)
    _settle(study)
    return None


def _move(study: Study, state: StudyState, *, is_empty: bool = False, **columns: object) -> bool:
    """Change the state unless objects are coming in: those put it back to receiving themselves. Nor
    where the study was corrected, or its patient merged, since it was judged. None can come while
    it is counted here, so the counts hold as long as the state does.
    """
    locks.hold(study.id)
    came = Instance.objects.filter(study=study, received_at__gt=study_seen_at(study)).exists()
    if came or not _is_as_judged(study):
        return False
    counted = _counted(study)
    if is_empty and counted["instance_count"]:
        return False  # it came unseen: its receiving had begun before that of the last one
    kept = Study.objects.filter(id=study.id).exclude(state=StudyState.DESTROYED)
    return bool(kept.update(state=state, **counted, **columns))


def _is_as_judged(study: Study) -> bool:
    """Its documents were looked for, and its manifest will be made, by what was read of it."""
    fresh = _load(study.id)
    same_person = fresh.patient.survivor_id == study.patient.survivor_id
    return same_person and all(getattr(fresh, each) == getattr(study, each) for each in JUDGED_BY)


def _counted(study: Study) -> dict[str, object]:
    shown = Instance.objects.available().filter(study=study)
    return shown.aggregate(instance_count=Count("id"), byte_count=Sum("size", default=0))


def study_seen_at(study: Study) -> datetime:
    """The newest object that this walk has counted."""
    seen = Study.objects.filter(id=study.id).values_list("quiet_since", flat=True).get()
    return seen or now()


def _register(study: Study) -> datetime | None:
    """Make and register the manifest between two guarded moves; objects that come meanwhile win."""
    with transaction.atomic():
        if not _move(study, StudyState.REGISTERING, waits_for=""):
            return now()
        if study_papers.stand_with_them(study):
            _record(study, ledger.Kind.STUDY_REFILED, {"register": study.register_id})
    manifest = publishing.prepare(study)
    with transaction.atomic():
        locks.hold(study.id)
        held = Study.objects.filter(id=study.id, state=StudyState.REGISTERING)
        if not held.update(state=StudyState.REGISTERED, registered_at=now()):
            publishing.abandon(study, manifest)
            return now()
        if manifest is not None:
            document = publishing.publish(study, manifest)
            facts = {"instances": manifest.instances, "series": manifest.series}
            _record(study, ledger.Kind.MANIFEST_REGISTERED, facts, subject_id=document.id)
            notices.owe(study, document)
        if manifest is not None or study.state != StudyState.REGISTERED:
            _record(study, ledger.Kind.STUDY_REGISTERED, publishing.counts(study))
    _settle(study)
    return None


def _tell_of_two(study: Study) -> None:
    """What came while two ids were one may name the other one, since that merge was undone."""
    if not named_persons.were_parted(study):
        return
    if named_persons.names_another(study):
        _on_desk(study, StudyOfTwo(), PERSONS, subject_id=study.id)
    else:
        error_desk.settle(study.id, PERSONS.step)


def _tell_of_birth(study: Study) -> None:
    """Of another day of birth than the patient's code says, for its sender to find out whose the
    images are. They are kept and given as ever.
    """
    if not named_persons.tells_other_birth(study):
        error_desk.settle(study.id, BIRTH.step)
        return
    error_desk.watched(
        BirthContradicts(),
        environment=study.environment,
        place=BIRTH,
        who=Who(study.register.organisation_id, None),
        what=_about(study, study.id),
    )


def _settle(study: Study) -> None:
    """What stood on the desk about the study's road is solved."""
    error_desk.settle(study.id, DOCUMENTS.step, REGISTER.step)
    error_desk.settle_resent(study)
    set_aside.settle(study.environment, study)
    _compare_with_sources(study)


def _compare_with_sources(study: Study) -> None:
    """A source's manifest that names more than has come stays in force, and on the desk until the
    rest is here.
    """
    awaited = [each for each in source_manifests.of_study(study) if each.missing]
    if not awaited:
        error_desk.settle(study.id, BROUGHT.step)
    for each in awaited:
        facts = {"named": str(each.named), "missing": str(each.missing)}
        _on_desk(study, ObjectsAwaited(facts=facts), BROUGHT, subject_id=each.document.id)


def give_up(study_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    """The road cannot be walked for a fault of ours: the desk has it, with the job to redo."""
    study = _load(study_id)
    ended = (StudyState.REGISTERED, StudyState.DESTROYED)
    Study.objects.filter(id=study_id).exclude(state__in=ended).update(state=StudyState.FAILED)
    _on_desk(study, error, REGISTER, subject_id=study_id, job_id=job_id)


def tell_of_waiting(study_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    """The same, but that is tried on: what it waits for is ours, and is back some day."""
    _on_desk(_load(study_id), error, REGISTER, subject_id=study_id, job_id=job_id)


def _record(
    study: Study, kind: ledger.Kind, facts: Mapping[str, object], *, subject_id: UUID | None = None
) -> None:
    ledger.record(kind, ledger.About.of_study(study, subject_id=subject_id), facts)
    if kind in TOLD:
        webhook_events.of_study(TOLD[kind], study)
