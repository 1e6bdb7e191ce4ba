"""What corrections have made of studies, objects and documents, now or as of a moment (AR-7)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from archive.models import (
    Document,
    DocumentStatus,
    Instance,
    RejectedObject,
    RejectionTitle,
    Study,
    StudyState,
)
from archive.queries import held
from archive.rules.facts import Corrected


def is_now(item: object) -> Corrected:
    match item:
        case Instance(rejection=title) if title:
            return _by(title)
        case Instance(study=study) | (Study() as study) if study.state == StudyState.CORRECTED:
            return Corrected.WHOLLY
        case Document(status=DocumentStatus.DEPRECATED):
            return Corrected.REPLACED
    return Corrected.NOT


def _by(title: str) -> Corrected:
    return Corrected.QUALITY if title == RejectionTitle.QUALITY else Corrected.REJECTED


def as_of(items: Sequence[object], at: datetime) -> dict[UUID, Corrected]:
    """Of studies and documents, by their id."""
    studies = [item.id for item in items if isinstance(item, Study)]
    found = dict.fromkeys(_wholly_rejected(studies, at), Corrected.WHOLLY)
    gone = [item for item in items if isinstance(item, Document) and is_now(item) != Corrected.NOT]
    for environment in {row.environment for row in gone}:
        here = [row for row in gone if row.environment == environment]
        then = held.in_force_then(here, environment, at)
        found |= {row.id: Corrected.REPLACED for row in here if row.entry_uuid not in then}
    return found


def _wholly_rejected(studies: Sequence[UUID], at: datetime) -> set[UUID]:
    """Those with objects of which none was left at that moment."""
    stored = Instance.objects.filter(study__in=studies, received_at__lte=at)
    rejected = _in_force(at).filter(instance__study__in=studies).values("instance")
    left = stored.exclude(id__in=rejected)
    return set(_studies(stored)) - set(_studies(left))


def _in_force(at: datetime) -> QuerySet[RejectedObject]:
    """Rejections of objects that are here."""
    ended = Q(ended_at=None) | Q(ended_at__gt=at)
    return RejectedObject.objects.filter(ended, rejection__made_at__lte=at).exclude(instance=None)


def _studies(rows: QuerySet[Instance]) -> QuerySet[Instance, UUID]:
    return rows.order_by().values_list("study_id", flat=True).distinct()
