"""`visible` in SQL and `decide` say the same of every actor and study (AC-2)."""

from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest

from archive import errors, gate
from archive.actors import SYSTEM, Actor, ActorKind
from archive.models import (
    ProhibitionScope,
    Register,
    RegisterHolding,
    RegisterType,
    Role,
    Study,
)
from archive.rules.access import Action
from archive.rules.wishes import Wanted
from archive.services import wishes as service
from archive.values import now, today, uuid7
from tests import cast, wishes
from tests.cast import ESIMERKKILA, MALLILA, RONTGEN, dataset

pytestmark = pytest.mark.usefixtures("db")
OPERATOR = "0246246-0"  # a third one


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


def pass_on(controller_oid: str, business_id: str, days_ago: int) -> None:
    """A register to a successor, as `onboarding.services.succession` does it."""
    register = Register.objects.get(controller_oid=controller_oid, is_default=True)
    RegisterHolding.objects.create(
        register=register,
        organisation=register.organisation,
        until=today() - timedelta(days=days_ago),
    )
    Register.objects.filter(id=register.id).update(organisation=cast.organisation(business_id))


@pytest.mark.parametrize("scope", ["provider", "register"])
def test_a_prohibition_of_whoever_held_a_register_goes_on_with_its_next_successor(
    scope: str,
) -> None:
    """Esimerkkilä's register passes to Mallila; the patient prohibits Mallila; it passes on."""
    study = cast.store(dataset())
    oid = study.register.controller_oid
    pass_on(oid, MALLILA, days_ago=9)
    person = study.patient.identifier
    whose, said = wishes.whose(person), wishes.said()
    service.inform(SYSTEM, whose, said)
    service.permit(SYSTEM, whose, said, given=True)
    asked = wishes.wanted(scope, MALLILA, register_type="2" if scope == "register" else "")
    service.prohibit(SYSTEM, whose, said, asked)
    pass_on(oid, OPERATOR, days_ago=1)
    rows = Study.objects.select_related("register__organisation")
    fresh = rows.get(id=study.id)
    third = Actor(
        ActorKind.CONNECTION, "c", None, cast.organisation(RONTGEN).id, environment="production"
    )
    decision = gate.ask(third, Action.QUERY, fresh)
    assert (decision.allowed, decision.fired[-1]) == (False, f"prohibited-{scope}")
    assert not gate.visible(rows, third).exists()
    holder = Actor(
        ActorKind.CONNECTION, "c", None, cast.organisation(OPERATOR).id, environment="production"
    )
    assert gate.ask(holder, Action.QUERY, fresh).ground == "own-register"


@pytest.mark.parametrize(("owner", "seen"), [(MALLILA, True), (RONTGEN, False)])
def test_all_private_occupational_health_care_is_that_of_private_providers(
    owner: str, seen: bool
) -> None:
    study = cast.store(dataset(), business_id=owner)
    default = study.register
    study.register = Register.objects.create(
        organisation=default.organisation,
        controller_oid=default.controller_oid,
        type=RegisterType.OCCUPATIONAL,
        specifier="0245929-6",
    )
    study.save(update_fields=["register"])
    whose, said = wishes.whose(study.patient.identifier), wishes.said()
    service.inform(SYSTEM, whose, said)
    service.permit(SYSTEM, whose, said, given=True)
    service.prohibit(SYSTEM, whose, said, Wanted(ProhibitionScope.PRIVATE_OCCUPATIONAL))
    asker = cast.organisation(ESIMERKKILA)
    system = Actor(ActorKind.CONNECTION, "c", uuid7(), asker.id, environment="production")
    assert gate.ask(system, Action.QUERY, study).allowed is seen
    assert gate.ask(system, Action.QUERY, study, at=now()).allowed is seen
    assert gate.visible(Study.objects.all(), system).exists() is seen
