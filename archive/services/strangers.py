"""Callers that are nobody's: whoever reaches a port may give any name, as often as it likes."""

from archive.models import Case, CaseState

MOST = 20  # open cases of one cause at one place, each under a name of its own


def is_one_too_many(mark: str, *, environment: str, reason: str, edge: str, step: str) -> bool:
    """Whether a name that has no open case of this cause gets none of its own any more. Names that
    come at once may all be let through; this is no account.
    """
    rows = Case.objects.filter(
        reason=reason,
        environment=environment,
        state=CaseState.OPEN,
        edge=edge,
        place=step,
        organisation=None,
        connection=None,
    ).exclude(caller="")
    return rows[:MOST].count() == MOST and not rows.filter(fingerprint=mark).exists()
