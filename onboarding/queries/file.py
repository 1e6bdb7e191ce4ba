"""The file of a customer: its checklist and what stands behind each row (ON-2)."""

from dataclasses import dataclass
from uuid import UUID

from archive.actors import Actor
from archive.models import Organisation
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
    TermsDocument,
    TermsKind,
    Transition,
)
from onboarding.rules.certification import Warning


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the checklist."""

    precondition: Precondition
    holds: bool
    evidence: Evidence | None
    lacking: tuple[str, ...]  # onboarding.rules.preconditions.Lack values


@dataclass(frozen=True, slots=True)
class TermsRow:
    kind: TermsKind
    document: TermsDocument | None  # in force
    acceptance: Acceptance | None
    next_document: TermsDocument | None  # published, not yet in force


def joining_of(actor: Actor, organisation_id: UUID) -> Joining:
    """For staff any, for a customer's person its own. Raises NotFound for all others."""
    ...


def checklist(joining: Joining) -> list[Check]:
    """(a) to (f) in order."""
    ...


def contacts(organisation: Organisation) -> list[Contact]: ...


def planned_connections(organisation: Organisation) -> list[PlannedConnection]: ...


def systems(organisation: Organisation) -> list[tuple[CertifiedSystem, tuple[Warning, ...]]]:
    """Each with the warnings before its windows run out."""
    ...


def terms(organisation: Organisation) -> list[TermsRow]: ...


def transitions(joining: Joining) -> list[Transition]:
    """Newest first."""
    ...


def open_requests(joining: Joining) -> list[FourEyes]: ...


def kanta_services(codes: list[str] | None = None) -> list[KantaService]:
    """The catalogue, or the named rows of it."""
    ...
