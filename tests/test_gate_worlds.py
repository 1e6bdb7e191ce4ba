"""Over generated worlds, `visible` in SQL says of every row what `decide` says of it (AC-2)."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import gate
from archive.actors import Actor
from archive.models import Document, Study
from archive.rules.access import Action
from tests.worlds import NOON, Recipe, World, recipes

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(gate, "now", lambda: NOON)
    yield World()


def both_agree(actor: Actor, action: Action) -> int:
    """How many rows were open to the actor."""
    opened = 0
    for model in (Study, Document):
        rows = model.objects.select_related("register", "patient")
        related = rows.select_related("study") if model is Document else rows
        items = list(related)
        decided = gate.decisions(actor, action, items)
        allowed = {item.id for item, verdict in zip(items, decided, strict=True) if verdict.allowed}
        listed = set(gate.visible(rows, actor, action).values_list("id", flat=True))
        assert listed == allowed, (actor, action, model)
        if action == Action.RETURN:
            registers = {item.register_id for item in items if item.id in allowed}
            assert registers <= set(gate.reach(actor)), (actor, model)
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


def test_they_agree_of_citizens(world: World) -> None:
    opened = [both_agree(actor, action) for actor in world.citizens() for action in Action]
    assert sum(opened) == 2 * 3 * 6 * (2 + 1)  # grounds, kinds, registers; persons with ids


def test_a_world_with_permission_opens_what_others_keep(world: World) -> None:
    before = both_agree(world.build(Recipe()), Action.QUERY)
    said = {"patient": 0, "effective_at": NOON, "recorded_at": NOON}
    actor = world.build(Recipe(informings=[said], permissions=[{**said, "given": True}]))
    assert both_agree(actor, Action.QUERY) > before
    assert both_agree(actor, Action.RETURN) == before
