"""Checks of what was typed into a form; each names its field. Pure."""

import re
from collections.abc import Iterable

from onboarding.errors import FieldInvalid

_EMAIL = re.compile(r"^[^@\s<>\"]+@[^@\s<>\".]+(\.[^@\s<>\".]+)+$")
_PHONE = re.compile(r"^\+?[0-9 ()-]{5,}$")
NAME_LENGTH = 200


def text(value: object, field: str, *, limit: int = NAME_LENGTH, needed: bool = True) -> str:
    """One line without control characters. Raises FieldInvalid."""
    found = " ".join(str(value or "").split())
    if (needed and not found) or len(found) > limit or not found.isprintable():
        raise FieldInvalid(facts={"field": field})
    return found


def prose(value: object, field: str, *, needed: bool = True) -> str:
    """Several lines. Raises FieldInvalid."""
    found = str(value or "").strip()
    if (needed and not found) or len(found) > 10_000 or "\0" in found:
        raise FieldInvalid(facts={"field": field})
    return found


def email(value: object, field: str) -> str:
    """Raises FieldInvalid."""
    found = text(value, field, limit=254)
    if not _EMAIL.match(found):
        raise FieldInvalid(facts={"field": field})
    return found


def phone(value: object, field: str) -> str:
    """May be empty. Raises FieldInvalid."""
    found = text(value, field, limit=40, needed=False)
    if found and not _PHONE.match(found):
        raise FieldInvalid(facts={"field": field})
    return found


def choice(value: object, field: str, allowed: Iterable[str]) -> str:
    """Raises FieldInvalid."""
    found = str(value or "")
    if found not in set(allowed):
        raise FieldInvalid(facts={"field": field})
    return found


def choices(values: object, field: str, allowed: Iterable[str]) -> list[str]:
    """In the order of `allowed`, each once. Raises FieldInvalid for an unknown one."""
    known = list(allowed)
    given = set(values) if isinstance(values, (list, tuple, set, frozenset)) else {values}
    if not given <= set(known):
        raise FieldInvalid(facts={"field": field})
    return [each for each in known if each in given]
