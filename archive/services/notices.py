"""Confirmations of registration (IAN) owed to customers, each delivered or given up to the desk
(AR-5).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from archive import jobs, ledger
from archive.actors import Actor
from archive.config import settings
from archive.errors import ArchiveError, PeerTakenOut, Refused
from archive.models import (
    AvailabilityNotice,
    Connection,
    ConnectionKind,
    Document,
    DocumentStatus,
    Instance,
    JobKind,
    NoticeState,
    Study,
    StudyState,
)
from archive.models.dated import valid_on
from archive.objects.messages import Notice, Target
from archive.queries import study as queries
from archive.services import error_desk
from archive.services.connections import target_of
from archive.services.error_desk import Place, What, Who
from archive.values import now, today

DELIVER = Place("dicom", "notice")


@dataclass(frozen=True, slots=True)
class Owed:
    """A notice with where it goes, ready for the edge."""

    target: Target
    notice: Notice


def owe(study: Study, manifest: Document, *, withdraws: bool = False) -> int:
    """One notice for each of the sender's systems that has IAN on, in the caller's transaction;
    another when the manifest it told of is withdrawn.
    """
    count = 0
    for connection in _receivers(study):
        _supersede(study, connection)
        notice, made = AvailabilityNotice.objects.get_or_create(
            manifest=manifest,
            connection=connection,
            withdraws=withdraws,
            defaults={"environment": study.environment, "study": study, "made_at": now()},
        )
        if made:
            _defer(notice)
            count += 1
    return count


def _receivers(study: Study) -> list[Connection]:
    """Of a sender that has no system here any more, those of whom its register has passed to."""
    here = _systems(study, study.connection.organisation_id)
    if not here:
        here = _systems(study, study.register.organisation_id)
    return [row for row in here if row.ian_on]


def _systems(study: Study, organisation_id: UUID) -> list[Connection]:
    rows = Connection.objects.filter(
        valid_on(today()),
        organisation_id=organisation_id,
        environment=study.environment,
        kind=ConnectionKind.DICOM,
    )
    return list(rows)


def _supersede(study: Study, connection: Connection) -> None:
    """A later notice says all that an undelivered earlier one said."""
    AvailabilityNotice.objects.filter(
        study=study, connection=connection, state=NoticeState.PENDING
    ).update(state=NoticeState.SUPERSEDED)


def _defer(notice: AvailabilityNotice) -> None:
    jobs.defer(
        JobKind.NOTICE,
        notice.id,
        environment=notice.environment,
        organisation_id=notice.connection.organisation_id,
        study_id=notice.study_id,
        peer_id=notice.connection_id,
    )


def owed(notice_id: UUID) -> Owed | None:
    """What to send and where; None when it needs no sending any more."""
    notice = AvailabilityNotice.objects.select_related("connection", "study").get(id=notice_id)
    if notice.state in (NoticeState.DELIVERED, NoticeState.SUPERSEDED):
        return None
    if not notice.connection.is_valid_on(today()):
        _let_go(notice)
        return None
    title = settings().ae_title(notice.environment)
    rows = (
        Instance.objects.filter(study_id=notice.study_id)
        .order_by("series_id", "id")
        .values_list(
            *("series__series_instance_uid", "sop_class_uid", "sop_instance_uid"),
            *("rejection", "damaged_at"),
        )
    )
    series: dict[str, list[tuple[str, str]]] = {}
    unavailable: set[str] = set()
    destroyed = notice.study.state == StudyState.DESTROYED
    for series_uid, sop_class, uid, rejection, damaged_at in rows:
        series.setdefault(series_uid, []).append((sop_class, uid))
        if rejection or damaged_at or destroyed:
            unavailable.add(uid)
    message = Notice(notice.study.study_instance_uid, title, list(series.items()), unavailable)
    return Owed(target_of(notice.connection), message)


def _let_go(notice: AvailabilityNotice) -> None:
    """The system was taken out of use since, and who is at its address now is not known. Nobody
    has to do anything, so it is no case.
    """
    gone = PeerTakenOut()
    with transaction.atomic():
        AvailabilityNotice.objects.filter(id=notice.id).update(
            state=NoticeState.FAILED, last_error=gone.detail, last_reason=gone.reason()
        )
        _record_failure(ledger.Kind.NOTICE_GIVEN_UP, notice, gone)


def delivered(notice_id: UUID, told: Notice | None = None) -> None:
    """What was told; where that has changed while it was under way it is still to be told anew. The
    case is held before the notice.
    """
    with transaction.atomic():
        error_desk.settle(notice_id, DELIVER.step)
        notice = AvailabilityNotice.objects.select_for_update().get(id=notice_id)
        if not jobs.is_owed_again(JobKind.NOTICE, notice_id):
            notice.state = NoticeState.DELIVERED
        notice.delivered_at, notice.last_error = now(), ""
        notice.tries = F("tries") + 1
        notice.save(update_fields=["state", "delivered_at", "last_error", "tries"])
        notice.refresh_from_db()
        facts = {"tries": notice.tries, **(_gone(told) if told else {})}
        _record(ledger.Kind.NOTICE_DELIVERED, notice, facts)


def _gone(told: Notice) -> dict[str, object]:
    """How many of how many objects it called unavailable; nothing of a plain confirmation."""
    if not told.unavailable:
        return {}
    objects = sum(len(references) for _series, references in told.series)
    return {"unavailable": len(told.unavailable), "objects": objects}


def not_delivered(notice_id: UUID, error: ArchiveError) -> int:
    """One more try has failed; how many have."""
    with transaction.atomic():
        AvailabilityNotice.objects.filter(id=notice_id).update(
            tries=F("tries") + 1, last_error=error.detail[:200], last_reason=error.reason()
        )
        notice = AvailabilityNotice.objects.select_related("connection").get(id=notice_id)
        _record_failure(ledger.Kind.NOTICE_UNDELIVERED, notice, error)
    return notice.tries


def give_up(notice_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    """All tries failed: the support desk has it, unless a later one says all that it said. The case
    is held before the notice, as by who sends what stands in it to another system.
    """
    with transaction.atomic():
        rows = AvailabilityNotice.objects.exclude(state=NoticeState.SUPERSEDED)
        notice = rows.select_related("connection", "study").filter(id=notice_id).first()
        if notice is None:
            return
        error_desk.report(
            error,
            environment=notice.environment,
            place=DELIVER,
            who=Who(notice.connection.organisation_id, notice.connection_id),
            what=What(
                study_id=notice.study_id,
                subject_id=notice_id,
                job_id=job_id,
                accession_number=notice.study.accession_number,
                study_instance_uid=notice.study.study_instance_uid,
            ),
            facts={
                "tries": str(notice.tries),
                "peer": f"{notice.connection.host}:{notice.connection.port}",
            },
            once=True,
        )
        rows.filter(id=notice_id).update(state=NoticeState.FAILED)
        _record_failure(ledger.Kind.NOTICE_GIVEN_UP, notice, error)


def send_again(actor: Actor, study: Study) -> int:
    """Owe the newest notices of a study again, whatever became of them. How many."""
    with transaction.atomic():
        rows = queries.newest(queries.notices_of(study))
        for notice in rows:
            AvailabilityNotice.objects.filter(id=notice.id).update(
                state=NoticeState.PENDING, tries=0, last_error=""
            )
            _defer(notice)
        about = ledger.About(environment=study.environment, subject_id=study.id, study_id=study.id)
        ledger.record(
            ledger.Kind.STUDY_RETRIED, about, {"what": "notice", "notices": len(rows)}, actor=actor
        )
    return len(rows)


def tell_again(study_id: UUID, *, since: datetime) -> None:
    """Who was told of the manifest in force while an object was damaged was told that this one
    cannot be had; in the caller's transaction.
    """
    told = AvailabilityNotice.objects.filter(
        study=study_id,
        withdraws=False,
        state=NoticeState.DELIVERED,
        delivered_at__gte=since,
        manifest__status=DocumentStatus.APPROVED,
    )
    _owe_again(told)


def withdraw(study: Study, manifest: Document) -> int:
    """Who was told of a manifest is told anew, in the caller's transaction: its objects are given
    out no more. How many.
    """
    return _owe_again(AvailabilityNotice.objects.filter(manifest=manifest))


def _owe_again(told: QuerySet[AvailabilityNotice]) -> int:
    found = told.select_related("connection")
    rows = [row for row in found if row.connection.ian_on and row.connection.is_valid_on(today())]
    for notice in rows:
        AvailabilityNotice.objects.filter(id=notice.id).update(
            state=NoticeState.PENDING, tries=0, last_error=""
        )
        _defer(notice)
    return len(rows)


def redirect(actor: Actor, notice_id: UUID, connection: Connection) -> UUID:
    """Another system of the same customer is told instead; the id of the notice that goes there.

    Raises Refused for anybody else's system. One that has been told is not told twice.
    """
    with transaction.atomic():
        related = AvailabilityNotice.objects.select_related("connection").select_for_update(
            of=("self",)
        )
        notice = related.get(id=notice_id)
        own = (notice.connection.organisation_id, notice.environment, ConnectionKind.DICOM)
        if (connection.organisation_id, connection.environment, connection.kind) != own:
            raise Refused("the system is of another customer")
        if connection.id == notice.connection_id:
            return notice.id
        other, _made = AvailabilityNotice.objects.get_or_create(
            manifest_id=notice.manifest_id,
            connection=connection,
            withdraws=notice.withdraws,
            defaults={
                "environment": notice.environment,
                "study_id": notice.study_id,
                "made_at": now(),
            },
        )
        if other.state != NoticeState.DELIVERED:
            AvailabilityNotice.objects.filter(id=other.id).update(
                state=NoticeState.PENDING, tries=0, last_error=""
            )
        AvailabilityNotice.objects.filter(id=notice.id).update(state=NoticeState.SUPERSEDED)
        _defer(other)
        about = ledger.About(
            environment=notice.environment,
            organisation_id=connection.organisation_id,
            subject_id=notice.study_id,
            study_id=notice.study_id,
        )
        facts = {"what": "notice", "from": str(notice.connection), "to": str(connection)}
        ledger.record(ledger.Kind.STUDY_RETRIED, about, facts, actor=actor)
    return other.id


def _record_failure(kind: ledger.Kind, notice: AvailabilityNotice, error: ArchiveError) -> None:
    facts = {"tries": notice.tries, "error": error.detail, "cause": error.reason()}
    _record(kind, notice, facts)


def _record(kind: ledger.Kind, notice: AvailabilityNotice, facts: dict[str, object]) -> None:
    about = ledger.About(
        environment=notice.environment,
        organisation_id=notice.connection.organisation_id,
        subject_id=notice.id,
        study_id=notice.study_id,
    )
    peer = f"{notice.connection.aet} ({notice.connection.host}:{notice.connection.port})"
    ledger.record(kind, about, {**facts, "peer": peer})
