"""`visible` in SQL and `decide` say the same of every actor and study (AC-2)."""

from itertools import product
from uuid import UUID

import pytest

from archive import errors, gate
from archive.actors import SYSTEM, Actor, ActorKind
from archive.models import Role, Study
from archive.rules.access import Action
from archive.values import uuid7
from tests import cast
from tests.cast import ESIMERKKILA, MALLILA, dataset

pytestmark = pytest.mark.usefixtures("db")


def world() -> list[Study]:
    """A study of each customer in each environment."""
    return [
        cast.store(
            dataset(StudyInstanceUID=f"1.2.{number}", SeriesInstanceUID=f"1.2.{number}.1"),
            business_id=business_id,
            environment=environment,
        )
        for number, (business_id, environment) in enumerate(
            product((ESIMERKKILA, MALLILA), ("production", "test")), 1
        )
    ]


def actors(organisations: list[UUID]) -> list[Actor]:
    systems = [
        Actor(ActorKind.CONNECTION, "c", uuid7(), organisation, environment=environment)
        for organisation in organisations
        for environment in ("production", "test")
    ]
    people = [
        Actor(kind, "p", uuid7(), organisations[0], frozenset(roles), reason=reason)
        for kind in (ActorKind.STAFF, ActorKind.CUSTOMER)
        for roles in ([], *([role.value] for role in Role))
        for reason in ("", "called by the clinic")
    ]
    return [SYSTEM, *systems, *people]


def test_list_and_single_decision_agree_for_every_actor_action_and_study() -> None:
    studies = world()
    owners = [cast.organisation(each).id for each in (ESIMERKKILA, MALLILA)]
    rows = Study.objects.select_related("register")
    seen = 0
    for actor, action in product(actors(owners), Action):
        listed = set(gate.visible(rows, actor, action).values_list("id", flat=True))
        decided = {study.id for study in rows if gate.ask(actor, action, study).allowed}
        assert listed == decided, (actor, action)
        seen += len(decided)
    assert seen and len(studies) == 4


def test_every_decision_says_which_rules_fired() -> None:
    study = world()[0]
    for actor, action in product(actors([uuid7()]), Action):
        decision = gate.ask(actor, action, study)
        assert decision.fired
        assert bool(decision.ground) == decision.allowed


def test_what_may_not_be_seen_is_answered_as_what_is_not_there() -> None:
    study = world()[0]
    stranger = Actor(ActorKind.CONNECTION, "c", uuid7(), uuid7(), environment="production")
    with pytest.raises(errors.NotFound) as refused:
        gate.require(stranger, Action.QUERY, study)
    assert str(refused.value) == str(errors.NotFound())
