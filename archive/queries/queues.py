"""Jobs by kind, those that do not move and why, and the processes that do them (NF-6)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from archive.models import (
    Case,
    CaseEvent,
    EventOutcome,
    Heartbeat,
    Job,
    JobKind,
    JobState,
    QueueHold,
)
from archive.queries import keyset
from archive.queries.health import STALE
from archive.values import now

LATE = timedelta(minutes=5)  # due for so long, a job is stuck
LIVE = (JobState.WAITING, JobState.RUNNING)
ORDER = (keyset.Key("not_before", keyset.moment), keyset.Key("id", UUID))
LATEST = (keyset.Key("ended_at", keyset.moment, True), keyset.Key("id", UUID, True))
DEAD_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Queue:
    """`due` wait and should run by now; `dead` are those of `given_up`."""

    kind: JobKind
    waiting: int = 0
    due: int = 0
    running: int = 0
    dead: int = 0
    oldest_due_at: datetime | None = None
    hold: QueueHold | None = None

    @property
    def is_stuck(self) -> bool:
        return self.oldest_due_at is not None and self.oldest_due_at < now() - LATE


def queues() -> list[Queue]:
    """Every kind, also the empty ones. Done jobs are not counted: they are all of the past."""
    at = now()
    is_due = Q(state=JobState.WAITING, not_before__lte=at)
    rows = (
        Job.objects.filter(state__in=LIVE)
        .values("kind")
        .annotate(
            waiting=Count("id", filter=Q(state=JobState.WAITING)),
            due=Count("id", filter=is_due),
            running=Count("id", filter=Q(state=JobState.RUNNING)),
            oldest_due_at=Min("not_before", filter=is_due),
        )
        .order_by()
    )
    found = {row["kind"]: row for row in rows}
    ended = given_up().values("kind").annotate(count=Count("id")).order_by()
    dead = {row["kind"]: row["count"] for row in ended}
    holds = {hold.kind: hold for hold in QueueHold.objects.all()}
    return [_queue(kind, found.get(kind), dead.get(kind, 0), holds.get(kind)) for kind in JobKind]


def _queue(
    kind: JobKind, row: Mapping[str, Any] | None, dead: int, hold: QueueHold | None
) -> Queue:
    if row is None:
        return Queue(kind, dead=dead, hold=hold)
    return Queue(
        kind,
        waiting=row["waiting"],
        due=row["due"],
        running=row["running"],
        dead=dead,
        oldest_due_at=row["oldest_due_at"],
        hold=hold,
    )


def stuck() -> QuerySet[Job]:
    """Jobs long due that nobody does, the longest first."""
    return Job.objects.filter(state=JobState.WAITING, not_before__lt=now() - LATE)


def why(job: Job, holds: Iterable[str], called: Iterable[UUID | None]) -> str:
    """The stable word of why a job does not move."""
    if job.kind in holds:
        return "held"
    if job.peer_id is not None and job.peer_id in called:
        return "peer-is-called"
    if job.last_error:
        return "failed-before"
    return "not-carried" if job.sent_at is None else "not-claimed"


@dataclass(frozen=True, slots=True)
class Dead:
    """A job that was given up, and the case it is on. `again`: it has been set going since."""

    job: Job
    case: Case | None
    again: bool


def given_up() -> QuerySet[Job]:
    """Within a week, and neither solved nor ignored since."""
    rows = Job.objects.filter(state=JobState.DEAD, ended_at__gte=now() - DEAD_FOR)
    events = CaseEvent.objects.filter(job_id=OuterRef("id"))
    ended = events.filter(outcome__in=(EventOutcome.SOLVED, EventOutcome.IGNORED))
    return rows.exclude(Exists(ended))


def with_cases(rows: Sequence[Job]) -> list[Dead]:
    found = CaseEvent.objects.filter(job_id__in=[row.id for row in rows]).select_related("case")
    cases = {event.job_id: event.case for event in found.order_by("at")}
    kinds, subjects = {row.kind for row in rows}, {row.subject_id for row in rows}
    live = Job.objects.filter(kind__in=kinds, subject_id__in=subjects, state__in=LIVE)
    going = set(live.values_list("kind", "subject_id"))
    return [Dead(row, cases.get(row.id), (row.kind, row.subject_id) in going) for row in rows]


def called_peers() -> set[UUID | None]:
    rows = Job.objects.filter(state=JobState.RUNNING, peer_id__isnull=False)
    return set(rows.values_list("peer_id", flat=True))


@dataclass(frozen=True, slots=True)
class Process:
    """A listener or worker by its heartbeat."""

    kind: str
    instance: str
    version: str
    started_at: datetime
    at: datetime

    @property
    def is_alive(self) -> bool:
        return self.at >= now() - STALE


def processes() -> list[Process]:
    rows = Heartbeat.objects.order_by("kind", "instance")
    return [
        Process(row.kind, row.instance, row.facts.get("version", ""), row.started_at, row.at)
        for row in rows
    ]


def held_kinds() -> set[str]:
    return set(QueueHold.objects.values_list("kind", flat=True))
