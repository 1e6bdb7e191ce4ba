"""What a rollout test asks of whom: of who only uses images no storing (ON-1, ON-4)."""

from datetime import timedelta

import pytest

from archive.actors import Actor
from archive.models import (
    Connection,
)
from archive.values import today
from onboarding.models import (
    Joining,
    RolloutRun,
    RolloutStep,
    StepState,
)
from onboarding.queries import rollout as queries
from onboarding.rules.rollout import Due, StepKind
from onboarding.services import rollout
from tests import cast
from tests.onboarding.test_rollout import TEST, me, run, step

__all__ = ["me", "run"]
pytestmark = pytest.mark.django_db


STORING = {"store", "commitment", "refusal", "registration", "notice", "correction"}


def asked(run: RolloutRun) -> set[str]:
    rollout.observe(run)
    rows = RolloutStep.objects.filter(run=run).exclude(state=StepState.NOT_ASKED)
    return set(rows.values_list("kind", flat=True))


def uses_only() -> None:
    """ON-1: it reports on images or uses them, and produces none."""
    joining = Joining.objects.filter(organisation=cast.organisation())
    joining.update(content_types=[], roles=["uses", "reports"])


def test_who_stores_nothing_is_asked_for_nothing_of_storing(me: Actor) -> None:
    uses_only()
    systems = Connection.objects.filter(organisation=cast.organisation(), environment=TEST)
    systems.filter(kind="dicom").update(may_store=False)
    run = rollout.start(me, cast.organisation())
    assert asked(run) == {each.value for each in StepKind} - STORING
    systems.filter(kind="dicom").update(may_fetch=False)
    assert asked(run) == {"echo", "name_update", "merge", "xds_query", "xds_retrieve"}
    systems.filter(kind="dicom").update(valid_until=today() - timedelta(days=1))
    assert asked(run) == {"name_update", "merge", "xds_query", "xds_retrieve"}
    present = queries.standing(cast.organisation()).due
    assert present == (Due.NEVER,)


def test_who_has_said_that_it_produces_is_asked_to_store_whatever_its_systems(me: Actor) -> None:
    uses_only()
    Joining.objects.filter(organisation=cast.organisation()).update(roles=["produces"])
    systems = Connection.objects.filter(organisation=cast.organisation(), environment=TEST)
    systems.filter(kind="dicom").update(valid_until=today() - timedelta(days=1))
    run = rollout.start(me, cast.organisation())
    assert {"echo", "store", "commitment", "refusal", "registration"} <= asked(run)


def test_a_system_that_only_stores_is_not_asked_to_fetch(run: RolloutRun) -> None:
    systems = Connection.objects.filter(organisation=cast.organisation(), environment=TEST)
    systems.filter(kind="dicom").update(may_fetch=False)
    assert asked(run) == {each.value for each in StepKind} - {"find", "retrieve"}


def test_a_content_not_archived_yet_is_inactive(me: Actor) -> None:
    Joining.objects.filter(organisation=cast.organisation()).update(content_types=["pathology"])
    run = rollout.start(me, cast.organisation())
    assert step(run, StepKind.STORE, "pathology").state == StepState.INACTIVE
