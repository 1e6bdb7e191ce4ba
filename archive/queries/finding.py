"""What a C-FIND, C-MOVE or C-GET names, as rows of the index (AR-6).

Nothing is ordered and nothing counted: PostgreSQL stops at the limit wherever it began, so the cost
does not follow the size of the archive.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BooleanField, CharField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat, Lower, Replace, RPad
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual, Regex
from pydicom.datadict import keyword_for_tag

from archive.errors import IdentifierMismatch
from archive.models import Instance, Patient, Series, Study
from archive.models.studies import InstanceSet
from archive.objects.identifier import Key
from archive.queries import attributes
from archive.queries.attributes import Column, Listed, Nested
from archive.rules import matching
from archive.rules.matching import Among, Level, Like, Match, Within
from archive.values import PersonId, composed

MOST_UIDS, MOST_VALUES = 10_000, 200  # of one key
_DATE_FORM = r"^[0-9]{4}[.]?[0-9]{2}[.]?[0-9]{2}$"
_TIME_FORM = r"^([0-9]{2}(:?[0-9]{2}(:?[0-9]{2}([.][0-9]{1,6})?)?)?)?$"
# What is said of a value that is none. The value itself is not repeated: it may be anything.
_EXPECTED = {
    "DA": "a day as YYYYMMDD, or a range of them with a hyphen",
    "TM": "a time as HHMMSS.FFFFFF or the beginning of it, or a range of them with a hyphen",
    "UI": "at most 64 digits and points",
    "IS": "a whole number of at most 12 digits",
}
_WORDS = frozenset(("description",))  # what people write; no index leads to it
# Patient ids name a person whichever of the person's ids they are; the rest is the survivor's.
_IDENTITY = frozenset(("identifier", "issuer"))


@dataclass(slots=True)
class Conditions:
    """The keys of a query, each as a condition on the rows of its level."""

    identity: Q = field(default_factory=Q)
    person: Q = field(default_factory=Q)
    study: Q = field(default_factory=Q)
    series: Q = field(default_factory=Q)
    image: Q = field(default_factory=Q)
    nothing: bool = False  # a key that no row of ours can match
    by_uid: bool = False  # the studies are named: an index leads to them
    named: str = ""  # the one study that is named, when nothing else is said of it

    def add(self, column: Column, condition: Q) -> None:
        if column.level == Level.PATIENT:
            name = "identity" if column.path in _IDENTITY else "person"
        else:
            name = column.level.name.lower()
        setattr(self, name, getattr(self, name) & condition)


def conditions(keys: Mapping[int, Key], level: Level, *, together: bool = False) -> Conditions:
    """`together`: StudyDate and StudyTime as one range. Raises IdentifierMismatch."""
    found = Conditions()
    matches = {
        tag: match
        for tag, key in keys.items()
        if (match := _match(tag, key.values, level)) is not None
    }
    found.by_uid = isinstance(matches.get(attributes.STUDY_UID), Among)
    date, time = matches.get(attributes.STUDY_DATE), matches.get(attributes.STUDY_TIME)
    if together and isinstance(date, Within) and isinstance(time, Within):
        both = matching.combined(date, time)
        if both is not None:
            found.study &= _within(_moment(), both) & Q(Regex(F("study_time"), _TIME_FORM))
            del matches[attributes.STUDY_TIME]  # the date alone stays, for its index
    for tag, match in matches.items():
        if column := attributes.COLUMNS.get(tag):
            found.add(column, _condition(column, match))
        else:
            found.study &= _BELOW[tag](match)
    for tag, nested in attributes.NESTED.items():
        if tag in keys and nested.level <= level:
            _add_nested(found, tag, nested, keys[tag])
    for tag, several in attributes.LISTED.items():
        if tag in keys and several.level <= level:
            _add_listed(found, tag, several, keys[tag])
    found.named = _named(found, matches.get(attributes.STUDY_UID), level)
    return found


def _named(found: Conditions, uid: Match | None, level: Level) -> str:
    if level != Level.STUDY or not isinstance(uid, Among) or len(uid.values) != 1:
        return ""
    alone = Conditions(study=one_study(*uid.values), by_uid=True)
    return uid.values[0] if found == alone else ""


def one_study(uid: str) -> Q:
    return _condition(attributes.COLUMNS[attributes.STUDY_UID], Among((uid,)))


def _match(tag: int, values: tuple[str, ...], level: Level) -> Match | None:
    """What can be matched here; of what is derived only modalities and classes."""
    attribute = attributes.COLUMNS.get(tag) or attributes.DERIVED.get(tag)
    if attribute is None or attribute.level > level or tag in attributes.UNMATCHED:
        return None
    if tag == attributes.PATIENT_ID:
        values = tuple(_as_filed(value) for value in values)
    return _read((tag,), attribute.vr, values)


def _read(path: Sequence[int], vr: str, values: Sequence[str]) -> Match | None:
    """Each value becomes a condition of its own: a hundred thousand of them, which fit into one
    request, would keep a process of the listener for minutes. Raises IdentifierMismatch.
    """
    most = MOST_UIDS if vr == "UI" else MOST_VALUES
    if len(values) > most:
        raise _mismatch(path, f"is asked for with more than {most} values")
    try:
        return matching.match_of(vr, values)
    except ValueError:
        expected = _EXPECTED.get(vr, "a text")
        said = f"is asked for with what is no value of VR {vr}: expected is {expected}"
        raise _mismatch(path, said) from None


def _mismatch(path: Sequence[int], said: str) -> IdentifierMismatch:
    name = ".".join(map(keyword_for_tag, path))
    return IdentifierMismatch(f"{name} {said}", tag=path[0], facts={"field": name})


def _as_filed(patient_id: str) -> str:
    """Personal identity codes come in small letters too, and are filed in capitals."""
    try:
        return PersonId(patient_id)
    except ValueError:
        return patient_id


def _add_nested(found: Conditions, tag: int, nested: Nested, key: Key) -> None:
    """Sequence matching, PS3.4 C.2.2.2.6: by the one item of the key."""
    for inner, wanted in _item(tag, key).items():
        if column := nested.columns.get(inner):
            match = _read((tag, inner), column.vr, wanted.values)
            if match is not None:
                found.add(column, _condition(column, match))
        elif constant := nested.constants.get(inner):
            match = _read((tag, inner), constant[0], wanted.values)
            found.nothing |= not matching.matches_constant(match, constant[1])


def _add_listed(found: Conditions, tag: int, several: Listed, key: Key) -> None:
    """The same: one of the items must have all that is asked for."""
    tests = []
    for inner, wanted in _item(tag, key).items():
        if inner in several.columns:
            match = _read((tag, inner), several.columns[inner], wanted.values)
            if isinstance(match, Like):
                tests.append((inner, tuple(map(_sql_pattern, match.patterns))))
    if tests:
        column = Column(several.vr, several.level, several.path)
        found.add(column, Q(_AnyItem(several.path, tuple(tests))))


def _item(tag: int, key: Key) -> Mapping[int, Key]:
    """Raises IdentifierMismatch."""
    if len(key.items) > 1:
        raise IdentifierMismatch("a sequence with several items", tag=tag)
    return key.items[0] if key.items else {}


# --- one condition --------------------------------------------------------------------------------


class _IsLike(Func):
    """SQL's LIKE with a pattern of our own; Django knows only prefixes and parts."""

    template = "(%(expressions)s)"
    arg_joiner = " LIKE "
    output_field = BooleanField()


