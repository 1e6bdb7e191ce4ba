"""The file of a customer: its checklist and what stands behind each row (ON-2)."""

from dataclasses import dataclass
from uuid import UUID

from archive.actors import Actor, ActorKind
from archive.errors import NotFound
from archive.models import Membership, Organisation
from archive.models.dated import valid_on
from archive.values import today
from onboarding.models import (
    Acceptance,
    CertifiedSystem,
    Contact,
    Evidence,
    FourEyes,
    Joining,
    KantaService,
    PlannedConnection,
    Precondition,
    RequestState,
    TermsDocument,
    TermsKind,
    Transition,
)
from onboarding.queries.facts import all_in_force, dates_of, facts_of
from onboarding.queries.rollout import standing
from onboarding.rules import preconditions
from onboarding.rules.certification import Warning, warnings
from onboarding.rules.preconditions import Lack


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the checklist."""

    precondition: Precondition
    holds: bool
    evidence: Evidence | None
    lacking: tuple[Lack, ...]


@dataclass(frozen=True, slots=True)
class TermsRow:
    kind: TermsKind
    document: TermsDocument | None  # in force
    acceptance: Acceptance | None
    next_document: TermsDocument | None  # published, not yet in force


def joining_of(actor: Actor, organisation_id: UUID) -> Joining:
    """For staff any, for a customer's person its own. Raises NotFound for all others."""
    rows = Joining.objects.select_related("organisation")
    if actor.kind == ActorKind.CUSTOMER and actor.id is not None:
        own = Membership.objects.filter(user_id=actor.id).values("organisation_id")
        rows = rows.filter(organisation_id__in=own)
    elif actor.kind not in (ActorKind.STAFF, ActorKind.SYSTEM):
        rows = rows.none()
    found = rows.filter(organisation_id=organisation_id).first()
    if found is None:
        raise NotFound()
    return found


def checklist(joining: Joining) -> list[Check]:
    """(a) to (f) in order."""
    facts = facts_of(joining)
    given = {each.precondition: each for each in Evidence.objects.filter(joining=joining)}
    rows = []
    for precondition in Precondition:
        lacking = preconditions.lacking(precondition, facts)
        rows.append(Check(precondition, not lacking, given.get(precondition), lacking))
    return rows


def contacts(organisation: Organisation) -> list[Contact]:
    return list(Contact.objects.filter(organisation=organisation).order_by("kind"))


def planned_connections(organisation: Organisation) -> list[PlannedConnection]:
    """Production before test."""
    rows = PlannedConnection.objects.filter(organisation=organisation)
    return list(rows.select_related("connection").order_by("environment", "kind", "aet", "name"))


def systems(organisation: Organisation) -> list[tuple[CertifiedSystem, tuple[Warning, ...]]]:
    """Each with the warnings before its windows run out."""
    rows = CertifiedSystem.objects.filter(organisation=organisation, taken_off_at=None)
    found = rows.select_related("specification").order_by("product", "version")
    return [(row, warnings(dates_of(row), today())) for row in found]


def systems_taken_off(organisation: Organisation) -> list[CertifiedSystem]:
    """The latest first."""
    rows = CertifiedSystem.objects.filter(organisation=organisation, taken_off_at__isnull=False)
    return list(rows.order_by("-taken_off_at", "product"))


@dataclass(frozen=True, slots=True)
class Hanging:
    """What hangs on a certified system."""

    others: int  # systems that are named beside it
    test: int | None  # number of the last passed rollout test, if that was run with it
    connections: int  # open ones of the customer: which system uses which is not known


def hanging_on(row: CertifiedSystem) -> Hanging:
    named = CertifiedSystem.objects.filter(organisation=row.organisation, taken_off_at=None)
    found = standing(row.organisation)
    shown = found.covered.systems if found.covered else frozenset()
    is_shown = found.last_passed is not None and (row.product, row.version) in shown
    return Hanging(
        named.exclude(id=row.id).count(),
        found.last_passed.number if found.last_passed and is_shown else None,
        row.organisation.connections.filter(valid_on(today())).count(),
    )


def terms(organisation: Organisation) -> list[TermsRow]:
    day = today()
    later = TermsDocument.objects.filter(valid_from__gt=day).order_by("kind", "valid_from", "id")
    coming = {each.kind: each for each in later.distinct("kind")}
    accepted = {
        each.document_id: each for each in Acceptance.objects.filter(organisation=organisation)
    }
    return [
        TermsRow(kind, document, accepted.get(document.id) if document else None, coming.get(kind))
        for kind, document in all_in_force(day).items()
    ]


def transitions(joining: Joining) -> list[Transition]:
    """Newest first."""
    return list(Transition.objects.filter(joining=joining).order_by("-at", "-id"))


def open_requests(joining: Joining) -> list[FourEyes]:
    """What waits for a second officer."""
    rows = FourEyes.objects.filter(joining=joining, state=RequestState.OPEN)
    return list(rows.select_related("asked_by").order_by("asked_at"))


def kanta_services(codes: list[str] | None = None) -> list[KantaService]:
    """The catalogue, or the named rows of it."""
    rows = KantaService.objects.all()
    return list(rows if codes is None else rows.filter(code__in=codes))
