"""Instance Availability (0008,0056): whether what was found can be fetched (PS3.4 C.4.1.1.3.2).

Where some objects cannot be had and others can, nothing is said: the standard asks for the worse of
the two, which would keep a reader from fetching all the rest.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import Count, F, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from archive.models import Instance, Study
from archive.queries import attributes
from archive.queries.found import Row
from archive.rules.matching import Level

Visible = Callable[[], QuerySet[Study]]
ONLINE, UNAVAILABLE, UNSAID = "ONLINE", "UNAVAILABLE", ""

# By what a row is known, and how an object tells whose it is.
_OWNER: Mapping[Level, tuple[Callable[[Row], Any], Combinable]] = {
    Level.PATIENT: (
        lambda row: row.ids["person"],
        Coalesce("study__patient__survivor_id", "study__patient_id"),
    ),
    Level.STUDY: (lambda row: row.ids["study"], F("study_id")),
    Level.SERIES: (lambda row: row.ids["series"], F("series_id")),
    Level.IMAGE: (
        lambda row: row.values[(attributes.INSTANCE_UID,)],
        F("sop_instance_uid"),
    ),
}


def of(page: Sequence[Row], level: Level, visible: Visible) -> Callable[[Row], str]:
    """Of each row of the page, by what may be seen of it."""
    key, owner = _OWNER[level]
    studies: Any = {row.ids.get("study") for row in page}
    if level == Level.PATIENT:
        studies = visible().values("id")
    objects = Instance.objects.available().filter(study__in=studies)
    shown: QuerySet[Any] = objects.annotate(owner=owner)
    # An index has the damaged ones alone, and those are few.
    damaged = _counted(shown.exclude(damaged_at=None).filter(owner__in=set(map(key, page))))
    all_of_them = _counted(shown.filter(owner__in=damaged)) if damaged else {}

    def availability(row: Row) -> str:
        of_row = key(row)
        if of_row not in damaged:
            return ONLINE
        return UNAVAILABLE if damaged[of_row] == all_of_them[of_row] else UNSAID

    return availability


def _counted(objects: QuerySet[Any]) -> dict[Any, int]:
    counted = objects.order_by().values("owner").annotate(count=Count("id"))
    return dict(counted.values_list("owner", "count"))
