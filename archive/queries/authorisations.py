"""Authorisations as lists: what an organiser has ordered, what was granted to a producer, and the
versions and events of one (AC-3).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from archive.actors import Actor, ActorKind
from archive.models import Authorisation, LedgerEvent, Membership, Role
from archive.queries import keyset, standing
from archive.queries.keyset import Key, Page
from archive.values import HELSINKI, today

COUNTED = 10_001  # one more than is ever said: "over 10,000"
LIVE = "live"  # beside the states: whatever is not closed
RELATED = ("organiser", "producer", "register", "patient")
NEVER = date.max  # for sorting: what has no such day comes last

_ID = Key("id", UUID)
_LATEST_ID = Key("id", UUID, True)
SORTS: Mapping[str, Sequence[Key]] = {
    "-made": (Key("made_at", datetime.fromisoformat, True), _LATEST_ID),
    "-changed": (Key("changed_at", datetime.fromisoformat, True), _LATEST_ID),
    "due": (Key("due_key", date.fromisoformat), _ID),
    "ends": (Key("ends_key", date.fromisoformat), _ID),
}
FIRST_SORT = "-made"
UNTOLD = ("authorisation.viewed", "authorisation.searched")  # of the use log, not of its life


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed by; empty means any."""

    state: str = ""
    organiser_id: UUID | None = None
    producer_id: UUID | None = None
    without_producer: bool = False
    level: str = ""
    service: str = ""
    person_id: UUID | None = None
    late: bool = False
    made_from: date | None = None
    made_until: date | None = None
    due_until: date | None = None
    valid_on: date | None = None
    changed_since: datetime | None = None


def organisations_of(actor: Actor) -> frozenset[UUID]:
    """Those the actor acts for in these matters: a system for its own, a person where that person
    is the administrator now.
    """
    if actor.kind == ActorKind.CONNECTION and actor.organisation_id is not None:
        return frozenset({actor.organisation_id})
    if actor.kind == ActorKind.CUSTOMER and actor.id is not None:
        held = Membership.objects.filter(user_id=actor.id, role=Role.CUSTOMER_ADMIN)
        return frozenset(held.values_list("organisation_id", flat=True))
    return frozenset()


def ordered_by(organisations: Iterable[UUID], environment: str) -> QuerySet[Authorisation]:
    """The order list: the newest version of each."""
    own = Authorisation.objects.filter(
        environment=environment, organiser_id__in=list(organisations)
    )
    return newest(own)


def granted_to(organisations: Iterable[UUID], environment: str) -> QuerySet[Authorisation]:
    """The assignment list: of each the newest version that names the producer."""
    own = Authorisation.objects.filter(environment=environment, producer_id__in=list(organisations))
    return newest(own)


def newest(rows: QuerySet[Authorisation]) -> QuerySet[Authorisation]:
    """Of each series the highest version among these."""
    later = rows.order_by().filter(series=OuterRef("series"), version__gt=OuterRef("version"))
    return rows.filter(~Exists(later))


def narrowed(rows: QuerySet[Authorisation], filters: Filters) -> QuerySet[Any]:
    """What the filters leave, with what lists show and sort by."""
    rows = rows.select_related(*RELATED).annotate(
        person=standing.PERSON,
        due_key=Coalesce("due_on", Value(NEVER)),
        ends_key=Coalesce("valid_until", Value(NEVER)),
    )
    return rows.filter(_state(filters), _parties(filters), _subject(filters), _days(filters))


def _state(filters: Filters) -> Q:
    if filters.state == LIVE:
        found = Q(closed_at=None)
    else:
        found = Q(state=filters.state) if filters.state else Q()
    if filters.late:
        found &= Q(closed_at=None, due_on__lt=today())
    return found


def _parties(filters: Filters) -> Q:
    found = Q(organiser_id=filters.organiser_id) if filters.organiser_id else Q()
    if filters.producer_id:
        found &= Q(producer_id=filters.producer_id)
    return found & Q(producer=None) if filters.without_producer else found


def _subject(filters: Filters) -> Q:
    found = Q(level=filters.level) if filters.level else Q()
    if filters.service:
        found &= Q(service_code__iexact=filters.service) | Q(
            service_text__icontains=filters.service
        )
    return found & Q(person=filters.person_id) if filters.person_id else found


def _days(filters: Filters) -> Q:
    found = Q()
    if filters.made_from:
        found &= Q(made_at__gte=_midnight(filters.made_from))
    if filters.made_until:
        found &= Q(made_at__lt=_midnight(filters.made_until + timedelta(days=1)))
    if filters.due_until:
        found &= Q(due_on__lte=filters.due_until)
    if filters.valid_on:
        found &= Q(valid_from__lte=filters.valid_on, ends_key__gte=filters.valid_on)
    if filters.changed_since:
        found &= Q(changed_at__gte=filters.changed_since)
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), HELSINKI)


def page(
    rows: QuerySet[Any],
    sort: str = FIRST_SORT,
    *,
    after: str = "",
    before: str = "",
    size: int = keyset.PAGE,
) -> Page[Any]:
    """One page by key. Raises ValueError when a cursor is none."""
    return keyset.page(rows, SORTS[sort], after=after, before=before, size=size)


def count(rows: QuerySet[Any]) -> int:
    """How many, counted to 10,001 only."""
    return rows.order_by()[:COUNTED].count()


# --- one of them ----------------------------------------------------------------------------------


def versions(rows: QuerySet[Authorisation], row: Authorisation) -> list[Authorisation]:
    """All of its series among these, the newest first."""
    found = rows.filter(environment=row.environment, series=row.series)
    return list(found.select_related(*RELATED).order_by("-version"))


def events(rows: Iterable[Authorisation]) -> list[LedgerEvent]:
    """What happened to these versions, in order."""
    ids = [row.id for row in rows]
    found = LedgerEvent.objects.filter(subject_id__in=ids, kind__startswith="authorisation.")
    return list(found.exclude(kind__in=UNTOLD).order_by("at", "id"))
