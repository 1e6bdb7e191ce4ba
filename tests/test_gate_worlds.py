"""Over generated worlds, `visible` in SQL says of every row what `decide` says of it (AC-2)."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import gate
from archive.actors import Actor
from archive.gate import SYSTEMS
from archive.models import Document, Instance, Study
from archive.rules.access import Action
from tests.cast import ESIMERKKILA, MALLILA, RONTGEN
from tests.worlds import NOON, Recipe, World, recipes

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(gate, "now", lambda: NOON)
    yield World()


def both_agree(actor: Actor, action: Action) -> int:
    """How many rows were open to the actor."""
    opened = 0
    related = ("register", "patient")
    seen = gate.visible(Study.objects.all(), actor, action)
    documents = Document.objects.select_related(*related, "study")
    objects = Instance.objects.select_related("study__register", "study__patient")
    for rows, listed in (
        (Study.objects.select_related(*related), seen),
        (documents, gate.visible(documents, actor, action)),
        (objects, objects.available().filter(study__in=seen.values("id"))),  # how they are read
    ):
        items = list(rows)
        decided = gate.decisions(actor, action, items)
        allowed = {item.id for item, verdict in zip(items, decided, strict=True) if verdict.allowed}
        assert set(listed.values_list("id", flat=True)) == allowed, (actor, action, rows.model)
        if action == Action.RETURN and rows.model is not Instance:
            registers = {item.register_id for item in items if item.id in allowed}
            assert registers <= set(gate.reach(actor, gate.reached_by(actor))), (actor, rows.model)
        opened += len(allowed)
    return opened


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(recipe=recipes, action=st.sampled_from((Action.QUERY, Action.RETURN)))
def test_list_and_single_decision_agree_in_every_world(
    world: World, recipe: Recipe, action: Action
) -> None:
    with transaction.atomic():
        actor = world.build(recipe)
        both_agree(actor, action)
        transaction.set_rollback(True)


def test_what_a_producer_has_begun_goes_back_to_it_and_to_nobody_else(world: World) -> None:
    order = {
        "organiser": MALLILA,
        "producer": ESIMERKKILA,
        "register": 0,
        "patient": None,
        "environment": "production",
        "may_read": False,
        "may_write": True,
        "before": RONTGEN,
        "granted": "past",
        "closed": "",
        "until": None,
        "starts": -300,
    }
    theirs = {6: (0, 0), 7: (0, 1), 9: (0, 0)}  # 9: of the other register of Mallila's
    both = [world.build(Recipe(asker=each)) for each in (ESIMERKKILA, RONTGEN)]
    before = [both_agree(actor, action) for actor in both for action in SYSTEMS]
    world.build(Recipe(authorisations=[order], begun=theirs))
    after = [both_agree(actor, action) for actor in both for action in SYSTEMS]
    more = dict.fromkeys(range(4), 0) | {SYSTEMS.index(Action.RETURN): 2}  # a study, its object
    assert after == [count + more[place] for place, count in enumerate(before)]


def test_they_agree_of_citizens(world: World) -> None:
    opened = [both_agree(actor, action) for actor in world.citizens() for action in Action]
    assert sum(opened) == 2 * 3 * 6 * (2 + 1)  # grounds, kinds, registers; persons with ids


def test_a_world_with_permission_opens_what_others_keep(world: World) -> None:
    before = both_agree(world.build(Recipe()), Action.QUERY)
    said = {"patient": 0, "effective_at": NOON, "recorded_at": NOON}
    actor = world.build(Recipe(informings=[said], permissions=[{**said, "given": True}]))
    assert both_agree(actor, Action.QUERY) > before
    assert both_agree(actor, Action.RETURN) == before


def test_what_was_rejected_or_corrected_is_in_nobodys_sight(world: World) -> None:
    own, both = Recipe(), (Action.QUERY, Action.RETURN)
    before = [both_agree(world.build(own), action) for action in both]
    everything = set(range(18))
    actor = world.build(
        Recipe(
            corrected=everything, rejected=dict.fromkeys(everything, "113001"), replaced=everything
        )
    )
    # Of the asker's own six studies one was destroyed: the five, and an object of each, are gone;
    # documents in force no more are given as such.
    assert [both_agree(actor, action) for action in both] == [count - 10 for count in before]
    opened = [both_agree(citizen, Action.QUERY) for citizen in world.citizens()]
    # Of each study's documents one is replaced, each kind in its turn: twelve that citizens see.
    assert sum(opened) == 2 * (3 * 6 * 3 - 12)
