"""The dated rows that admission judges by, read once an association so that a change holds from the
next one on.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from archive.config import settings
from archive.models import ContentPolicy, CorrectionPolicy, StudyCodeEntry
from archive.models.dated import valid_on
from archive.rules.admission import Content, Policy
from archive.rules.correction import Terms
from archive.values import Period, StudyCode, today


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


def correction_in_force(organisation_id: UUID) -> CorrectionPolicy | None:
    """The customer's own row of the day, else the one for all; of several the newest."""
    rows = CorrectionPolicy.objects.filter(
        valid_on(today()), Q(organisation_id=organisation_id) | Q(organisation=None)
    )
    own_first = sorted(
        rows, key=lambda row: (row.organisation_id is not None, row.valid_from, row.made_at)
    )
    return own_first[-1] if own_first else None


def correction_terms(organisation_id: UUID) -> Terms:
    """What a customer may correct by sending, today; without a row nothing but plain rejection."""
    row = correction_in_force(organisation_id)
    if row is None:
        return Terms()
    return Terms(row.metadata, row.note_first, row.retention)
