"""The facts that preconditions are judged by, for one customer or many at a time."""

from datetime import date

from django.db.models import QuerySet

from archive.models import ConnectionKind, Environment
from archive.values import today
from onboarding.models import CertifiedSystem, Joining, PlannedConnection, TermsDocument, TermsKind
from onboarding.rules.certification import Dates
from onboarding.rules.preconditions import Facts

_BEHIND = (
    "evidence",
    "organisation__contacts",
    "organisation__certified_systems__specification",
    "organisation__planned_connections",
    "organisation__acceptances",
)


def in_force(kind: str, day: date | None = None) -> TermsDocument | None:
    """The latest version whose day has come."""
    rows = TermsDocument.objects.filter(kind=kind, valid_from__lte=day or today())
    return rows.order_by("-valid_from", "-id").first()


def all_in_force(day: date) -> dict[TermsKind, TermsDocument | None]:
    """The same of every kind, asked once."""
    rows = TermsDocument.objects.filter(valid_from__lte=day)
    found = {
        each.kind: each for each in rows.order_by("kind", "-valid_from", "-id").distinct("kind")
    }
    return {kind: found.get(kind) for kind in TermsKind}


def with_facts(rows: QuerySet[Joining]) -> QuerySet[Joining]:
    """Fetches what `facts_of` reads, in a handful of queries for all rows."""
    return rows.select_related("organisation").prefetch_related(*_BEHIND)


def all_facts(rows: QuerySet[Joining]) -> list[tuple[Joining, Facts]]:
    day = today()
    documents = all_in_force(day)
    return [(joining, _facts(joining, documents, day)) for joining in with_facts(rows)]


def facts_of(joining: Joining) -> Facts:
    """As they are now in the database."""
    return all_facts(Joining.objects.filter(id=joining.id))[0][1]


def _facts(joining: Joining, documents: dict[TermsKind, TermsDocument | None], day: date) -> Facts:
    organisation = joining.organisation
    accepted = {each.document_id for each in organisation.acceptances.all()}
    return Facts(
        evidence={each.precondition: each.state for each in joining.evidence.all()},
        systems=tuple(
            dates_of(each)
            for each in organisation.certified_systems.all()
            if each.taken_off_at is None
        ),
        accepted=frozenset(
            kind for kind, document in documents.items() if document and document.id in accepted
        ),
        contacts=frozenset(each.kind for each in organisation.contacts.all()),
        production_connections=sum(
            _complete(each)
            for each in organisation.planned_connections.all()
            if each.environment == Environment.PRODUCTION
        ),
        roles=tuple(joining.roles),
        content_types=tuple(joining.content_types),
        day=day,
    )


def dates_of(system: CertifiedSystem) -> Dates:
    """A certificate's dates with the windows of its specification version."""
    return Dates(
        certificate_from=system.valid_from,
        certificate_until=system.valid_until,
        production_from=system.specification.production_from,
        production_until=system.specification.production_until,
        certification_from=system.specification.certification_from,
        certification_until=system.specification.certification_until,
    )


def _complete(planned: PlannedConnection) -> bool:
    if planned.kind == ConnectionKind.DICOM:
        return bool(planned.aet and planned.host and planned.port)
    return planned.kind == ConnectionKind.XDS and bool(planned.name)  # HL7 comes beside one
