"""Names of study codes, for lists and pages."""

from collections.abc import Iterable

from archive.models import StudyCodeEntry


def entries(codes: Iterable[str]) -> dict[str, StudyCodeEntry]:
    """The newest entry of each code that the nomenclature has; one query for a list."""
    wanted = {code for code in codes if code}
    if not wanted:
        return {}
    rows = StudyCodeEntry.objects.filter(code__in=wanted).order_by("valid_from")
    return {entry.code: entry for entry in rows}
