"""Reads about take-overs: whose one may see, their lines, and what they come to (AR-12)."""

from collections.abc import Iterable, Iterator
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from archive.actors import Actor, ActorKind
from archive.errors import NotFound
from archive.models import (
    STAFF_ROLES,
    Connection,
    ConnectionKind,
    LineOutcome,
    Membership,
    Study,
    Takeover,
    TakeoverLine,
)
from archive.models.dated import valid_on
from archive.queries import keyset
from archive.queries.keyset import Key, Page

ORDER = (Key("number", int),)
NEWEST = (Key("made_at", keyset.moment, True), Key("id", UUID, True))
# While there is one of these, the local archive is still needed.
LACKING = (
    LineOutcome.MISSING,
    LineOutcome.DAMAGED,
    LineOutcome.REJECTED,
    LineOutcome.FEWER,
    LineOutcome.UNCOMMITTED,
    LineOutcome.UNREGISTERED,
)


def visible(actor: Actor) -> QuerySet[Takeover]:
    """All for the staff; for a customer's person those of their organisations."""
    rows = Takeover.objects.select_related("organisation", "connection")
    if actor.kind == ActorKind.STAFF and actor.roles & STAFF_ROLES:
        return rows
    if actor.kind != ActorKind.CUSTOMER or actor.id is None:
        return rows.none()
    held = Membership.objects.filter(user_id=actor.id).exclude(role__in=STAFF_ROLES)
    return rows.filter(organisation__in=held.values("organisation"))


def one(actor: Actor, takeover_id: UUID) -> Takeover:
    """Raises NotFound, also for another customer's."""
    found = visible(actor).filter(id=takeover_id).first()
    if found is None:
        raise NotFound()
    return found


def lacking(takeover: Takeover) -> int:
    """How many studies are not yet stored, committed and registered."""
    return sum(takeover.outcome.get(each, 0) for each in LACKING)


def first_outcome(takeover: Takeover) -> str:
    """Of those that are there the worst, which is shown first."""
    return next((each for each in LineOutcome.values if takeover.outcome.get(each)), "")


def lines(takeover: Takeover, outcome: str, *, after: str, before: str) -> Page[TakeoverLine]:
    """Those of one outcome, in the list's order. Raises ValueError when a cursor is none."""
    rows = takeover.lines.filter(outcome=outcome)
    return keyset.page(rows, ORDER, after=after, before=before)


def exported(takeover: Takeover, outcome: str = "") -> Iterator[TakeoverLine]:
    """Every line, or those of one outcome."""
    rows = takeover.lines.filter(outcome=outcome) if outcome else takeover.lines.all()
    return rows.order_by("number").iterator(chunk_size=2_000)


def lacking_lines(takeover: Takeover, most: int) -> list[TakeoverLine]:
    """The first ones of each kind, the worst kind first."""
    found: list[TakeoverLine] = []
    for outcome in LACKING:
        rows = takeover.lines.filter(outcome=outcome).order_by("number")
        found += rows[: most - len(found)]
    return found


def studies_here(takeover: Takeover, rows: Iterable[TakeoverLine]) -> dict[str, UUID]:
    """The studies of these lines by UID, for links."""
    uids = [row.study_instance_uid for row in rows if row.study_instance_uid and row.held]
    found = Study.objects.filter(environment=takeover.environment, study_instance_uid__in=uids)
    return dict(found.values_list("study_instance_uid", "id"))


def systems(organisations: Iterable[UUID], environment: str, day: date) -> QuerySet[Connection]:
    """Those that can be asked."""
    rows = Connection.objects.filter(
        valid_on(day),
        kind=ConnectionKind.DICOM,
        environment=environment,
        organisation__in=organisations,
        port__isnull=False,
    )
    return rows.exclude(host="").select_related("organisation").order_by("organisation", "aet")
