"""Who may act for whom in the citizen service, as far as their ages tell (AC-6). That the ground
stands is the citizen service's to know.
"""

from datetime import date

from archive.models import ActingGround
from archive.values import PersonId

OF_AGE = 18  # Guardianship Services Act 442/1999, section 2
BY_ADULTS = frozenset({ActingGround.GUARDIAN, ActingGround.TRUSTEE})


def check(ground: str, who: PersonId, whom: PersonId, day: date) -> None:
    """Raises ValueError, which names nobody."""
    if ground in BY_ADULTS and not is_of_age(who.birth_date, day):
        raise ValueError("who acts as a guardian is under age")
    if ground == ActingGround.GUARDIAN and is_of_age(whom.birth_date, day):
        raise ValueError("who is acted for by a guardian is of age: it takes a mandate")


def is_of_age(born: date, day: date) -> bool:
    """From the birthday on; who was born on a leap day, from the first of March."""
    return (day.year - OF_AGE, day.month, day.day) >= (born.year, born.month, born.day)
