"""Names of study codes, for lists and pages."""

from collections.abc import Iterable

from django.utils.translation import get_language

from archive.models import StudyCodeEntry


def entries(codes: Iterable[str]) -> dict[str, StudyCodeEntry]:
    """The newest entry of each code that the nomenclature has; one query for a list."""
    wanted = {code for code in codes if code}
    if not wanted:
        return {}
    rows = StudyCodeEntry.objects.filter(code__in=wanted).order_by("valid_from")
    return {entry.code: entry for entry in rows}


def name_of(entry: StudyCodeEntry) -> str:
    """In the reader's language, else in Finnish."""
    return getattr(entry, f"name_{(get_language() or 'fi')[:2]}", "") or entry.name_fi