class _AnyItem(Func):
    """Whether one item of a list has all: in each attribute a text like any of its patterns."""

    output_field = BooleanField()

    def __init__(self, path: str, tests: tuple[tuple[int, tuple[str, ...]], ...]) -> None:
        super().__init__(F(path))
        self.tests = tests

    def as_sql(self, compiler: Any, *_: Any, **__: Any) -> tuple[str, tuple[Any, ...]]:
        listed, parameters = compiler.compile(self.source_expressions[0])
        tests = " AND ".join(f"item->>'{tag:08X}' LIKE ANY(%s)" for tag, _ in self.tests)
        sql = f"EXISTS (SELECT 1 FROM jsonb_array_elements({listed}) AS item WHERE {tests})"
        return sql, (*parameters, *(list(patterns) for _, patterns in self.tests))


def _condition(column: Column, match: Match) -> Q:
    if isinstance(match, Among):
        return Q(**{f"{column.path}__in": match.values})
    if isinstance(match, Within):
        normal = _day(column.path) if column.vr == "DA" else _clock(column.path)
        form = _DATE_FORM if column.vr == "DA" else _TIME_FORM
        return _within(normal, match) & Q(Regex(F(column.path), form)) & ~Q(**{column.path: ""})
    if column.vr == "PN":
        return _any_like(folded_name(column.path, match.group), match)
    if column.path in _WORDS:
        return _any_like(_composed(column.path), Like(tuple(map(composed, match.patterns))))
    return _any_like(F(column.path), match)


