"""Cases of the support desk: lists by filters, a case's events, what they say together (SD-2)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from archive.errors import NotFound
from archive.models import Case, CaseEvent, CaseState, EventOutcome, Handling, Study
from archive.queries import keyset
from archive.queries.overview import COUNTED

EXPLAINED = 200  # the newest events that are asked for what they have in common
VALUES = 3
STUDIES = 20
OWED_TO_CUSTOMERS = ("notice", "commitment-report")

# Open cases stand before resolved ones, each with the latest first; the order of an index.
ORDER = (
    keyset.Key("state", str),
    keyset.Key("last_at", keyset.moment, True),
    keyset.Key("id", UUID, True),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of cases is narrowed by; empty means any. `of_organisations` is who may see."""

    environment: str = "production"
    of_organisations: tuple[UUID, ...] | None = None
    organisation_id: UUID | None = None
    state: str = ""
    edge: str = ""
    reason: str = ""
    since: datetime | None = None
    handling: str = ""
    severity: str = ""
    owner_id: UUID | None = None
    unowned: bool = False
    due_before: datetime | None = None


def narrowed(filters: Filters) -> QuerySet[Case]:
    """The cases that the filters leave, with whose they are."""
    rows = Case.objects.filter(environment=filters.environment)
    if filters.of_organisations is not None:
        rows = rows.filter(organisation_id__in=filters.of_organisations)
    exact = {
        "organisation_id": filters.organisation_id,
        "state": filters.state,
        "edge": filters.edge,
        "reason": filters.reason,
        "severity": filters.severity,
        "owner_id": filters.owner_id,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if filters.since is not None:
        rows = rows.filter(last_at__gte=filters.since)
    if filters.handling:
        rows = rows.filter(handling=filters.handling, state=CaseState.OPEN)
    if filters.unowned:
        rows = rows.filter(owner=None, state=CaseState.OPEN)
    if filters.due_before is not None:
        rows = rows.filter(due_at__lt=filters.due_before, state=CaseState.OPEN)
    return rows.select_related("organisation", "connection", "owner")


def page(rows: QuerySet[Case], *, after: str = "", before: str = "") -> keyset.Page[Case]:
    """One page of cases. Raises ValueError when a cursor is none."""
    return keyset.page(rows, ORDER, after=after, before=before)


@dataclass(frozen=True, slots=True)
class Counts:
    """Cases of a list, each number counted to 10,001 only."""

    all: int
    open: int
    yours: int


def counts(rows: QuerySet[Case], reasons: Iterable[str], *, is_staff: bool) -> Counts:
    """How many, how many open, and how many open that need the reader: by the cause, or by what
    the desk and the customer wait for; one bounded query.
    """
    is_open, waits = Q(state=CaseState.OPEN), Q(handling=Handling.WAITING)
    needs = Q(reason__in=list(reasons))
    desks = Q(handling__in=(Handling.RECURRING, Handling.ANSWERED))
    needs = (needs | desks) & ~waits if is_staff else needs | waits
    found = rows.order_by()[:COUNTED].aggregate(
        all=Count("id"),
        open=Count("id", filter=is_open),
        yours=Count("id", filter=is_open & needs),
    )
    return Counts(**found)


def case(case_id: UUID, of_organisations: Iterable[UUID] | None = None) -> Case:
    """One case; for a customer's people one of their own organisations'. Raises NotFound."""
    rows = Case.objects.select_related("organisation", "connection", "owner")
    if of_organisations is not None:
        rows = rows.filter(organisation_id__in=list(of_organisations))
    found = rows.filter(id=case_id).first()
    if found is None:
        raise NotFound()
    return found


def events(case: Case, *, after: str = "", before: str = "") -> keyset.Page[CaseEvent]:
    """A case's events, the latest first. Raises ValueError when a cursor is none."""
    rows = CaseEvent.objects.filter(case=case).select_related("study")
    return keyset.page(rows, keyset.NEWEST_EVENT, after=after, before=before)


def retryable(case: Case) -> list[UUID]:
    """Events whose work can be done again here, oldest first, 10,001 at most."""
    rows = retryable_events(CaseEvent.objects.filter(case=case)).order_by("at", "id")
    return list(rows.values_list("id", flat=True)[:COUNTED])


def repairable(case: Case) -> list[UUID]:
    """Events that the customer itself can put right: what we owe its own systems."""
    if case.place not in OWED_TO_CUSTOMERS:
        return []
    rows = CaseEvent.objects.filter(case=case, job_id__isnull=False, outcome=EventOutcome.OPEN)
    return list(rows.order_by("at", "id").values_list("id", flat=True)[:COUNTED])


def retryable_of(study: Study) -> dict[UUID, list[UUID]]:
    """A study's events whose work can be done again, by case, oldest first."""
    rows = retryable_events(CaseEvent.objects.filter(study=study)).order_by("at", "id")
    found: dict[UUID, list[UUID]] = {}
    for case_id, event_id in rows.values_list("case_id", "id")[:EXPLAINED]:
        found.setdefault(case_id, []).append(event_id)
    return found


def retryable_events(rows: QuerySet[CaseEvent]) -> QuerySet[CaseEvent]:
    """Those with work of ours behind them, or an HL7 message that is kept."""
    message = Q(case__edge="hl7", case__place="message", subject_id__isnull=False)
    return rows.filter(Q(job_id__isnull=False) | message, outcome=EventOutcome.OPEN)


@dataclass(frozen=True, slots=True)
class Explaining:
    """A fact of a case's events: its commonest values with how often, and how many other values."""

    name: str
    values: tuple[tuple[str, int], ...]
    others: int


def explaining(case: Case) -> list[Explaining]:
    """What the case's newest events say, fact by fact, in the order in which the facts are told."""
    told: dict[str, Counter[str]] = {}
    rows = CaseEvent.objects.filter(case=case).order_by("-at", "-id")
    for facts in rows.values_list("facts", flat=True)[:EXPLAINED]:
        for name, value in facts.items():
            if value not in ("", None):
                told.setdefault(name, Counter())[str(value)] += 1
    return [
        Explaining(name, tuple(values.most_common(VALUES)), max(0, len(values) - VALUES))
        for name, values in told.items()
    ]


def affected_studies(case: Case) -> list[Study]:
    """Archived studies that the case's events are about, the newest first, a bounded number."""
    about = CaseEvent.objects.filter(case=case, study__isnull=False).values("study_id")
    rows = Study.objects.filter(id__in=about).select_related("register__organisation")
    return list(rows.order_by("-received_at", "-id")[:STUDIES])


def cases_of(study: Study) -> list[Case]:
    """Cases with an event of this study, or of a refused object that named it."""
    uid = study.study_instance_uid
    about = CaseEvent.objects.filter(
        Q(study=study) | Q(study_instance_uid=uid, case__environment=study.environment)
    )
    rows = Case.objects.filter(id__in=about.values("case_id"))
    return list(rows.order_by("state", "-last_at")[:STUDIES])
