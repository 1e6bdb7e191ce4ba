"""Who decides over retention while another does, or while ids become one (AR-9)."""

from concurrent.futures import Future
from functools import partial

import pytest
from django.db import transaction
from django.db.models import QuerySet

from archive.errors.retention import HeldAlready
from archive.models import RetentionHold, RetentionSurvey
from archive.services import deaths, retention_holds, retention_lock, retention_survey
from archive.values import now
from tests import builders, meanwhile, persons
from tests.retention import DIED

pytestmark = pytest.mark.usefixtures("fresh_database")


def test_of_two_who_place_the_same_hold_the_second_waits_and_is_told() -> None:
    """In two tabs, for instance."""
    place = partial(
        retention_holds.hold_study, persons.staff(), builders.study(), reason="a", until=None
    )
    with transaction.atomic():
        place()
        other = meanwhile.begun(place)
        meanwhile.until_it_waits_or_ends(other)
    with pytest.raises(HeldAlready):
        other.result(60)
    assert RetentionHold.objects.count() == 1


def test_a_death_that_is_recorded_while_ids_become_one_is_the_persons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    persons.study(persons.temporary())
    act = partial(persons.merge, persons.temporary(), persons.official())
    meanwhile.once_before(monkeypatch, retention_lock, "deciding", act)
    deaths.settle(
        persons.staff(), persons.temporary(), DIED, environment="production", reason="certificate"
    )
    person = persons.patient(persons.official())
    assert (person.death_date, person.death_source) == (DIED, "archivist")


def test_a_survey_may_be_begun_in_the_moment_in_which_another_begins_and_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two rules are changed, and there is little to walk over."""
    begin, create, left = partial(retention_survey.begin, "production"), QuerySet.create, [True]
    others: list[Future[RetentionSurvey]] = []

    def beside(rows: QuerySet[RetentionSurvey], **columns: object) -> RetentionSurvey:
        if not left:
            return create(rows, **columns)
        left.pop()
        others.append(meanwhile.begun(begin))
        meanwhile.until_it_waits_or_ends(others[0])
        try:
            return create(rows, **columns)
        finally:
            ended = partial(RetentionSurvey.objects.update, ended_at=now())
            meanwhile.elsewhere(ended)

    monkeypatch.setattr(QuerySet, "create", beside)
    assert begin() and others[0].result(60)
