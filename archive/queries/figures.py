"""Numbers of the whole system for who watches it; each is a count by index."""

from django.db.models import Count

from archive.models import Case, CaseState, LedgerEvent, LedgerSeal, Study, StudyState
from archive.values import now

OPEN = (
    StudyState.RECEIVING,
    StudyState.WAITING,
    StudyState.REGISTERING,
    StudyState.FAILED,
)


def open_studies() -> dict[tuple[str, str], int]:
    """By environment and state, those on their way; the registered are all of the past."""
    rows = Study.objects.filter(state__in=OPEN).values_list("environment", "state")
    return {(env, state): n for env, state, n in rows.annotate(n=Count("id")).order_by()}


def open_cases() -> dict[tuple[str, str], int]:
    rows = Case.objects.filter(state=CaseState.OPEN).values_list("environment", "severity")
    return {(env, severity): n for env, severity, n in rows.annotate(n=Count("id")).order_by()}


def unsealed_seconds() -> float:
    """For how long the oldest event since the last seal has waited; the newest is young for as long
    as there is traffic, whether anything is sealed or not.
    """
    sealed = LedgerSeal.objects.order_by("-position").values_list("sealed_at", flat=True).first()
    waiting = LedgerEvent.objects.filter(at__gt=sealed) if sealed else LedgerEvent.objects.all()
    oldest = waiting.order_by("at").values_list("at", flat=True).first()
    return max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0
