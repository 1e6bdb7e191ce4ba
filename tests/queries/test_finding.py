"""C-FIND in SQL says what a matcher written from PS3.4 C.2.2.2 says, and by indexes alone."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pytest
from django.db import connections
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import IdentifierMismatch
from archive.models import Instance, Patient, Register, Series, Study
from archive.objects.identifier import Key
from archive.queries import finding
from archive.rules.matching import Level
from archive.services import querying
from archive.values import now
from tests import builders, cast
from tests.cast import MALLILA

TAGS = {
    "name": 0x00100010,
    "accession_number": 0x00080050,
    "description": 0x00081030,
    "study_date": 0x00080020,
    "study_time": 0x00080030,
    "study_instance_uid": 0x0020000D,
    "modalities": 0x00080061,
}
NAMES = ("Meikäläinen^Maija", "MÄKI^Åke^^", "Mäki=山^田", "", "Ö_ %^\\x", "Mäkinen")
ACCESSIONS = ("A1", "a1", "A_1", "A%1", "A\\1", "AB1", "")
TEXTS = ("AA1AD Pään TT", "AA1AD", "aa1ad", "")
DATES = ("20260131", "2026.01.31", "20260201", "", "2026", "20251231")
TIMES = ("101500", "1015", "10", "10:15:00", "101500.5", "", "235959.999999", "noon")
MODALITIES = (("CT",), ("MR", "PR"), ("CT", "SR"), ())


# --- the matcher, from the standard ---------------------------------------------------------------


def fits(field: str, key: str, value: Any) -> bool:
    """Whether a study with this value matches this key; several keys mean any of them."""
    if key.strip() in ("", "*") or (field == "name" and not _person(key)):
        return True
    return any(_fits(field, each, value) for each in key.split("\\") if each)


def _fits(field: str, key: str, value: Any) -> bool:
    if field == "study_instance_uid":
        return bool(key == value)
    if field == "study_date":
        return _in_range(key, _days(value), _days)
    if field == "study_time":
        return _in_range(key, _seconds(value), _seconds)
    if field == "modalities":
        return any(_wild(key, each) for each in value)
    if field == "name":
        return _wild(_person(key), _person(value))
    return _wild(key, value)


def _wild(key: str, value: str) -> bool:
    """C.2.2.2.4: an asterisk is any sequence, a question mark one character."""
    pattern = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in key)
    return re.fullmatch(pattern, value, re.DOTALL) is not None


def _person(name: str) -> str:
    """Case does not count, nor do empty trailing components, nor other groups."""
    return re.sub(r"[\^ ]*$", "", name.split("=")[0].lower())


def _days(text: str) -> tuple[str, str] | None:
    """First and last day that a value stands for."""
    plain = text.replace(".", "")
    return (plain, plain) if re.fullmatch("[0-9]{8}", plain) else None


def _seconds(text: str) -> tuple[float, float] | None:
    """First and last moment of the day that a value stands for."""
    plain = text.replace(":", "")
    if not re.fullmatch(r"[0-9]{2}([0-9]{2}([0-9]{2}(\.[0-9]{1,6})?)?)?", plain):
        return None
    whole, _dot, parts = plain.partition(".")
    lasts = {2: 3600, 4: 60, 6: 10.0 ** -len(parts)}[len(whole)]
    padded = whole.ljust(6, "0")
    begin = int(padded[:2]) * 3600 + int(padded[2:4]) * 60 + int(padded[4:])
    first = begin + float(f"0.{parts or 0}")
    return first, first + lasts - 1e-6


def _in_range(key: str, value: tuple[Any, Any] | None, parse: Any) -> bool:
    """C.2.2.2.5: both ends count; an open end is open."""
    if value is None:
        return False
    low, dash, high = key.partition("-")
    begin = parse(low) if low else None
    end = parse(high if dash else low) if (high or not dash) else None
    return (begin is None or value[0] >= begin[0]) and (end is None or value[0] <= end[1])


# --- the same from both ---------------------------------------------------------------------------

letters = st.sampled_from(["M", "m", "ä", "Ä", "k", "i", "*", "?", "^", "%", "_", "A", "1"])
dates = st.sampled_from([each for each in DATES if len(each) >= 8])
times = st.sampled_from([each for each in TIMES if each and each != "noon"])


def ranges(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    both = st.tuples(values, values).map("-".join)
    return st.one_of(values, both, values.map(lambda each: f"{each}-"), values.map("-{}".format))


KEYS = {
    "name": st.one_of(st.sampled_from(NAMES[:2]), st.text(letters, max_size=6)),
    "accession_number": st.one_of(st.sampled_from(ACCESSIONS), st.text(letters, max_size=4)),
    "description": st.one_of(st.sampled_from(TEXTS), st.just("AA1*"), st.just("??1AD*")),
    "study_date": st.one_of(st.just(""), ranges(dates)),
    "study_time": st.one_of(st.just(""), ranges(times)),
    "modalities": st.sampled_from(["CT", "MR", "CT\\MR", "?R", "*", "C*", "ct", "", "XA"]),
}


@pytest.fixture
def world(db: None) -> list[tuple[Study, str, Sequence[str]]]:
    """Studies with every odd value that is kept, each of a person of its own."""
    made = []
    for number in range(24):
        name = NAMES[number % len(NAMES)]
        person = Patient.objects.create(
            environment="production", identifier=f"P{number}", issuer="1.2", name=name
        )
        modalities = MODALITIES[number % len(MODALITIES)]
        study = builders.study(
            accession_number=ACCESSIONS[number % len(ACCESSIONS)],
            description=TEXTS[number % len(TEXTS)],
            study_date=DATES[number % len(DATES)],
            study_time=TIMES[number % len(TIMES)],
            modalities=list(modalities),
        )
        Study.objects.filter(id=study.id).update(patient=person)
        for modality in modalities:
            series = builders.series(study, objects=1)
            Series.objects.filter(id=series.id).update(modality=modality)
        made.append((study, name, modalities))
    return made


def listed(keys: dict[str, str], level: Level = Level.STUDY) -> QuerySet[Any]:
    given = {
        TAGS[name]: Key(tuple(text.split("\\")) if text else ()) for name, text in keys.items()
    }
    wanted = finding.conditions(given, level)
    visible = querying.visible_studies(cast.peer(), wanted, reached=())
    return finding.studies(visible, "production", wanted)


def test_sql_and_the_standard_agree(world: list[tuple[Study, str, Sequence[str]]]) -> None:
    found: list[int] = []

    @settings(
        max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.fixed_dictionaries({}, optional=KEYS))
    def compare(keys: dict[str, str]) -> None:
        keys = {name: key.strip() for name, key in keys.items()}
        expected = set()
        for study, name, modalities in world:
            values = {**vars(study), "name": name, "modalities": modalities}
            if all(fits(field, key, values[field]) for field, key in keys.items()):
                expected.add(study.id)
        assert set(listed(keys).values_list("id", flat=True)) == expected, keys
        found.append(len(expected))

    compare()
    assert any(found) and not all(found)


# --- plans ----------------------------------------------------------------------------------------

BIG = ("archive_study", "archive_patient", "archive_series", "archive_instance")


@pytest.fixture
def archive_of_many(fresh_database: str) -> None:
    """As many studies of others as make a difference, and statistics that tell."""
    register = Register.objects.get(organisation__business_id=MALLILA, is_default=True)
    common = {"environment": "production"}
    stored = {"connection": cast.connection(MALLILA), "received_at": now()}
    persons = [
        Patient(identifier=f"T{number}", issuer="1.2", name=f"Nimi{number}^Etu", **common)
        for number in range(2000)
    ]
    studies = [
        Study(
            patient=person,
            register=register,
            study_instance_uid=f"1.2.{number}",
            accession_number=f"B{number}",
            study_date=f"20{number % 25:02}0101",
            **common,
            **stored,
        )
        for number, person in enumerate(persons)
    ]
    series = [Series(study=each, series_instance_uid=f"{each}.1", **common) for each in studies]
    objects = [
        Instance(
            study=each.study,
            series=each,
            sop_instance_uid=f"{each}.1",
            digest=b"",
            size=1,
            association_id=each.id,
            received_at=stored["received_at"],
            **common,
        )
        for each in series
    ]
    rows: tuple[list[Any], ...] = (persons, studies, series, objects)
    for each in rows:
        type(each[0]).objects.bulk_create(each, batch_size=1000)
    with connections["owner"].cursor() as cursor:  # nobody else may
        for table in BIG:
            cursor.execute(f"ANALYZE {table}")


ASKED: dict[str, dict[str, str]] = {
    "nothing": {},
    "one study": {"study_instance_uid": "1.2.77"},
    "accession number": {"accession_number": "B77"},
    "name": {"name": "nimi77^*"},
    "days": {"study_date": "20261101-20261130"},
}


@pytest.mark.usefixtures("archive_of_many")
def test_no_query_reads_a_table_from_end_to_end() -> None:
    for (name, keys), level in product(ASKED.items(), (Level.STUDY, Level.SERIES, Level.IMAGE)):
        studies = listed(keys, level)
        rows: dict[Level, QuerySet[Any]] = {
            Level.STUDY: studies,
            Level.SERIES: finding.series(studies, finding.Conditions()),
            Level.IMAGE: finding.instances(studies, finding.Conditions()),
        }
        with querying.bounded():
            plan = rows[level].values_list("id")[:10_001].explain(format="json")
        goes_by_indexes(plan, name, level)


@pytest.mark.usefixtures("archive_of_many")
def test_nor_does_one_by_the_step_and_orders_of_a_series() -> None:
    """No index leads to them: they are looked at in the series of studies that may be seen."""
    order = {0x00401001: Key(("R1",))}
    keys = {0x00400244: Key(("20261120-",)), 0x00400275: Key(items=(order,))}
    for (name, of_study), level in product(ASKED.items(), (Level.SERIES, Level.IMAGE)):
        studies, wanted = listed(of_study, level), finding.conditions(keys, level)
        find: Any = finding.series if level == Level.SERIES else finding.instances
        with querying.bounded():
            plan = find(studies, wanted).values_list("id")[:10_001].explain(format="json")
        goes_by_indexes(plan, name, level)


def goes_by_indexes(plan: str, *which: object) -> None:
    scans = [
        node
        for node in _nodes(json.loads(plan)[0]["Plan"])
        if node.get("Relation Name") in BIG and node["Node Type"] != "Bitmap Heap Scan"
    ]
    assert scans
    assert all("Index Cond" in node for node in scans), (*which, plan)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


@pytest.mark.parametrize("field", ["description", "name", "study_date", "study_instance_uid"])
def test_a_key_of_a_hundred_thousand_values_is_refused(field: str) -> None:
    """It would keep whoever puts it into SQL for minutes; a thousand UIDs do not."""
    one = "20260101" if field == "study_date" else "1.2"
    with pytest.raises(IdentifierMismatch):
        finding.conditions({TAGS[field]: Key((one,) * 100_000)}, Level.STUDY)
    few = 5_000 if field == "study_instance_uid" else 100
    assert (
        finding.conditions({TAGS[field]: Key((one,) * few)}, Level.STUDY).study or field == "name"
    )


def test_nor_is_one_within_a_sequence() -> None:
    for inner in (0x00400032, 0x00400033):
        item = {inner: Key(("1.2",) * 100_000)}
        with pytest.raises(IdentifierMismatch):
            finding.conditions({0x00080051: Key(items=(item,))}, Level.STUDY)
