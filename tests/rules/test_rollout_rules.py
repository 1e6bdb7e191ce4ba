"""What a rollout test takes for an answer (ON-4)."""

import pytest

from onboarding.models import RunState, StepState
from onboarding.rules.observations import Content
from onboarding.rules.rollout import StepKind, outcome
from onboarding.rules.sightings import SIGHTINGS

INACTIVE, NOT_ASKED, PASSED = StepState.INACTIVE, StepState.NOT_ASKED, StepState.PASSED


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([PASSED, INACTIVE, NOT_ASKED], RunState.PASSED),
        ([PASSED, StepState.FAILED], RunState.FAILED),
        ([INACTIVE, NOT_ASKED], RunState.FAILED),  # nothing was shown
        ([], RunState.FAILED),
    ],
)
def test_a_run_passes_by_what_was_asked_and_something_was(
    states: list[StepState], expected: RunState
) -> None:
    assert outcome(states) is expected


@pytest.mark.parametrize(
    ("ended", "instances", "passes"),
    [("done", 1, True), ("done", 0, False), ("failed", 1, False)],
)
def test_a_retrieval_passes_by_an_object_that_arrived(
    ended: str, instances: int, passes: bool
) -> None:
    sighting = SIGHTINGS[StepKind.RETRIEVE]
    assert sighting.passes({"outcome": ended, "instances": instances}) is passes


def test_objects_are_a_contents_by_class_and_by_modality_where_it_names_some() -> None:
    any_modality = Content(frozenset({"1.2"}))
    assert any_modality.takes("1.2", "CT") and not any_modality.takes("1.3", "CT")
    ct = Content(frozenset({"1.2"}), frozenset({"CT"}))
    assert ct.takes("1.2", "CT") and not ct.takes("1.2", "MR")
    mr = Content(frozenset({"1.2"}), frozenset({"MR"}))
    assert ct.is_like(any_modality) and any_modality.is_like(ct) and not ct.is_like(mr)
    assert not any_modality.is_like(Content(frozenset({"1.3"})))