def _any_like(value: Combinable, match: Like) -> Q:
    found = Q()
    for pattern in match.patterns:
        found |= Q(_IsLike(value, Value(_sql_pattern(pattern))))
    return found


def _sql_pattern(pattern: str) -> str:
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%").replace("?", "_")


def _within(value: Combinable, match: Within) -> Q:
    found = Q()
    for span in match.spans:
        inside = Q()
        if span.low:
            inside &= Q(GreaterThanOrEqual(value, Value(span.low)))
        if span.high:
            inside &= Q(LessThanOrEqual(value, Value(span.high)))
        found |= inside
    return found


def folded_name(path: str, group: int = 0) -> Func:
    """As `matching.folded_name`, and for the alphabetic group as the index has it (0251)."""
    told = _text("split_part", Lower(_composed(path)), Value("="), Value(group + 1))
    return _text("rtrim", told, Value("^ "))


def _composed(path: str) -> Func:
    """As `values.composed`."""
    return _text("normalize", F(path))


def _day(path: str) -> Func:
    """YYYYMMDD, as the index has it."""
    return Replace(F(path), Value("."), Value(""))


def _clock(path: str) -> Func:
    """HHMMSS.FFFFFF; what was left out is zero."""
    plain = Replace(F(path), Value(":"), Value(""))
    whole, parts = (_text("split_part", plain, Value("."), Value(place)) for place in (1, 2))
    return Concat(RPad(whole, 6, Value("0")), Value("."), RPad(parts, 6, Value("0")))


def _moment() -> Func:
    return Concat(_day("study_date"), _clock("study_time"))


def _text(function: str, *arguments: Combinable) -> Func:
    return Func(*arguments, function=function, output_field=CharField())


def _modality_of_a_series(match: Match) -> Q:
    condition = _condition(Column("CS", Level.SERIES, "modality"), match)
    return Q(Exists(Series.objects.filter(_holds_any(), condition, study=OuterRef("pk"))))


def _holds_any() -> Exists:
    """A series of rejected objects alone is not there (AR-7)."""
    return Exists(Instance.objects.available().filter(series=OuterRef("pk")))


def _class_of_an_object(match: Match) -> Q:
    condition = _condition(Column("UI", Level.IMAGE, "sop_class_uid"), match)
    return Q(Exists(Instance.objects.available().filter(condition, study=OuterRef("pk"))))


_BELOW: Mapping[int, Callable[[Match], Q]] = {
    attributes.MODALITIES: _modality_of_a_series,
    attributes.SOP_CLASSES: _class_of_an_object,
}


# --- rows -----------------------------------------------------------------------------------------


def studies(visible: QuerySet[Study], environment: str, wanted: Conditions) -> QuerySet[Study]:
    """Of the studies that may be seen, those that the conditions name."""
    rows = visible.none() if wanted.nothing else visible.filter(wanted.study)
    if wanted.identity or wanted.person:
        rows = rows.filter(patient__in=_persons(environment, wanted))
    return rows


def _persons(environment: str, wanted: Conditions) -> QuerySet[Any]:
    """Survivors of merges that fit, and all that were merged into them."""
    rows = Patient.objects.filter(environment=environment)
    survivors = rows.filter(wanted.person, survivor=None)
    if wanted.identity:
        named = rows.filter(wanted.identity).annotate(root=Coalesce("survivor_id", "id"))
        survivors = survivors.filter(id__in=named.values("root"))
    retired = rows.filter(survivor__in=survivors.values("id"))
    return survivors.values("id").union(retired.values("id"), all=True)


def series(of: QuerySet[Study], wanted: Conditions) -> QuerySet[Series]:
    return Series.objects.filter(_holds_any(), wanted.series, study__in=of.values("id"))


def instances(of: QuerySet[Study], wanted: Conditions) -> InstanceSet:
    rows = Instance.objects.available().filter(wanted.image, study__in=of.values("id"))
    if wanted.series:
        rows = rows.filter(series__in=Series.objects.filter(wanted.series).values("id"))
    return rows
