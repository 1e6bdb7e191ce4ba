"""Who may act for whom, as far as their ages tell (AC-6)."""

from datetime import date

import pytest

from archive.rules import acting
from archive.values import PersonId

ADULT, CHILD = PersonId("010181-900C"), PersonId("020516C903K")  # the child of 2 May 2016
DAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("ground", "who", "whom", "day", "holds"),
    [
        ("guardian", ADULT, CHILD, DAY, True),
        ("guardian", ADULT, CHILD, date(2034, 5, 1), True),
        ("guardian", ADULT, CHILD, date(2034, 5, 2), False),
        ("guardian", ADULT, ADULT, DAY, False),
        ("guardian", CHILD, CHILD, DAY, False),
        ("trustee", CHILD, ADULT, DAY, False),
        ("trustee", ADULT, ADULT, DAY, True),
        ("mandate", ADULT, ADULT, DAY, True),
    ],
)
def test_a_guardian_is_an_adult_and_a_minors(
    ground: str, who: PersonId, whom: PersonId, day: date, holds: bool
) -> None:
    if holds:
        acting.check(ground, who, whom, day)
    else:
        with pytest.raises(ValueError, match="age"):
            acting.check(ground, who, whom, day)


def test_who_was_born_on_a_leap_day_is_of_age_from_the_first_of_march() -> None:
    born = date(2004, 2, 29)
    assert not acting.is_of_age(born, date(2022, 2, 28))
    assert acting.is_of_age(born, date(2022, 3, 1))
