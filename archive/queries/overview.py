"""What the overview shows: today's flow, what waits, open cases, queues, who is alive. One query
a list.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import ExtractHour

from archive.models import (
    Case,
    CaseEvent,
    CaseState,
    Heartbeat,
    Job,
    JobState,
    Organisation,
    Study,
    StudyState,
)
from archive.queries.health import STALE
from archive.queries.queues import LATE as LATE_AFTER
from archive.values import HELSINKI, now, today

HOURS = 24
COUNTED = 10_001  # one more than is ever said: "over 10,000"
EXPECTED = ("dicom", "hl7", "worker")

AGES: tuple[tuple[str, timedelta], ...] = (
    ("minutes", timedelta(minutes=10)),
    ("hour", timedelta(hours=1)),
    ("hours", timedelta(hours=4)),
    ("day", timedelta(hours=24)),
    ("days", timedelta(days=3)),
    ("longer", timedelta(days=36_500)),
)
LATE = frozenset({"days", "longer"})  # archive.config: documents_late_hours is a day


def midnight() -> datetime:
    """Where the Finnish day began."""
    day = today()
    return datetime(day.year, day.month, day.day, tzinfo=HELSINKI)


@dataclass(slots=True)
class Flow:
    """A customer's day: studies received and failures by Finnish clock hour, and studies by
    state.
    """

    organisation: Organisation
    received: list[int] = field(default_factory=lambda: [0] * HOURS)
    failed: list[int] = field(default_factory=lambda: [0] * HOURS)
    states: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.received)

    @property
    def failures(self) -> int:
        return sum(self.failed)


def flows(environment: str, organisations: Iterable[Organisation]) -> list[Flow]:
    """Today's flow of each of these customers that had any; the busiest first."""
    made = {organisation.id: Flow(organisation) for organisation in organisations}
    since = midnight()
    hour = ExtractHour("received_at", tzinfo=HELSINKI)
    studies = (
        Study.objects.filter(environment=environment, received_at__gte=since)
        .values("state", who=F("connection__organisation_id"), hour=hour)
        .annotate(count=Count("id"))
    )
    for row in studies.order_by():
        if flow := made.get(row["who"]):
            flow.received[row["hour"]] += row["count"]
            flow.states[row["state"]] = flow.states.get(row["state"], 0) + row["count"]
    for who, at_hour, count in _failures(environment, since):
        if who is not None and (flow := made.get(who)):
            flow.failed[at_hour] += count
    busy = [flow for flow in made.values() if flow.total or flow.failures]
    return sorted(busy, key=lambda flow: (-flow.total - flow.failures, flow.organisation.name))


def _failures(environment: str, since: datetime) -> Iterable[tuple[UUID | None, int, int]]:
    rows = (
        CaseEvent.objects.filter(case__environment=environment, at__gte=since)
        .values(who=F("case__organisation_id"), hour=ExtractHour("at", tzinfo=HELSINKI))
        .annotate(count=Count("id"))
    )
    return [(row["who"], row["hour"], row["count"]) for row in rows.order_by()]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Studies that wait for documents: how many, since when, and in which class of age."""

    count: int
    oldest_at: datetime | None
    ages: Mapping[str, int]


def waiting(environment: str, organisation_ids: Iterable[UUID] | None = None) -> Waiting:
    at = now()
    counts: dict[str, Count] = {}
    younger = timedelta(0)
    for name, limit in AGES:
        inside = Q(received_at__lte=at - younger, received_at__gt=at - limit)
        counts[name] = Count("id", filter=inside)
        younger = limit
    rows = Study.objects.filter(environment=environment, state=StudyState.WAITING)
    if organisation_ids is not None:
        rows = rows.filter(connection__organisation_id__in=list(organisation_ids))
    found = rows.aggregate(total=Count("id"), oldest=Min("received_at"), **counts)
    return Waiting(found["total"], found["oldest"], {name: found[name] for name, _limit in AGES})


def oldest_waiting(environment: str, limit: int = 5) -> list[Study]:
    """The studies that wait longest, with whose they are."""
    rows = Study.objects.filter(environment=environment, state=StudyState.WAITING)
    return list(
        rows.select_related("connection__organisation").order_by("received_at", "id")[:limit]
    )


def open_cases(
    environment: str, limit: int = 8, organisation_ids: Iterable[UUID] | None = None
) -> list[Case]:
    """Open cases, the latest first."""
    rows = Case.objects.filter(environment=environment, state=CaseState.OPEN)
    if organisation_ids is not None:
        rows = rows.filter(organisation_id__in=list(organisation_ids))
    return list(
        rows.select_related("organisation", "connection").order_by("-last_at", "-id")[:limit]
    )


def open_case_count(environment: str) -> int:
    """Counted to 10,001 only."""
    return Case.objects.filter(environment=environment, state=CaseState.OPEN)[:COUNTED].count()


@dataclass(frozen=True, slots=True)
class Queue:
    kind: str
    waiting: int
    running: int
    stuck: int  # as the page of queues says it


def queues(environment: str) -> list[Queue]:
    """Work that is owed, by kind."""
    stuck = Q(state=JobState.WAITING, not_before__lt=now() - LATE_AFTER)
    rows = (
        Job.objects.filter(environment=environment, state__in=(JobState.WAITING, JobState.RUNNING))
        .values("kind")
        .annotate(
            waiting=Count("id", filter=Q(state=JobState.WAITING)),
            running=Count("id", filter=Q(state=JobState.RUNNING)),
            stuck=Count("id", filter=stuck),
        )
    )
    return [
        Queue(row["kind"], row["waiting"], row["running"], row["stuck"])
        for row in rows.order_by("kind")
    ]


@dataclass(frozen=True, slots=True)
class Interface:
    """A kind of process: when one of it was last heard of, if ever, and how many live."""

    kind: str
    at: datetime | None
    alive: int

    @property
    def answers(self) -> bool:
        return self.alive > 0


def interfaces() -> list[Interface]:
    """By heartbeat rows, as /health/ready does; what must live is listed though never heard."""
    fresh = Q(at__gte=now() - STALE)
    rows = Heartbeat.objects.values("kind").annotate(
        last=Max("at"), alive=Count("id", filter=fresh)
    )
    heard = {row["kind"]: Interface(row["kind"], row["last"], row["alive"]) for row in rows}
    return [heard.get(kind, Interface(kind, None, 0)) for kind in sorted({*heard, *EXPECTED})]
