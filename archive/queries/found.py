"""What was found, as answers: the asked attributes of each row, and what is worked out below it."""

from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from archive.models import Instance, Patient, Series, Study, StudyState
from archive.objects.identifier import Attribute, Key
from archive.queries import attributes, standing
from archive.queries.attributes import Column, Listed, Nested
from archive.rules.matching import Level

# From the row of a level to the rows above it.
_ABOVE: Mapping[Level, Mapping[Level, str]] = {
    Level.PATIENT: {Level.PATIENT: ""},
    Level.STUDY: {Level.PATIENT: "patient__", Level.STUDY: ""},
    Level.SERIES: {Level.PATIENT: "study__patient__", Level.STUDY: "study__", Level.SERIES: ""},
    Level.IMAGE: {
        Level.PATIENT: "study__patient__",
        Level.STUDY: "study__",
        Level.SERIES: "series__",
        Level.IMAGE: "",
    },
}
_PERSON, _STUDY, _SERIES = "person", "study", "series"
_Item = tuple[Attribute, ...]


class Row(NamedTuple):
    """One match: ids of the rows it lies in, and the values of the attributes asked for."""

    ids: Mapping[str, UUID]
    values: Mapping[tuple[int, ...], Any]


def asked(keys: Mapping[int, Key], level: Level) -> dict[int, Key]:
    """The attributes to return: the known ones of those asked for, and the unique keys."""
    unique = {attributes.UNIQUE[each]: Key() for each in Level if each <= level}
    return unique | {tag: key for tag, key in keys.items() if attributes.known(tag, level)}


def rows(
    found: QuerySet[Any], level: Level, wanted: Mapping[int, Key], *, limit: int, offset: int = 0
) -> list[Row]:
    """The matches, at most `limit` of them; patients once, however many studies they have."""
    if level == Level.PATIENT:
        found = _patients(found, limit)
    return as_rows(listed(found, level, wanted)[offset : offset + limit], level, wanted)


def listed(found: QuerySet[Any], level: Level, wanted: Iterable[int]) -> QuerySet[Any]:
    """What is read of each."""
    columns = (_column(place, level) for place in _places(wanted))
    return found.values_list(*_ids(level).values(), *columns)


def as_rows(read: Iterable[Sequence[Any]], level: Level, wanted: Iterable[int]) -> list[Row]:
    """What `listed` read, by name."""
    places, ids = list(_places(wanted)), list(_ids(level))
    return [
        Row(
            dict(zip(ids, values, strict=False)),
            dict(zip(places, values[len(ids) :], strict=True)),
        )
        for values in read
    ]


def _patients(studies: QuerySet[Study], limit: int) -> QuerySet[Patient]:
    """Those whose studies were found, `limit` of them if there are as many; by an index that has
    each id once. A person may have several.
    """
    ids, most = studies.values_list("patient_id", flat=True).distinct(), limit
    while True:
        found = list(ids[:most])
        rows = Patient.objects.filter(id__in=found).values_list("id", "survivor_id")
        roots = {survivor or own for own, survivor in rows}
        if len(roots) >= limit or len(found) < most:
            return Patient.objects.filter(id__in=roots)
        most *= 2


def _ids(level: Level) -> dict[str, Combinable]:
    above = _ABOVE[level]
    if level == Level.PATIENT:
        return {_PERSON: F("id")}
    person = above[Level.PATIENT]
    found: dict[str, Combinable] = {
        _PERSON: Coalesce(f"{person}survivor_id", f"{person}id"),
        _STUDY: F(f"{above[Level.STUDY]}id"),
    }
    if level >= Level.SERIES:
        found[_SERIES] = F(f"{above[Level.SERIES]}id")
    return found


