"""Who stands where on the road, who waits for whom, and how long (ON-5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery

from archive.models import Organisation
from archive.values import composed, now
from onboarding.models import FourEyes, Joining, JoiningState, RequestState
from onboarding.queries.facts import all_facts
from onboarding.rules import preconditions, road

BOARD = (
    JoiningState.DRAFT,
    JoiningState.SUBMITTED,
    JoiningState.IN_REVIEW,
    JoiningState.RETURNED,
    JoiningState.ACCEPTED,
    JoiningState.TEST_PASSED,
    JoiningState.TEST_WAIVED,
    JoiningState.NOTICE_GIVEN,
)


@dataclass(frozen=True, slots=True)
class Entry:
    joining: Joining
    organisation: Organisation
    waits_for: str  # "customer", "officer", "time" or ""
    waited: timedelta  # since it came into its state
    missing: int  # preconditions that do not hold
    asked: str  # kind of what waits for a second officer, or nothing


@dataclass(frozen=True, slots=True)
class Column:
    state: JoiningState
    entries: tuple[Entry, ...]


def entries(states: Iterable[str] = (), *, search: str = "", waits_for: str = "") -> list[Entry]:
    """Longest waiting first; all states when none is named."""
    rows = Joining.objects.all()
    wanted = list(states)
    if wanted:
        rows = rows.filter(state__in=wanted)
    if waits_for:
        rows = rows.filter(
            state__in=[state for state, who in road.WAITS_FOR.items() if who == waits_for]
        )
    for word in composed(search).split():
        named = Q(organisation__name_fi__icontains=word) | Q(organisation__name_sv__icontains=word)
        rows = rows.filter(named | Q(organisation__business_id__startswith=word))
    return _entries(rows)


def board() -> list[Column]:
    """The columns of those on their way; in production, ended and rejected are in the list only."""
    found = entries(BOARD)
    return [
        Column(state, tuple(each for each in found if each.joining.state == state))
        for state in BOARD
    ]


def ending(until: date) -> list[Entry]:
    """Notice given, last day not after `until`."""
    rows = Joining.objects.filter(state=JoiningState.NOTICE_GIVEN, ends_on__lte=until)
    return _entries(rows)


def _entries(rows: QuerySet[Joining]) -> list[Entry]:
    open_ones = FourEyes.objects.filter(joining=OuterRef("pk"), state=RequestState.OPEN)
    kind = Subquery(open_ones.order_by("asked_at").values("kind")[:1])
    at = now()
    annotated = rows.annotate(asked=kind).order_by("state_since", "id")
    return [
        Entry(
            joining=joining,
            organisation=joining.organisation,
            waits_for=road.WAITS_FOR[JoiningState(joining.state)],
            waited=at - joining.state_since,
            missing=len(preconditions.missing(facts)),
            asked=joining.asked or "",  # type: ignore[attr-defined]
        )
        for joining, facts in all_facts(annotated)
    ]
