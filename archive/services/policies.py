"""The dated rows that admission judges by, read once an association so that a change holds from the
next one on.
"""

from collections.abc import Sequence

from archive.config import settings
from archive.models import ContentPolicy, StudyCodeEntry
from archive.rules.admission import Content, Policy
from archive.values import Period, StudyCode


def for_association(environment: str) -> Policy:
    """Content rows at once; a study code's rows when it is first met."""
    known: dict[str, Sequence[Period]] = {}

    def codes(code: StudyCode) -> Sequence[Period]:
        if code not in known:
            rows = StudyCodeEntry.objects.filter(code=code).values_list("valid_from", "valid_until")
            known[code] = [Period(start, end) for start, end in rows]
        return known[code]

    contents = [
        Content(
            content_type=row.content_type,
            sop_classes=frozenset(row.sop_classes),
            modalities=frozenset(row.modalities),
            code_demanded=row.code_demanded,
            allowed=Period(row.allowed_from, row.allowed_until),
        )
        for row in ContentPolicy.objects.all()
    ]
    return Policy(contents, codes, environment, settings().production_takes_test_patients)
