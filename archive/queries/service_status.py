"""The state of the service as customers know it: parts that answer or not, breaks, notices."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from archive.models import (
    Announcement,
    AnnouncementReceipt,
    CustomerState,
    Organisation,
    PlannedBreak,
    ServicePart,
)
from archive.queries import health
from archive.queries.keyset import Key, moment
from archive.values import now

NEWEST = (Key("made_at", moment, True), Key("id", UUID, True))
# What each needs of the parts that health tells of. This page answers: so does the portal.
NEEDS: Mapping[ServicePart, frozenset[str]] = {
    ServicePart.DICOM: frozenset({"dicom", "vault"}),
    ServicePart.HL7: frozenset({"hl7"}),
    ServicePart.WEB: frozenset({"vault"}),
    ServicePart.REGISTRATION: frozenset({"worker", "broker", "vault"}),
    ServicePart.PORTAL: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Part:
    """`on_break`: one that was planned is on now."""

    part: ServicePart
    answers: bool
    on_break: bool


def parts() -> list[Part]:
    answering = health.answering()
    pausing = {name for row in breaks() if row.starts_at <= now() for name in row.parts}
    return [
        Part(part, all(answering[name] for name in NEEDS[part]), part.value in pausing)
        for part in ServicePart
    ]


def breaks() -> list[PlannedBreak]:
    """Those that are on or to come, the next first."""
    return list(PlannedBreak.objects.filter(ends_at__gt=now(), called_off_at=None))


def announcements() -> QuerySet[Announcement]:
    return Announcement.objects.filter(taken_down_at=None)


def receipts_of(organisation_ids: Collection[UUID]) -> dict[UUID, list[AnnouncementReceipt]]:
    """What these organisations acknowledged, by notice."""
    rows = AnnouncementReceipt.objects.filter(organisation__in=organisation_ids)
    found: dict[UUID, list[AnnouncementReceipt]] = {}
    for row in rows.select_related("organisation").order_by("at"):
        found.setdefault(row.announcement_id, []).append(row)
    return found


def expected_readers(announcement: Announcement) -> QuerySet[Organisation]:
    """Customers that have not acknowledged it."""
    receipts = AnnouncementReceipt.objects.filter(announcement=announcement)
    return _readers().exclude(id__in=receipts.values("organisation_id"))


def missing_readers() -> dict[UUID, int]:
    """How many have not, of each notice that stands and is to be acknowledged."""
    count = _readers().count()
    read = Count("receipts", filter=Q(receipts__organisation__in=_readers().values("id")))
    rows = announcements().filter(is_acknowledged=True).annotate(read=read)
    return {row.id: count - row.read for row in rows}


def _readers() -> QuerySet[Organisation]:
    """Customers that use the service, or are about to; not those whose use has ended."""
    return Organisation.objects.filter(is_operator=False).exclude(state=CustomerState.ENDED)
