"""A person's state and how it came about: statements of all kinds, as of a moment (AC-1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from archive.models import (
    DisclosurePermission,
    ExpressionOfWill,
    Informing,
    InformingEnd,
    Organisation,
    Prohibition,
    ProhibitionEnd,
    Register,
    Sector,
)
from archive.models.wishes import Statement
from archive.queries import standing
from archive.rules.wishes import Earlier, Known, Provider
from archive.values import BusinessId


@dataclass(frozen=True, slots=True)
class State:
    """What holds of a person at a moment; the rows tell since when and by whom."""

    informed: Informing | None
    permission: DisclosurePermission | None  # the one that holds, given or withdrawn
    prohibitions: Sequence[Prohibition]
    wills: Sequence[ExpressionOfWill]

    @property
    def is_permitted(self) -> bool:
        return self.permission is not None and self.permission.given


def state(person_id: UUID, at: datetime) -> State:
    informed = standing.informings(at).filter(person=person_id)
    bans = standing.prohibitions(at).filter(person=person_id).select_related("provider")
    return State(
        informed=informed.order_by("-effective_at", "-recorded_at").first(),
        permission=standing.permissions(at).filter(person=person_id).first(),
        prohibitions=list(bans.order_by("effective_at", "id")),
        wills=_latest_wills(person_id, at),
    )


def _latest_wills(person_id: UUID, at: datetime) -> list[ExpressionOfWill]:
    latest: dict[str, ExpressionOfWill] = {}
    for row in _known(ExpressionOfWill, person_id, at).order_by("effective_at", "recorded_at"):
        latest[row.subject] = row
    return [latest[subject] for subject in sorted(latest)]


def _known(model: type[Statement], person_id: UUID, at: datetime) -> QuerySet[Any]:
    """What was recorded by then, of the person and of whoever was merged into it."""
    rows: QuerySet[Any] = model._default_manager.annotate(person=standing.PERSON)
    return rows.filter(person=person_id, recorded_at__lte=at)


KINDS: tuple[tuple[str, type[Statement], tuple[str, ...]], ...] = (
    ("informing", Informing, ()),
    ("informing-end", InformingEnd, ("informing",)),
    ("permission", DisclosurePermission, ()),
    ("prohibition", Prohibition, ("provider",)),
    ("prohibition-end", ProhibitionEnd, ("prohibition__provider",)),
    ("will", ExpressionOfWill, ()),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One statement of a person's history. `kind` is a word of KINDS."""

    kind: str
    row: Any


def history(person_id: UUID, at: datetime) -> list[Line]:
    """All that was said and known by then, the latest recorded first."""
    lines = [
        Line(kind, row)
        for kind, model, related in KINDS
        for row in _known(model, person_id, at).select_related(*related)
    ]
    return sorted(lines, key=lambda line: (line.row.recorded_at, line.row.id), reverse=True)


# --- for the checks of a new statement ------------------------------------------------------------


def prohibitions_of(person_id: UUID, at: datetime) -> list[Known]:
    """Those in force and those that have ended, by when they began."""
    rows = _known(Prohibition, person_id, at).select_related("end")
    return [_as_known(row) for row in rows.order_by("effective_at", "id")]


def _as_known(row: Prohibition) -> Known:
    end = getattr(row, "end", None)
    ends = [each for each in (end and end.effective_at, row.effective_until) if each is not None]
    return Known(row.id, reach_of(row), row.effective_at, min(ends, default=None))


def reach_of(row: Prohibition) -> tuple[object, ...]:
    """As `rules.wishes.Wanted.reach`."""
    return row.scope, row.provider_id, row.register_type, row.service_event


def wills_of(person_id: UUID, at: datetime, subject: str) -> list[Earlier]:
    rows = _known(ExpressionOfWill, person_id, at).filter(subject=subject)
    columns = ("effective_at", "recorded_at", "given", "text")
    return [Earlier(*row) for row in rows.values_list(*columns)]


def provider(oid: str) -> Provider | None:
    """A service provider by its organisation's OID, or by that of a register it controls."""
    found = Organisation.objects.filter(is_operator=False, oid=oid).first()
    if found is None:
        held = Register.objects.filter(controller_oid=oid, organisation__is_operator=False)
        row = held.select_related("organisation").first()
        found = row.organisation if row else None
    return as_provider(found) if found else None


def providers() -> list[Organisation]:
    """All service providers by the name that is shown; the database sorts no å, ä and ö."""
    rows = Organisation.objects.filter(is_operator=False)
    return sorted(rows, key=lambda each: each.name.casefold())


def as_provider(organisation: Organisation) -> Provider:
    return Provider(
        organisation.id,
        organisation.sector == Sector.PUBLIC,
        BusinessId(organisation.business_id).controller_oid,
    )
