"""Whatever is done with cases, their numbers are those of their events (SD-2, SD-3)."""

from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from archive.errors import StudyCodeUnknown
from archive.errors.desk import CasesOfOthers, CasesUnjoinable
from archive.models import Case, CaseEvent, CaseRoute
from archive.services import error_desk, routes
from archive.services.error_desk import Place, What, Who
from archive.services.routes import STANDING
from archive.values import uuid7
from tests.cast import ESIMERKKILA, MALLILA, organisation
from tests.services.test_desk_cases import desk

pytestmark = pytest.mark.django_db

PLACES = (Place("dicom", "store"), Place("dicomweb", "store"), Place("xds", "store"))
SUBJECTS = tuple(uuid7() for _ in range(3))
few = st.integers(0, 5)
putting = st.one_of(
    st.tuples(st.just("undo"), few),
    st.tuples(st.just("join"), few, few),
    st.tuples(st.just("split"), few, st.sampled_from(("Modality", "calling")), few),
)
deeds = st.one_of(
    st.tuples(
        st.just("report"),
        st.sampled_from(PLACES),
        st.sampled_from((ESIMERKKILA, MALLILA, "")),
        st.sampled_from(("CT", "MR")),
        st.sampled_from(("A", "B")),
        st.sampled_from(SUBJECTS),
    ),
    st.tuples(st.just("settle"), st.sampled_from(SUBJECTS)),
    st.tuples(st.sampled_from(("ignore", "heed", "resolve")), few),
)


def _nth(rows: Any, place: int) -> Any:
    found = list(rows.order_by("id"))
    return found[place % len(found)] if found else None


def _do(what: str, *how: Any) -> None:
    if what == "report":
        at, business_id, modality, calling, subject = how
        who = Who(organisation(business_id).id) if business_id else Who(name="NOBODY")
        error_desk.report(
            StudyCodeUnknown("no such code"),
            environment="production",
            place=at,
            who=who,
            what=What(subject_id=subject),
            facts={"Modality": modality, "calling": calling},
        )
    elif what == "settle":
        error_desk.settle(how[0], "store")
    elif what in ("ignore", "heed"):
        event = _nth(CaseEvent.objects.all(), how[0])
        if event is not None:
            getattr(error_desk, what)(*((event.id, "known") if what == "ignore" else (event.id,)))
    elif what == "undo":
        route = _nth(CaseRoute.objects.filter(ended_at=None), how[0])
        if route is not None:
            routes.undo(desk(), route)
    else:
        _with_cases(what, *how)


def _with_cases(what: str, *how: Any) -> None:
    case = _nth(Case.objects.all(), how[0])
    if case is None:
        return
    if what == "resolve":
        error_desk.resolve(desk(), case, reason="code list loaded")
    elif what == "join":
        routes.join(desk(), case, _nth(Case.objects.all(), how[1]))
    else:
        value = {"Modality": ("CT", "MR"), "calling": ("A", "B")}[how[1]][how[2] % 2]
        routes.split(desk(), case, fact=how[1], value=value)


def _require_right(case: Case) -> None:
    events = list(CaseEvent.objects.filter(case=case))
    standing = [each for each in events if each.outcome in STANDING]
    assert (case.event_count, case.open_count) == (len(events), len(standing))
    assert (case.state == "open") == bool(standing)
    for each in events:
        assert routes.led(each.mark, each.facts) == case.fingerprint


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(st.one_of(putting, putting, deeds), min_size=4, max_size=14))
def test_numbers_and_places_agree_with_the_events(done: list[tuple[Any, ...]]) -> None:
    with transaction.atomic():
        for place, modality, calling in product(PLACES, ("CT", "MR"), ("A", "B")):
            _do("report", place, ESIMERKKILA, modality, calling, SUBJECTS[0])
        for each in done:
            with suppress(CasesUnjoinable, CasesOfOthers):
                _do(*each)
        for case in Case.objects.all():
            _require_right(case)
        transaction.set_rollback(True)
