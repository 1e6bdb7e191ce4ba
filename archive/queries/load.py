"""Who loads the archive and how much: from the ledger and the desk, kept anyway (AR-13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Count, Q, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from archive.models import CaseEvent, LedgerEvent

STORED, QUERIED, RETURNED, HURRIED = (
    *("study.stored", "images.queried", "study.retrieved", "object.refused"),
)


@dataclass(frozen=True, slots=True)
class Load:
    """Of one customer in one environment since some moment. `associations` are those that brought,
    asked or fetched something; `returned` counts objects.
    """

    associations: int = 0
    objects: int = 0
    size: int = 0
    queries: int = 0
    returned: int = 0
    returned_size: int = 0
    refusals: int = 0

    @property
    def weight(self) -> int:
        """For sorting: whoever moves most stands first."""
        return self.objects + self.returned + self.queries + self.refusals


def of_all(environment: str, since: datetime) -> dict[UUID, Load]:
    """Of every customer that did anything; one look at the ledger, one at the desk."""
    return _loads(environment, since, Q(organisation_id__isnull=False), Q())


def of_one(environment: str, since: datetime, organisation_id: UUID) -> Load:
    own = Q(organisation_id=organisation_id)
    desk = Q(case__organisation_id=organisation_id)
    return _loads(environment, since, own, desk).get(organisation_id, Load())


def _loads(environment: str, since: datetime, whose: Q, desk: Q) -> dict[UUID, Load]:
    refused = _refused(environment, since, desk)
    rows = (
        LedgerEvent.objects.filter(
            whose,
            environment=environment,
            at__gte=since,
            kind__in=(STORED, QUERIED, RETURNED, HURRIED),
        )
        .values("organisation_id")
        .annotate(
            associations=Count("correlation_id", distinct=True),
            stored=_sum("instances", STORED),
            size=_sum("bytes", STORED),
            queries=Count("id", filter=Q(kind=QUERIED)),
            returned=_sum("instances", RETURNED),
            returned_size=_sum("bytes", RETURNED),
            hurried=_sum("count", HURRIED),
        )
        .order_by()
    )
    found = {
        row["organisation_id"]: _load(row, refused)
        for row in rows
        if row["organisation_id"] is not None
    }
    silent = refused.keys() - found.keys()
    return found | {each: Load(refusals=refused[each]) for each in silent}


def _sum(fact: str, kind: str) -> Sum:
    return Sum(Cast(KT(f"facts__{fact}"), BigIntegerField()), filter=Q(kind=kind), default=0)


def _load(row: Mapping[str, Any], refused: Mapping[UUID, int]) -> Load:
    return Load(
        associations=row["associations"],
        objects=row["stored"],
        size=row["size"],
        queries=row["queries"],
        returned=row["returned"],
        returned_size=row["returned_size"],
        refusals=row["hurried"] + refused.get(row["organisation_id"], 0),
    )


def _refused(environment: str, since: datetime, desk: Q) -> dict[UUID, int]:
    """What was answered with a failure over DICOM and DICOMweb; who was too fast is counted by the
    ledger.
    """
    rows = (
        CaseEvent.objects.filter(
            desk, case__environment=environment, case__edge__in=("dicom", "dicomweb"), at__gte=since
        )
        .exclude(case__reason="customer-too-fast")
        .exclude(case__organisation=None)
        .exclude(case__place__in=("notice", "commitment-report"))  # our own calls
        .values("case__organisation_id")
        .annotate(count=Count("id"))
    )
    return {row["case__organisation_id"]: row["count"] for row in rows.order_by()}