def _places(wanted: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Tags of what is kept in columns, with the tag inside where it stands in a sequence."""
    for tag in wanted:
        if nested := attributes.NESTED.get(tag):
            yield from ((tag, inner) for inner in nested.columns)
        elif tag in attributes.COLUMNS or tag in attributes.LISTED or tag in _READ:
            yield (tag,)


def _column(place: tuple[int, ...], level: Level) -> Combinable:
    tag = place[0]
    if nested := attributes.NESTED.get(tag):
        return _value(nested.columns[place[1]], level)
    if column := attributes.COLUMNS.get(tag):
        return _value(column, level)
    if several := attributes.LISTED.get(tag):
        return F(f"{_ABOVE[level][several.level]}{several.path}")
    return _READ[tag](_ABOVE[level][Level.STUDY])


def _instance_count(study: str = "") -> Case:
    """As it is kept with the study; while that is being received, what is kept lags behind."""
    shown = Instance.objects.available().filter(study=OuterRef(f"{study}pk")).order_by()
    counted = Subquery(shown.values("study_id").annotate(n=Count("pk")).values("n"))
    receiving = When(**{f"{study}state": StudyState.RECEIVING}, then=Coalesce(counted, 0))
    kept = F(f"{study}instance_count")
    return Case(receiving, default=kept, output_field=IntegerField())


# Kept with the study, though they follow from what lies below it.
_READ: Mapping[int, Callable[[str], Combinable]] = {
    attributes.MODALITIES: lambda study: F(f"{study}modalities"),
    attributes.INSTANCES_OF_STUDY: _instance_count,
}


def _value(column: Column, level: Level) -> Combinable:
    """Of a person the survivor's."""
    prefix = _ABOVE[level][column.level]
    if column.level == Level.PATIENT and level != Level.PATIENT:
        return Coalesce(f"{prefix}survivor__{column.path}", f"{prefix}{column.path}")
    return F(f"{prefix}{column.path}")


# --- what is worked out ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Below:
    """Counts and classes of the rows of one page, by the id of the row they belong to."""

    by_tag: Mapping[int, Mapping[UUID, Any]]

    def of(self, tag: int, row: Row) -> Any:
        owner = row.ids.get(_OWNER[attributes.DERIVED[tag].level])
        return None if owner is None else self.by_tag.get(tag, {}).get(owner)


_OWNER = {Level.PATIENT: _PERSON, Level.STUDY: _STUDY, Level.SERIES: _SERIES}


def asks_below(wanted: Mapping[int, Key]) -> bool:
    """Whether anything has to be worked out at all."""
    return any(tag in attributes.DERIVED and tag not in _READ for tag in wanted)


def below(page: Sequence[Row], wanted: Mapping[int, Key], visible: QuerySet[Study]) -> Below:
    """One query for each attribute that was asked for and is not kept with the row."""
    found: dict[int, Mapping[UUID, Any]] = {}
    for tag in wanted:
        if tag in attributes.DERIVED and tag not in _READ:
            owners = {row.ids[_OWNER[attributes.DERIVED[tag].level]] for row in page}
            found[tag] = _WORKED_OUT[tag](owners, visible)
    return Below(found)


def _shown_series() -> QuerySet[Series]:
    """A series of rejected objects alone is not there."""
    return Series.objects.filter(Exists(Instance.objects.available().filter(series=OuterRef("pk"))))


def _series_of_studies(owners: set[UUID], visible: QuerySet[Study]) -> dict[UUID, Any]:
    counted = _shown_series().filter(study__in=owners).values("study_id").annotate(n=Count("id"))
    return {row["study_id"]: row["n"] for row in counted}


def _classes_of_studies(owners: set[UUID], visible: QuerySet[Study]) -> dict[UUID, Any]:
    classes = Instance.objects.available().filter(study__in=owners).values("study_id")
    listed = classes.annotate(uids=ArrayAgg("sop_class_uid", distinct=True))
    return {row["study_id"]: row["uids"] for row in listed}


def _instances_of_series(owners: set[UUID], visible: QuerySet[Study]) -> dict[UUID, Any]:
    counted = Instance.objects.available().filter(series__in=owners).values("series_id")
    return {row["series_id"]: row["n"] for row in counted.annotate(n=Count("id"))}


def _of_patients(
    owners: set[UUID], visible: QuerySet[Study], number: Count | Sum | Coalesce
) -> dict[UUID, Any]:
    ids = Patient.objects.filter(survivor__in=owners).values_list("id", flat=True)
    rows = visible.filter(patient__in=[*owners, *ids]).annotate(person=standing.PERSON)
    counted = rows.order_by().values("person").annotate(n=number)
    return {row["person"]: row["n"] for row in counted}


def _studies_of_patients(owners: set[UUID], visible: QuerySet[Study]) -> dict[UUID, Any]:
    return _of_patients(owners, visible, Count("id", distinct=True))


def _series_of_patients(owners: set[UUID], visible: QuerySet[Study]) -> dict[UUID, Any]:
    rows = _shown_series().filter(study=OuterRef("pk")).values("study_id")
    return _of_patients(owners, visible, Sum(Subquery(rows.annotate(n=Count("id")).values("n"))))


def _instances_of_patients(owners: set[UUID], visible: QuerySet[Study]) -> dict[UUID, Any]:
    return _of_patients(owners, visible, Sum(_instance_count()))


_WORKED_OUT = {
    attributes.SOP_CLASSES: _classes_of_studies,
    attributes.SERIES_OF_STUDY: _series_of_studies,
    attributes.INSTANCES_OF_SERIES: _instances_of_series,
    attributes.STUDIES_OF_PATIENT: _studies_of_patients,
    attributes.SERIES_OF_PATIENT: _series_of_patients,
    attributes.INSTANCES_OF_PATIENT: _instances_of_patients,
}


# --- answers --------------------------------------------------------------------------------------


def answer(row: Row, wanted: Mapping[int, Key], worked_out: Below) -> list[Attribute]:
    """Built from this row alone."""
    return [_attribute(tag, key, row, worked_out) for tag, key in wanted.items()]


def _attribute(tag: int, key: Key, row: Row, worked_out: Below) -> Attribute:
    if column := attributes.COLUMNS.get(tag):
        return Attribute(tag, column.vr, _texts(row.values[(tag,)]))
    if nested := attributes.NESTED.get(tag):
        return Attribute(tag, nested.vr, items=(_item(tag, nested, key, row),))
    if several := attributes.LISTED.get(tag):
        items = tuple(_items(several, key, row.values[(tag,)] or ()))
        return Attribute(tag, several.vr, items=items)
    value = row.values[(tag,)] if tag in _READ else worked_out.of(tag, row)
    vr = attributes.DERIVED[tag].vr
    return Attribute(tag, vr, _texts(value or (0 if vr == "IS" else "")))


def _item(tag: int, nested: Nested, key: Key, row: Row) -> _Item:
    """The attributes of an item that were asked for; all of them when none was named."""
    named = _named(key)
    columns = [
        Attribute(inner, column.vr, _texts(row.values[tag, inner]))
        for inner, column in nested.columns.items()
    ]
    constants = [Attribute(inner, vr, (value,)) for inner, (vr, value) in nested.constants.items()]
    return tuple(each for each in (*columns, *constants) if named is None or each.tag in named)


def _items(several: Listed, key: Key, kept: Iterable[Mapping[str, str]]) -> Iterator[_Item]:
    """The attributes of each item that were asked for; all of them when none was named."""
    named = _named(key) or several.columns.keys()
    for told in kept:
        yield tuple(
            Attribute(tag, vr, _texts(told.get(f"{tag:08X}", "")))
            for tag, vr in several.columns.items()
            if tag in named
        )


def _named(key: Key) -> KeysView[int] | None:
    return key.items[0].keys() if key.items and key.items[0] else None


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(sorted(map(str, value)))
    return (str(value),) if value != "" else ()
