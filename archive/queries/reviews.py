"""Suspicions, cases and requests of log review as their pages list them (LG-5). What is about
oneself is not there: nobody reviews the own looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import (
    ExplanationRequest,
    ExplanationState,
    LedgerEvent,
    Organisation,
    ReviewCase,
    ReviewState,
    Suspicion,
    SuspicionEvent,
    SuspicionState,
    User,
    WatchedPerson,
)
from archive.queries import keyset
from archive.queries.keyset import Page
from archive.queries.overview import COUNTED
from archive.values import PatientIdentifier

SUSPICIONS = (keyset.Key("last_at", datetime.fromisoformat, True), keyset.Key("id", UUID, True))
CASES = (keyset.Key("opened_at", datetime.fromisoformat, True), keyset.Key("id", UUID, True))
REQUESTS = (keyset.Key("asked_at", datetime.fromisoformat, True), keyset.Key("id", UUID, True))
WATCHES = (keyset.Key("added_at", datetime.fromisoformat, True), keyset.Key("id", UUID, True))
SHOWN = 100  # entries of a suspicion, the newest
OFFERED = 100  # cases that a suspicion can be taken into


@dataclass(frozen=True, slots=True)
class Filters:
    """What suspicions are narrowed by; empty means any."""

    environment: str
    state: str = SuspicionState.OPEN
    kind: str = ""
    scope: str = ""
    organisation_id: UUID | None = None


def suspicions(actor: Actor, filters: Filters) -> QuerySet[Suspicion]:
    named = {
        "environment": filters.environment,
        "state": filters.state,
        "kind": filters.kind,
        "scope": filters.scope,
        "organisation_id": filters.organisation_id,
    }
    rows = Suspicion.objects.exclude(person_id=actor.id)
    rows = rows.filter(**{name: value for name, value in named.items() if value})
    return rows.select_related("organisation", "patient", "case")


def suspicion(actor: Actor, suspicion_id: UUID) -> Suspicion:
    """Raises NotFound."""
    rows = Suspicion.objects.exclude(person_id=actor.id)
    found = (
        rows.select_related("organisation", "patient", "case", "rule")
        .filter(id=suspicion_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def open_count(actor: Actor, environment: str) -> int:
    """Suspicions to be looked at; counted to 10,001 only."""
    return suspicions(actor, Filters(environment))[:COUNTED].count()


def receivers(environment: str) -> QuerySet[Organisation]:
    """The customers whose people raised suspicions, for the filter."""
    ids = Suspicion.objects.filter(environment=environment).values("organisation_id")
    return Organisation.objects.filter(id__in=ids.distinct())


def entries(rows: QuerySet[SuspicionEvent] | Sequence[tuple[datetime, UUID]]) -> list[LedgerEvent]:
    """Entries of the ledger by their places, the newest first; what has been retired is no more."""
    places = rows if isinstance(rows, Sequence) else list(rows.values_list("event_at", "event_id"))
    found = LedgerEvent.objects.filter(
        at__in={at for at, _id in places}, id__in={event_id for _at, event_id in places}
    )
    return list(found.order_by("-at", "-id"))


def newest_entries(row: Suspicion) -> list[LedgerEvent]:
    newest = row.events.order_by("-event_at", "-event_id").values_list("event_at", "event_id")
    return entries(list(newest[:SHOWN]))


# --- cases ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseFilters:
    environment: str
    state: str = ReviewState.OPEN
    finding: str = ""
    owner_id: UUID | None = None


def cases(actor: Actor, filters: CaseFilters) -> QuerySet[ReviewCase]:
    named = {
        "environment": filters.environment,
        "state": filters.state,
        "finding": filters.finding,
        "owner_id": filters.owner_id,
    }
    rows = _of_others(actor).filter(**{name: value for name, value in named.items() if value})
    asked = Q(explanations__state=ExplanationState.ASKED)
    return rows.select_related("owner").annotate(
        suspicion_count=Count("suspicions", distinct=True),
        waiting_count=Count("explanations", filter=asked, distinct=True),
    )


def _of_others(actor: Actor) -> QuerySet[ReviewCase]:
    own = Suspicion.objects.filter(person_id=actor.id).exclude(case=None).values("case_id")
    return ReviewCase.objects.exclude(id__in=own)


def case(actor: Actor, case_id: UUID) -> ReviewCase:
    """Raises NotFound."""
    found = _of_others(actor).select_related("owner").filter(id=case_id).first()
    if found is None:
        raise NotFound()
    return found


def offered(actor: Actor, environment: str) -> list[ReviewCase]:
    """Open cases, the newest first."""
    rows = _of_others(actor).filter(environment=environment, state=ReviewState.OPEN)
    return list(rows.order_by("-opened_at", "-id")[:OFFERED])


def subjects(row: ReviewCase) -> set[UUID]:
    """The staff whom the case is about: none of them owns it."""
    rows = row.suspicions.exclude(person=None).values_list("person_id", flat=True)
    return {person_id for person_id in rows if person_id}


def can_be_asked(row: ReviewCase) -> QuerySet[Organisation]:
    """The customers of whose people the case tells."""
    return Organisation.objects.filter(
        id__in=row.suspicions.exclude(organisation=None).values("organisation_id")
    )


def names_of(users: QuerySet[User]) -> list[tuple[str, str]]:
    """Users as a form offers them."""
    return sorted(
        ((str(user.id), user.get_full_name() or user.get_username()) for user in users),
        key=lambda pair: pair[1].casefold(),
    )


# --- requests to customers, and who is watched for ------------------------------------------------


def request_page(
    rows: QuerySet[ExplanationRequest], *, after: str = "", before: str = ""
) -> Page[ExplanationRequest]:
    return keyset.page(rows, REQUESTS, after=after, before=before)


def asked_about(row: ExplanationRequest) -> list[LedgerEvent]:
    return entries([(datetime.fromisoformat(at), UUID(event_id)) for at, event_id in row.events])


def watched(environment: str) -> QuerySet[WatchedPerson]:
    return WatchedPerson.objects.filter(environment=environment).select_related("patient")


def watch_page(environment: str, *, after: str = "", before: str = "") -> Page[WatchedPerson]:
    return keyset.page(watched(environment), WATCHES, after=after, before=before)


def watched_from(environment: str, identifier: PatientIdentifier, first_day: date) -> WatchedPerson:
    """The row by which this person is watched for from that day on. Raises NotFound."""
    found = watched(environment).filter(
        patient__issuer=identifier.issuer,
        patient__identifier=identifier.value,
        valid_from=first_day,
    )
    row = found.order_by("-added_at").first()
    if row is None:
        raise NotFound()
    return row


def watch(watch_id: UUID) -> WatchedPerson:
    """Raises NotFound."""
    found = WatchedPerson.objects.select_related("patient").filter(id=watch_id).first()
    if found is None:
        raise NotFound()
    return found
