"""Reads about customers: the list, and one customer's connections, registers, people and counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from archive.actors import Actor, ActorKind
from archive.models import (
    Case,
    CaseState,
    Connection,
    Membership,
    Organisation,
    Register,
    Study,
    StudyState,
)
from archive.models.dated import valid_on
from archive.queries import overview
from archive.values import today


def customers() -> QuerySet[Organisation]:
    return Organisation.objects.filter(is_operator=False)


def customers_of(actor: Actor, organisation_ids: Iterable[UUID]) -> QuerySet[Organisation]:
    """All for the staff; for a customer's person the organisations they belong to."""
    if actor.kind in (ActorKind.STAFF, ActorKind.SYSTEM):
        return customers()
    return customers().filter(id__in=list(organisation_ids))


@dataclass(frozen=True, slots=True)
class CustomerRow:
    organisation: Organisation
    connections: int
    today: int
    waiting: int
    cases: int


def customer_rows(environment: str, rows: QuerySet[Organisation]) -> list[CustomerRow]:
    """Customers with their numbers of one environment, in one query; sorted by name as Finnish
    and Swedish do.
    """
    by_connection = Study.objects.filter(
        environment=environment, connection__organisation=OuterRef("pk")
    )
    live = Connection.objects.filter(
        valid_on(today()), environment=environment, organisation=OuterRef("pk")
    )
    open_cases = Case.objects.filter(
        environment=environment, organisation=OuterRef("pk"), state=CaseState.OPEN
    )
    found = rows.annotate(
        connection_count=_count(live),
        today_count=_count(by_connection.filter(received_at__gte=overview.midnight())),
        waiting_count=_count(by_connection.filter(state=StudyState.WAITING)),
        case_count=_count(open_cases),
    )
    made = [
        CustomerRow(
            each, each.connection_count, each.today_count, each.waiting_count, each.case_count
        )
        for each in found
    ]
    return sorted(made, key=lambda row: alphabet_key(row.organisation.name))


def _count(rows: QuerySet[Study] | QuerySet[Case] | QuerySet[Connection]) -> Coalesce:
    """A correlated count: one number for each outer row."""
    whole = rows.order_by().annotate(one=Count("*")).values("one")
    whole.query.group_by = ()  # type: ignore[assignment]
    return Coalesce(Subquery(whole, output_field=IntegerField()), 0)


def alphabet_key(name: str) -> str:
    """å ä ö after z: their code points are in another order than the alphabet, and PostgreSQL
    has no ICU here.
    """
    return name.casefold().translate(str.maketrans("åäö", "{|}"))


@dataclass(frozen=True, slots=True)
class Counts:
    """A customer's numbers in one environment; lists are counted to 10,001 only. `held` are the
    studies of its registers, whoever stored them; `today` and `waiting` came from its systems.
    """

    held: int
    today: int
    waiting: int
    cases: int


def counts(environment: str, organisation: Organisation) -> Counts:
    stored = Study.objects.filter(environment=environment, connection__organisation=organisation)
    held = Study.objects.filter(environment=environment, register__organisation=organisation)
    limit = overview.COUNTED
    open_cases = Case.objects.filter(
        environment=environment, organisation=organisation, state=CaseState.OPEN
    )
    return Counts(
        held=held.order_by()[:limit].count(),
        today=stored.filter(received_at__gte=overview.midnight()).order_by()[:limit].count(),
        waiting=stored.filter(state=StudyState.WAITING).order_by()[:limit].count(),
        cases=open_cases.order_by()[:limit].count(),
    )


def connections(organisation: Organisation) -> list[Connection]:
    """Of both environments, each connection in its own; production first, the live before the
    ended.
    """
    rows = Connection.objects.filter(organisation=organisation)
    return list(rows.order_by("environment", "-valid_until", "kind", "aet", "xds_user"))


def registers(organisation: Organisation) -> list[Register]:
    return list(
        Register.objects.filter(organisation=organisation).order_by(
            "-is_default", "type", "specifier"
        )
    )


def people(organisation: Organisation) -> list[Membership]:
    """Who has a role in it."""
    rows = Membership.objects.filter(organisation=organisation).select_related("user")
    return list(rows.order_by("role", "user__last_name", "user__username"))
