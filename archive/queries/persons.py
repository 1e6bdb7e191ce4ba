"""Persons and their ids: who is current, what was merged, what a merge or its undoing moves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from archive.errors import ArchiveError, NotFound
from archive.models import (
    Document,
    DocumentKind,
    Patient,
    PatientMerge,
    SecondKind,
    SecondPerson,
    SecondState,
    Study,
    StudyState,
)
from archive.queries import keyset
from archive.queries.overview import COUNTED
from archive.rules import identity
from archive.values import PatientIdentifier

ORDER = (keyset.Key("made_at", datetime.fromisoformat, True), keyset.Key("id", UUID, True))
SHOWN = 50
COMPARED = ("birth_date", "sex", "name")
LIVE, UNDONE, ASKED = "live", "undone", "asked"


def current(patient: Patient) -> Patient:
    """Whose demographics are given out for material under this id: the survivor's."""
    return patient.survivor or patient


def find(environment: str, identifier: PatientIdentifier) -> Patient | None:
    rows = Patient.objects.select_related("survivor")
    return rows.filter(
        environment=environment, issuer=identifier.issuer, identifier=identifier.value
    ).first()


# --- merges ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list of merges is narrowed by; empty means any."""

    environment: str = "production"
    organisation_id: UUID | None = None
    state: str = ""  # live, undone, asked: waits for a second person


def narrowed(filters: Filters) -> QuerySet[PatientMerge]:
    rows = PatientMerge.objects.filter(environment=filters.environment)
    if filters.organisation_id:
        rows = rows.filter(organisation_id=filters.organisation_id)
    if filters.state == LIVE:
        rows = rows.filter(undone_at=None)
    elif filters.state == UNDONE:
        rows = rows.exclude(undone_at=None)
    elif filters.state == ASKED:
        rows = rows.filter(id__in=waiting(filters.environment).values("subject_id"))
    return rows.select_related("retired", "into", "organisation")


def count(rows: QuerySet[PatientMerge]) -> int:
    """How many, counted to 10,001 only."""
    return rows.order_by()[:COUNTED].count()


def waiting(environment: str) -> QuerySet[SecondPerson]:
    """Undoings that wait for a second person."""
    return SecondPerson.objects.filter(
        environment=environment, state=SecondState.OPEN, kind=SecondKind.UNDO_MERGE
    )


def asked_among(merge_ids: Iterable[UUID]) -> set[UUID]:
    """Those of them whose undoing waits for a second person."""
    rows = SecondPerson.objects.filter(
        subject_id__in=list(merge_ids), state=SecondState.OPEN, kind=SecondKind.UNDO_MERGE
    )
    return set(rows.values_list("subject_id", flat=True))


def merge(merge_id: UUID) -> PatientMerge:
    """Raises NotFound."""
    related = ("retired", "into", "organisation", "message")
    found = PatientMerge.objects.select_related(*related).filter(id=merge_id).first()
    if found is None:
        raise NotFound()
    return found


def requests_of(merge: PatientMerge) -> list[SecondPerson]:
    """What was asked about it, the newest first."""
    rows = SecondPerson.objects.filter(subject_id=merge.id, kind=SecondKind.UNDO_MERGE)
    return list(rows.select_related("asked_by", "decided_by").order_by("-asked_at"))


# --- previews -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """One id with all that was merged into it, and what is archived under them."""

    patient: Patient | None  # None: the id is not known yet
    ids: list[Patient]
    studies: list[Study]
    study_count: int
    documents: int
    organisations: list[str]  # whose registers they stand in


@dataclass(frozen=True, slots=True)
class Preview:
    """What would move, and what differs between the two. Nothing is changed."""

    retired: Side
    survivor: Side
    differences: tuple[str, ...]  # of COMPARED, where both tell
    waiting: int  # studies that wait for documents, which the other id may have
    obstacle: ArchiveError | None = None


def preview(environment: str, retired: PatientIdentifier, survivor: PatientIdentifier) -> Preview:
    """Of a merge that an archivist is about to make."""
    one, other = find(environment, retired), find(environment, survivor)
    links = live_links([each for each in (one, other) if each is not None])
    sides = _side(one, links), _side(_top(other, links), links)
    return Preview(
        retired=sides[0],
        survivor=sides[1],
        differences=_differences(one, _top(other, links)),
        waiting=_waiting(sides),
        obstacle=_obstacle(links, retired, survivor, one, other),
    )


def preview_undo(merge: PatientMerge) -> Preview:
    """What stands under which id when the link is gone."""
    links = live_links([merge.retired])
    without = {retired: into for retired, into in links.items() if retired != merge.retired_id}
    below = _side(merge.retired, without)
    rest = _side(_top(merge.into, without), without)
    return Preview(below, rest, _differences(merge.retired, rest.patient), _waiting((below, rest)))


def live_links(patients: Iterable[Patient]) -> dict[UUID, UUID]:
    """All links of the persons these ids belong to, from retired to surviving."""
    tops = {each.survivor_id or each.id for each in patients}
    rows = PatientMerge.objects.filter(undone_at=None, retired__survivor_id__in=tops)
    return dict(rows.values_list("retired_id", "into_id"))


def _top(patient: Patient | None, links: dict[UUID, UUID]) -> Patient | None:
    if patient is None or patient.id not in links:
        return patient
    return Patient.objects.get(id=identity.root(links, patient.id))


def _side(patient: Patient | None, links: dict[UUID, UUID]) -> Side:
    if patient is None:
        return Side(None, [], [], 0, 0, [])
    ids = identity.tree(links, patient.id)
    studies = Study.objects.filter(patient_id__in=ids).select_related("register__organisation")
    documents = Document.objects.filter(patient_id__in=ids).exclude(kind=DocumentKind.MANIFEST)
    holders = {
        name
        for rows in (studies, documents)
        for name in rows.values_list("register__organisation__name_fi", flat=True).distinct()
    }
    return Side(
        patient=patient,
        ids=list(Patient.objects.filter(id__in=ids).exclude(id=patient.id).order_by("id")),
        studies=list(studies.order_by("-received_at", "-id")[:SHOWN]),
        study_count=studies.count(),
        documents=documents.count(),
        organisations=sorted(holders),
    )


def _differences(one: Patient | None, other: Patient | None) -> tuple[str, ...]:
    if one is None or other is None:
        return ()
    pairs = {name: (getattr(one, name), getattr(other, name)) for name in COMPARED}
    return tuple(name for name, (a, b) in pairs.items() if a and b and a != b)


def _waiting(sides: tuple[Side, Side]) -> int:
    ids = [
        each.id for side in sides for each in [*side.ids, *([side.patient] if side.patient else [])]
    ]
    rows = Study.objects.filter(Q(patient_id__in=ids), state=StudyState.WAITING)
    return rows.count()


def _obstacle(
    links: dict[UUID, UUID],
    retired: PatientIdentifier,
    survivor: PatientIdentifier,
    one: Patient | None,
    other: Patient | None,
) -> ArchiveError | None:
    """Why the merge would be refused."""
    try:
        identity.require_merge(
            identity.Standing(retired), survivor, identity.Party(is_archivist=True)
        )
        if one is not None and other is not None:
            identity.changes(links, one.id, other.id)
    except ArchiveError as error:
        return error
    return None
