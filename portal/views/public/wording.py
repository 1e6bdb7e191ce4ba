"""Rows that carry their text in three languages."""

from django.utils.translation import get_language

from archive.models import ContentPolicy
from onboarding.models import KantaService


def in_language(row: KantaService | ContentPolicy, field: str) -> str:
    """`name_fi`, `name_sv`, `name_en` by the reader's language, else in Finnish."""
    language = (get_language() or "fi")[:2]
    return getattr(row, f"{field}_{language}", "") or str(getattr(row, f"{field}_fi"))
