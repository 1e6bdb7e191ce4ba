"""The demo world: three customers in production, two on their way, and the same after loading
again.
"""

from typing import Any

import pytest

from archive.config import settings
from archive.models import Organisation
from onboarding.models import Joining, JoiningState, PlannedConnection, Transition
from onboarding.queries import file, pipeline
from onboarding.services import demo as world

pytestmark = pytest.mark.usefixtures("db")


def told() -> dict[str, int]:
    models = (Organisation, Joining, PlannedConnection, Transition)
    return {model.__name__: model.objects.count() for model in models}


def test_the_three_customers_lack_nothing_and_their_connections_are_open() -> None:
    rows = Joining.objects.filter(state=JoiningState.IN_PRODUCTION).select_related("organisation")
    assert {row.organisation.business_id for row in rows} == {"9000000-3", "9000001-1", "9000003-8"}
    for row in rows:
        assert all(check.holds for check in file.checklist(row)), file.checklist(row)
        planned = file.planned_connections(row.organisation)
        assert len(planned) == 6
        assert all(each.opened_at and each.connection for each in planned)
        assert next(each.to_state for each in file.transitions(row)) == JoiningState.IN_PRODUCTION


def test_one_system_shows_a_warning() -> None:
    shown = {
        row.organisation.business_id: [
            warning for _, found in file.systems(row.organisation) for warning in found
        ]
        for row in Joining.objects.filter(state=JoiningState.IN_PRODUCTION)
    }
    assert shown["9000001-1"] and not shown["9000000-3"]


def test_two_applicants_are_on_their_way() -> None:
    board = {column.state: column.entries for column in pipeline.board()}
    (submitted,), (returned,) = board[JoiningState.SUBMITTED], board[JoiningState.RETURNED]
    assert (submitted.organisation.business_id, submitted.waits_for) == ("9000004-6", "officer")
    assert (returned.organisation.business_id, returned.waits_for) == ("9000005-4", "customer")
    assert submitted.missing and submitted.waited.total_seconds() >= 0


def test_loading_again_changes_nothing(demo: dict[str, Any]) -> None:
    before = told()
    again = world.load(settings())
    assert told() == before
    assert [each["business_id"] for each in again["customers"]] == [
        each["business_id"] for each in demo["customers"]
    ]
    assert len(again["customers"]) == 3


def test_what_people_changed_stays_as_they_left_it() -> None:
    road = Joining.objects.get(organisation__business_id="9000003-8")
    road.roles, road.state = ["uses"], JoiningState.NOTICE_GIVEN
    road.save()
    world.load(settings())
    road.refresh_from_db()
    assert (road.roles, road.state) == (["uses"], JoiningState.NOTICE_GIVEN)


def test_the_pipeline_is_a_handful_of_queries_however_long(
    django_assert_max_num_queries: Any,
) -> None:
    with django_assert_max_num_queries(12):
        assert len(pipeline.entries()) == 5
    assert [each.organisation.business_id for each in pipeline.entries(search="9000004")] == [
        "9000004-6"
    ]
    assert len(pipeline.entries(waits_for="officer")) == 1
