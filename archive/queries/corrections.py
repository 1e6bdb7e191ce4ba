"""Corrections and rejections: lists, and what a study's page tells of them."""

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from archive.errors import NotFound
from archive.models import (
    Correction,
    CorrectionPolicy,
    RejectedObject,
    Rejection,
    Study,
    StudyState,
)
from archive.queries import keyset, standing

NEWEST = (keyset.Key("made_at", datetime.fromisoformat, True), keyset.Key("id", UUID, True))
OBJECTS = (keyset.Key("id", UUID),)
OF_STUDY = 50
STUDIES = 50  # of one patient, in one go


def corrections(environment: str) -> QuerySet[Correction]:
    rows = Correction.objects.filter(environment=environment)
    return rows.select_related("study__register__organisation")


def rejections(environment: str) -> QuerySet[Rejection]:
    """With how many objects are rejected by each today."""
    rows = Rejection.objects.filter(environment=environment)
    return rows.select_related("study", "organisation").annotate(
        standing=Count("rejected", filter=Q(rejected__ended_at=None))
    )


def correction(correction_id: UUID) -> Correction:
    """Raises NotFound."""
    related = ("study__register__organisation", "study__patient__survivor", "connection")
    found = Correction.objects.select_related(*related).filter(id=correction_id).first()
    if found is None:
        raise NotFound()
    return found


def in_one_go(made: Correction) -> list[Correction]:
    """The others that were made with it."""
    rows = Correction.objects.filter(batch_id=made.batch_id).exclude(id=made.id)
    return list(rows.select_related("study__register__organisation").order_by("id")[:STUDIES])


def rejection(rejection_id: UUID) -> Rejection:
    """Raises NotFound."""
    related = ("study__register__organisation", "organisation", "connection")
    found = Rejection.objects.select_related(*related).filter(id=rejection_id).first()
    if found is None:
        raise NotFound()
    return found


def rejected_by(
    made: Rejection, *, after: str = "", before: str = ""
) -> keyset.Page[RejectedObject]:
    """Raises ValueError when a cursor is none."""
    rows = RejectedObject.objects.filter(rejection=made).select_related("instance__series")
    return keyset.page(rows, OBJECTS, after=after, before=before)


def of_study(study: Study) -> list[Correction]:
    """The newest first, with how many objects have come for each."""
    rows = Correction.objects.filter(study=study)
    counted = rows.annotate(came=Count("versions__instance", distinct=True))
    return list(counted.order_by("-made_at", "-id")[:OF_STUDY])


def rejections_of(study: Study) -> list[Rejection]:
    """The newest first, with how many of the study's objects each rejects today."""
    here = Q(rejected__ended_at=None, rejected__instance__study=study)
    rows = Rejection.objects.filter(rejected__instance__study=study).distinct()
    counted = rows.annotate(standing=Count("rejected", filter=here, distinct=True))
    return list(counted.order_by("-made_at", "-id")[:OF_STUDY])


def studies_beside(study: Study) -> list[Study]:
    """The same person's other studies in the same register, under whichever id: what may be
    corrected with it.
    """
    person = standing.of_person(standing.person_id(study.patient))
    rows = Study.objects.filter(person, environment=study.environment, register=study.register)
    left = rows.exclude(id=study.id).exclude(state=StudyState.DESTROYED)
    related = left.select_related("patient__survivor", "register__organisation")
    return list(related.order_by("-received_at", "-id")[:STUDIES])


def policies() -> list[CorrectionPolicy]:
    """Who may correct what from when: those for all first, then customer by customer."""
    rows = list(CorrectionPolicy.objects.select_related("organisation"))
    return sorted(
        rows,
        key=lambda row: (
            row.organisation is not None,
            row.organisation.name.casefold() if row.organisation else "",
            -row.valid_from.toordinal(),
        ),
    )
