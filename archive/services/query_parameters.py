"""Parameters of stored queries, ITI TF-2 3.18.4.1.2.3.5: cardinality, codes, times, patients."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Model, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from archive.errors import Malformed, ParameterMissing
from archive.models import DocumentStatus, Patient
from archive.objects.registry import (
    APPROVED,
    DEPRECATED,
    PatientId,
    is_entry_uuid,
    normal_uuid,
    parse_time,
)
from archive.services import links
from archive.values import HETU_ROOT

DOCUMENT = "$XDSDocumentEntry"

STATUS = {APPROVED: DocumentStatus.APPROVED, DEPRECATED: DocumentStatus.DEPRECATED}
_STATUS_PREFIX = "urn:oasis:names:tc:ebxml-regrep:StatusType:"


@dataclass(frozen=True, slots=True)
class Parameters:
    """As asked: groups of a parameter joined by AND, values of a group by OR."""

    given: Mapping[str, tuple[tuple[str, ...], ...]]

    def groups(self, name: str) -> Sequence[Sequence[str]]:
        return self.given.get(name, ())

    def any_of(self, name: str, *, required: bool = False) -> Sequence[str]:
        """The values of a parameter that may not be repeated."""
        groups = self.groups(name)
        if len(groups) > 1:
            raise Malformed(f"{name} is given twice")
        if required and not groups:
            raise ParameterMissing(f"{name} is missing")
        return groups[0] if groups else ()

    def one(self, name: str, *, required: bool = False) -> str:
        values = self.any_of(name, required=required)
        if len(values) > 1:
            raise Malformed(f"{name} has several values")
        return values[0] if values else ""

    def statuses(self, name: str) -> list[DocumentStatus]:
        values = self.any_of(name, required=True)
        if any(not value.startswith(_STATUS_PREFIX) for value in values):
            raise Malformed(f"a value of {name} is no status")
        # Submitted and the like are statuses too; nothing of ours has them.
        return [STATUS[value] for value in values if value in STATUS]

    def patients(self, name: str, *texts: str) -> Any:
        """Everyone the ids stand for: survivors of merges and all that were merged into them."""
        wanted = Q()
        for text in texts:
            try:
                patient = PatientId.parse(text)
            except ValueError:
                raise Malformed(f"{name} is no patient id") from None
            value = patient.value.upper() if patient.issuer == HETU_ROOT else patient.value
            wanted |= Q(identifier=value, issuer=patient.issuer)
        named = Patient.objects.filter(wanted)
        survivor = named.annotate(root=Coalesce("survivor_id", "id")).values("root")
        return Patient.objects.filter(Q(id__in=survivor) | Q(survivor_id__in=survivor)).values("id")

    def patient(self, name: str) -> Any:
        """The one whom the query is about."""
        return self.patients(name, self.one(name, required=True))

    def uuids_or_unique_ids(self, prefix: str, *, single: bool = False) -> Q:
        """Which objects, by entry UUID or by uniqueId, never by both."""
        read = self._few if single else self.any_of
        uuids, unique_ids = read(f"{prefix}EntryUUID"), read(f"{prefix}UniqueId")
        if uuids and unique_ids:
            raise Malformed("entry UUIDs and uniqueIds exclude each other")
        if not uuids and not unique_ids:
            raise ParameterMissing("entry UUIDs or uniqueIds are missing")
        if unique_ids:
            return Q(unique_id__in=unique_ids)
        wanted = [entry_uuid(text) for text in uuids]
        return links.of_documents(wanted) if prefix == DOCUMENT else Q(entry_uuid__in=wanted)

    def _few(self, name: str) -> Sequence[str]:
        value = self.one(name)
        return (value,) if value else ()

    def times(self, rows: QuerySet[Any], name: str, column: str) -> QuerySet[Any]:
        """From is inclusive, To exclusive."""
        if start := self.one(f"{name}From"):
            rows = rows.filter(**{f"{column}__gte": _time(f"{name}From", start)})
        if end := self.one(f"{name}To"):
            rows = rows.filter(**{f"{column}__lt": _time(f"{name}To", end)})
        return rows

    def authors(self, rows: QuerySet[Any], values: Sequence[str]) -> QuerySet[Any]:
        """Whose author person is like one of the values."""
        if not values:
            return rows
        # A backslash is no escape in the stored query's LIKE.
        patterns = [value.replace("\\", "\\\\") for value in values]
        like = (
            f"EXISTS (SELECT 1 FROM jsonb_array_elements({_table(rows)}.metadata->'authors')"
            " AS author WHERE author->>'person' LIKE ANY(%s))"
        )
        return rows.filter(RawSQL(like, (patterns,), output_field=BooleanField()))


def _table(rows: QuerySet[Any]) -> str:
    model: type[Model] = rows.model
    return model._meta.db_table


def any_code(name: str, field: str, codes: Iterable[str], *, listed: bool) -> Q:
    """`code^^scheme`, one of several."""
    wanted = Q()
    for text in codes:
        parts = text.split("^")
        if len(parts) != 3 or not parts[0] or not parts[2]:
            raise Malformed(f"a value of {name} is no code^^scheme")
        code = {"value": parts[0], "scheme": parts[2]}
        wanted |= Q(metadata__contains={field: [code] if listed else code})
    return wanted


def entry_uuid(text: str) -> str:
    try:
        return normal_uuid(text) if is_entry_uuid(text) else text
    except ValueError:
        return text  # nothing has that id


def _time(name: str, text: str) -> datetime:
    try:
        return parse_time(text)
    except ValueError:
        raise Malformed(f"{name} is no time") from None
