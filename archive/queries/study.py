"""One study's page: the study with whose it is, its series, objects and notices."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, Sum

from archive.errors import NotFound
from archive.models import AvailabilityNotice, DocumentStatus, Instance, Series, Study
from archive.queries import keyset
from archive.values import dicom_integer

OBJECTS = 200  # of a page
ORDER = (keyset.Key("series_id", UUID), keyset.Key("id", UUID))


def one(study_id: UUID) -> Study:
    """Raises NotFound."""
    related = ("register__organisation", "patient__survivor", "connection__organisation")
    found = Study.objects.select_related(*related).filter(id=study_id).first()
    if found is None:
        raise NotFound()
    return found


@dataclass(frozen=True, slots=True)
class SeriesRow:
    series: Series
    objects: int
    size: int
    damaged: int = 0


def series_of(study: Study) -> list[SeriesRow]:
    """In the order of their numbers, which are text in the standard (VR IS)."""
    rows = Series.objects.filter(study=study)
    counted = rows.annotate(
        objects_held=Count("instances"),
        size_held=Sum("instances__size"),
        damaged=Count("instances", filter=Q(instances__damaged_at__isnull=False)),
    )
    found = [
        SeriesRow(each, each.objects_held, each.size_held or 0, each.damaged) for each in counted
    ]
    return sorted(found, key=_by_number)


def _by_number(row: SeriesRow) -> tuple[bool, int, str]:
    """Those without a number last."""
    number = dicom_integer(row.series.series_number)
    return number is None, number or 0, str(row.series.id)


def objects_of(study: Study, *, after: str = "", before: str = "") -> keyset.Page[Instance]:
    """A study's objects, series by series. Raises ValueError when a cursor is none."""
    rows = Instance.objects.filter(study=study).select_related("series")
    return keyset.page(rows, ORDER, after=after, before=before, size=OBJECTS)


def beside(held: Instance) -> tuple[Instance | None, Instance | None]:
    """The objects before and after one in its study."""
    rows = Instance.objects.filter(study_id=held.study_id).only("id", "series_id")
    return keyset.neighbours(rows, ORDER, held)


def notices_of(study: Study) -> list[AvailabilityNotice]:
    """Notices owed to the sender's systems, the newest first."""
    rows = AvailabilityNotice.objects.filter(study=study).select_related("connection", "manifest")
    return list(rows.order_by("-made_at", "-id"))


def newest(notices: list[AvailabilityNotice]) -> list[AvailabilityNotice]:
    """Those of the manifest in force, or of its withdrawal: what sending again sends."""
    in_force = [each for each in notices if each.manifest.status == DocumentStatus.APPROVED]
    if in_force or not notices:
        return in_force
    last = notices[0].manifest_id
    return [each for each in notices if each.withdraws and each.manifest_id == last]


def object_of(study: Study, instance_id: UUID) -> Instance:
    """Raises NotFound."""
    found = Instance.objects.filter(study=study, id=instance_id).select_related("series").first()
    if found is None:
        raise NotFound()
    return found
