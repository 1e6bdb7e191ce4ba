"""What stands around a case: who may take it, its history, cases like it, its routes, its batches
(SD-2, SD-3).
"""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from archive.errors import NotFound
from archive.models import (
    CASE_WORKERS,
    Batch,
    BatchItem,
    BatchItemState,
    Case,
    CaseComment,
    CaseEvent,
    CaseRoute,
    CaseState,
    Connection,
    ConnectionKind,
    LedgerEvent,
    User,
)
from archive.models.dated import valid_on
from archive.queries import keyset
from archive.queries.desk import retryable_events
from archive.values import today

SHOWN = 20
SIMILAR = 5
CHANGES = ("case.changed", "case.retried", "case.resolved", "cases.acted_on")
ITEM_ORDER = (keyset.Key("place", int),)
NEWEST_BATCH = (keyset.Key("made_at", keyset.moment, True), keyset.Key("id", UUID, True))


def handlers() -> list[User]:
    """People of the operator who may be given a case, by name."""
    rows = User.objects.filter(
        memberships__organisation__is_operator=True,
        memberships__role__in=CASE_WORKERS,
        is_active=True,
    )
    return sorted(rows.distinct(), key=lambda user: user.get_full_name().casefold())


def comments(case: Case, *, shared_only: bool = False) -> list[CaseComment]:
    """The conversation, oldest first; customers read what is shared with them."""
    rows = CaseComment.objects.filter(case=case).order_by("at")
    return list(rows.filter(is_shared=True) if shared_only else rows)


def history(case: Case) -> list[LedgerEvent]:
    """What people did with the case, the latest first, from the log."""
    rows = LedgerEvent.objects.filter(subject_id=case.id, kind__in=CHANGES)
    return list(rows.order_by("-at")[:SHOWN])


def similar(case: Case) -> list[Case]:
    """Ended cases of the same cause, the same customer's first; how each ended is its resolution.

    A case joined to another did not end: it goes on there.
    """
    ended = Case.objects.filter(
        reason=case.reason,
        environment=case.environment,
        state=CaseState.RESOLVED,
        event_count__gt=0,
    ).exclude(id=case.id)
    newest = list(ended.select_related("organisation").order_by("-last_at")[:SHOWN])
    newest.sort(key=lambda each: each.organisation_id != case.organisation_id)
    return newest[:SIMILAR]


def by_number(number: int, environment: str) -> Case | None:
    return Case.objects.filter(number=number, environment=environment).first()


def live_routes(case: Case) -> list[CaseRoute]:
    """Joinings and splits in force that touch the case, the latest first."""
    rows = CaseRoute.objects.filter(Q(origin=case) | Q(into=case), ended_at=None)
    return list(rows.select_related("origin", "into").order_by("-made_at")[:SHOWN])


def joined_to(case: Case) -> Case | None:
    """Where the events of a case are that was joined to another: one of its customer, unless it
    was nobody's.
    """
    rows = CaseRoute.objects.filter(origin=case, fact="", ended_at=None).select_related("into")
    into = next((each.into for each in rows), None)
    is_told = into is not None and case.organisation_id in (None, into.organisation_id)
    return into if is_told else None


def route(case: Case, route_id: UUID) -> CaseRoute:
    """Raises NotFound."""
    rows = CaseRoute.objects.filter(Q(origin=case) | Q(into=case), id=route_id)
    found = rows.select_related("origin", "into").first()
    if found is None:
        raise NotFound()
    return found


def other_systems(case: Case) -> list[Connection]:
    """Where the customer's confirmations could go instead: its DICOM systems in use now."""
    rows = Connection.objects.filter(
        valid_on(today()),
        organisation=case.organisation,
        environment=case.environment,
        kind=ConnectionKind.DICOM,
    )
    others = rows.exclude(host="").order_by("aet")
    return [each for each in others if each.id != case.connection_id]


# --- batches ------------------------------------------------------------------------------------


def batches_of(case: Case) -> list[Batch]:
    return list(Batch.objects.filter(case=case).order_by("-made_at")[:3])


def batches(environment: str) -> QuerySet[Batch]:
    return Batch.objects.filter(environment=environment).select_related("case")


def recent_batches(environment: str) -> list[Batch]:
    return list(batches(environment).order_by("-made_at")[:SHOWN])


def batch(batch_id: UUID) -> Batch:
    """Raises NotFound."""
    found = Batch.objects.select_related("case", "connection").filter(id=batch_id).first()
    if found is None:
        raise NotFound()
    return found


def counts(found: Batch) -> dict[str, int]:
    """How many items of each state, those without any left out."""
    return counts_of([found])[found.id]


def counts_of(found: Sequence[Batch]) -> dict[UUID, dict[str, int]]:
    """The same of several."""
    told: dict[UUID, dict[str, int]] = {each.id: {} for each in found}
    rows = BatchItem.objects.filter(batch__in=told).values("batch_id", "state")
    for row in rows.annotate(count=Count("id")).order_by("state"):
        told[row["batch_id"]][row["state"]] = row["count"]
    return told


def left_of(found: Batch) -> int:
    """How many items were not begun."""
    return BatchItem.objects.filter(batch=found, state=BatchItemState.WAITING).count()


def items(found: Batch, *, after: str = "", before: str = "") -> keyset.Page[BatchItem]:
    """In the order in which they are done. Raises ValueError when a cursor is none."""
    rows = BatchItem.objects.filter(batch=found).select_related("event__case")
    return keyset.page(rows, ITEM_ORDER, after=after, before=before)


def open_events(cases: QuerySet[Case]) -> QuerySet[CaseEvent]:
    """Events of these cases that stand open."""
    return CaseEvent.objects.filter(case__in=cases.order_by().values("id"), outcome="open")


def retryable_of_cases(cases: QuerySet[Case]) -> QuerySet[CaseEvent]:
    """Events of these cases whose work can be done again here."""
    return retryable_events(CaseEvent.objects.filter(case__in=cases.order_by().values("id")))
