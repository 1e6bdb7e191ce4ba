"""How long a study is kept: the rows that a new database has, and what holds of any rows."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.models import Spared
from archive.rules.retention import (
    Facts,
    Rule,
    anniversary,
    believed_study,
    has_expired,
    judge,
    obstacle,
)

ON = date(2100, 1, 1)
BIRTH, DEATH = date(1981, 1, 1), date(2050, 5, 5)


def numbered(number: int, **columns: object) -> Rule:
    return Rule(**{"id": UUID(int=number), "priority": 10, **columns})  # type: ignore[arg-type]


BY_DEATH = numbered(1, basis="death", years=12)
BY_BIRTH = numbered(2, basis="birth", years=120)
SAMPLE = numbered(3, priority=20, permanent=True, birth_days=frozenset({18, 28}))
FOR_NOW = numbered(4, permanent=True)
LAW = [BY_DEATH, BY_BIRTH, SAMPLE]


def facts(**columns: object) -> Facts:
    return Facts(
        **{"register_type": "2", "content_types": frozenset({"ct"}), "birth": BIRTH, **columns}  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (date(2000, 2, 29), 12, date(2012, 2, 29)),
        (date(2000, 2, 29), 13, date(2013, 2, 28)),  # Act 150/1930 section 3
        (date(1980, 2, 29), 120, date(2100, 2, 28)),  # no leap year
        (date(2001, 3, 1), 12, date(2013, 3, 1)),
        (date(9990, 1, 31), 120, date(9999, 1, 31)),
    ],
)
def test_a_period_of_years_ends_on_the_day_of_the_same_number(
    day: date, years: int, expected: date
) -> None:
    assert anniversary(day, years) == expected


def test_twelve_years_from_death_when_it_is_known_else_a_hundred_and_twenty_from_birth() -> None:
    assert judge(facts(death=DEATH), LAW).keep_until == date(2062, 5, 5)
    assert judge(facts(), LAW).keep_until == date(2101, 1, 1)
    old = facts(death=date(2099, 1, 1))  # dies at 118: kept beyond 120 years from birth
    assert judge(old, LAW).keep_until == date(2111, 1, 1)


def test_the_last_day_is_a_day_of_keeping() -> None:
    dead = facts(death=DEATH)
    assert not has_expired(dead, LAW, date(2062, 5, 5))
    assert has_expired(dead, LAW, date(2062, 5, 6))


def test_what_is_not_known_is_kept() -> None:
    assert judge(facts(birth=None), LAW).keep_until is None
    assert not has_expired(facts(birth=None), LAW, date.max)
    assert judge(facts(), []).keep_until is None


@pytest.mark.parametrize(("day", "kept"), [(17, False), (18, True), (28, True), (29, False)])
def test_the_sample_by_day_of_birth_is_kept_for_ever(day: int, kept: bool) -> None:
    born = facts(birth=date(1981, 1, day), death=DEATH)
    assert (judge(born, LAW).permanent == SAMPLE.id) is kept
    assert has_expired(born, LAW, ON) is not kept
    assert judge(born, LAW).term is not None  # told all the same, for the forecast


def test_a_rule_of_higher_priority_takes_the_place_of_the_others() -> None:
    dental = numbered(5, priority=30, basis="study", years=10, content_types=frozenset({"dental"}))
    taken = date(2030, 1, 1)
    one = facts(content_types=frozenset({"dental"}), study=taken, death=DEATH)
    assert judge(one, [*LAW, dental]).keep_until == date(2040, 1, 1)
    mixed = facts(content_types=frozenset({"dental", "ct"}), study=taken, death=DEATH)
    assert judge(mixed, [*LAW, dental]).keep_until == date(2062, 5, 5)  # the longest of them


def test_a_rule_of_another_register_does_not_fit() -> None:
    occupational = numbered(6, priority=30, basis="study", years=1, register_types=frozenset("4"))
    assert judge(facts(study=BIRTH), [*LAW, occupational]).keep_until == date(2101, 1, 1)
    assert judge(facts(study=BIRTH, register_type="4"), [occupational]).keep_until == date(
        1982, 1, 1
    )


@pytest.mark.parametrize(
    ("columns", "rules", "expected"),
    [
        ({}, LAW, None),
        ({"held": True}, LAW, Spared.HELD),
        ({}, [*LAW, FOR_NOW], Spared.PERMANENT),
        ({"death": date(2090, 1, 1)}, LAW, Spared.NOT_EXPIRED),
        ({"death": ON.replace(year=ON.year - 12)}, LAW, Spared.NOT_EXPIRED),
        ({"committed": False}, LAW, Spared.UNCOMMITTED),
        ({"state": "receiving"}, LAW, Spared.UNSETTLED),
        ({"changing": True}, LAW, Spared.UNSETTLED),
        ({"state": "failed"}, LAW, None),
    ],
    ids=[
        "may",
        "held",
        "permanent",
        "not-expired",
        "last-day",
        "uncommitted",
        "in-flux",
        "changing",
        "failed",
    ],
)
def test_what_stands_in_the_way_of_destruction(
    columns: dict[str, object], rules: list[Rule], expected: Spared | None
) -> None:
    assert obstacle(facts(**{"death": DEATH, **columns}), rules, ON) is expected


RECEIVED = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("told", "birth", "believed"),
    [
        (date(2020, 5, 1), BIRTH, date(2020, 5, 1)),
        (BIRTH, BIRTH, BIRTH),
        (date(1980, 12, 31), BIRTH, RECEIVED),  # before birth
        (date(1895, 11, 7), None, RECEIVED),  # before there were images
        (date(1900, 1, 1), None, date(1900, 1, 1)),
        (None, BIRTH, RECEIVED),
    ],
)
def test_a_day_of_study_is_believed_when_something_could_be_imaged(
    told: date | None, birth: date | None, believed: date
) -> None:
    assert believed_study(told, birth, RECEIVED) == believed


DAYS = st.dates(date(1850, 1, 1), date(2150, 1, 1))
ROWS = st.builds(
    Rule,
    id=st.uuids(),
    priority=st.integers(0, 3),
    content_types=st.frozensets(st.sampled_from(["ct", "mr"])),
    register_types=st.frozensets(st.sampled_from("234")),
    birth_days=st.frozensets(st.integers(1, 31), max_size=3),
    basis=st.sampled_from(["birth", "death", "study"]),
    years=st.integers(0, 150),
    permanent=st.booleans(),
)
STUDIES = st.builds(
    Facts,
    register_type=st.sampled_from("234"),
    content_types=st.frozensets(st.sampled_from(["ct", "mr", "us"])),
    birth=st.none() | DAYS,
    death=st.none() | DAYS,
    study=st.none() | DAYS,
    held=st.booleans(),
    committed=st.booleans(),
)


@given(STUDIES, st.lists(ROWS, max_size=6), DAYS, st.randoms())
def test_of_any_rows(study: Facts, rows: list[Rule], on: date, chance: object) -> None:
    """Their order says nothing; what is held, permanent or unsettled never ends; what has ended
    stays so; and only what has ended may be destroyed.
    """
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert judge(study, rows) == judge(study, shuffled)
    standing, ended = judge(study, rows), has_expired(study, rows, on)
    if study.held or standing.permanent or standing.term is None:
        assert not ended
    if ended:
        assert has_expired(study, rows, on + timedelta(days=400))
        assert standing.term is not None and standing.term.ends_on >= standing.term.basis_on
    if obstacle(study, rows, on) is None:
        assert ended and study.committed


@given(DAYS, st.none() | DAYS, st.integers(0, 200), st.integers(0, 200))
def test_death_decides_when_it_is_known(
    birth: date, death: date | None, after_death: int, after_birth: int
) -> None:
    rows = [
        numbered(1, basis="death", years=after_death),
        numbered(2, basis="birth", years=after_birth),
    ]
    expected = anniversary(death, after_death) if death else anniversary(birth, after_birth)
    assert judge(facts(birth=birth, death=death), rows).keep_until == expected


@given(DAYS, st.integers(0, 300))
def test_an_anniversary_is_never_in_another_month(day: date, years: int) -> None:
    found = anniversary(day, years)
    assert found.month == day.month and found.year == min(day.year + years, 9999)
    assert found.day == day.day or (day.day == 29 and found.day == 28)
