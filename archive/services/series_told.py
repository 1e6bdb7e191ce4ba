"""Which step and which orders a series answers, to be found by (AR-6). It lies behind what is read
of an object at receipt, so it is read of one object of each series when the study has come.
"""

from collections.abc import Iterable
from uuid import UUID

from archive import vault
from archive.errors import DatasetUnreadable, InstanceUnknown
from archive.models import Instance, InstanceVersion, Series, Study
from archive.objects.series_facts import PROCEDURE_ID, STEP_ID, SeriesFacts


def read_new(study: Study) -> None:
    """Of the series that say nothing yet; one whose first object is damaged waits for another."""
    unread = Series.objects.filter(study=study, requests__isnull=True).values_list("id", flat=True)
    if not (ids := list(unread)):
        return
    rows = Instance.objects.available().filter(series__in=ids).order_by("series_id", "id")
    for row in rows.distinct("series_id"):
        _say(row.series_id, study.environment, row)


def say_again(versions: Iterable[InstanceVersion]) -> None:
    """The series of these have what they say, by the first of each: they are in force now."""
    firsts: dict[UUID, InstanceVersion] = {}
    for version in versions:
        firsts.setdefault(version.instance.series_id, version)
    for series_id, version in firsts.items():
        _say(series_id, version.instance.environment, version)


def _say(series_id: UUID, environment: str, row: Instance | InstanceVersion) -> None:
    try:
        told = vault.read_series_facts(
            environment, bytes(row.digest), row.transfer_syntax_uid, row.store
        )
    except (InstanceUnknown, DatasetUnreadable):  # damaged
        return
    Series.objects.filter(id=series_id).update(**_columns(told))


def _columns(told: SeriesFacts) -> dict[str, object]:
    return {
        "step_date": told.step_date[:16],
        "step_time": told.step_time[:16],
        "requests": [
            {f"{STEP_ID:08X}": each.step_id[:64], f"{PROCEDURE_ID:08X}": each.procedure_id[:64]}
            for each in told.requests
        ],
    }
