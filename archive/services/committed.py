"""Since when the duty to keep a study is ours as a whole (AR-3)."""

from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet

from archive import locks
from archive.models import Instance, Study


def share_studies(objects: QuerySet[Instance]) -> list[UUID]:
    """Of what is about to be committed, shared until the caller's transaction ends, and their ids:
    who rejects, corrects or destroys holds them alone, and writes the same rows in another order.
    """
    study_ids = sorted(objects.order_by().values_list("study_id", flat=True).distinct())
    for each in study_ids:
        locks.share(each)
    return study_ids


def tell(study_id: UUID) -> bool:
    """Write down when the last of its objects was committed, or that not all are. What is rejected
    does not count, as it may never be committed, unless nothing else is there.
    """
    every = Instance.objects.filter(study_id=study_id)
    with transaction.atomic():
        # Whoever counts beside us waits here, and sees what we have seen.
        row = Study.objects.select_for_update(no_key=True).filter(id=study_id)
        row.values_list("id").first()
        shown = every.available()
        found = (shown if shown.exists() else every).aggregate(
            missing=Count("id", filter=Q(committed_at=None)), last=Max("committed_at")
        )
        at = None if found["missing"] else found["last"]
        Study.objects.filter(id=study_id).exclude(committed_at=at).update(committed_at=at)
    return at is not None
