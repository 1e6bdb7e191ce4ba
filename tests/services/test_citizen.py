"""Whatever was said and agreed in a world, citizens see their own papers, never images (AC-6)."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from archive import gate
from archive.actors import Actor
from archive.errors import NotFound
from archive.models import Document, LedgerEvent, Study
from archive.queries import standing
from archive.rules.access import CITIZENS_KINDS, Action
from archive.services import citizen
from tests.worlds import NOON, Recipe, World, recipes

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(gate, "now", lambda: NOON)
    yield World()


def every_document(actor: Actor) -> list[Document]:
    found: list[Document] = []
    after = ""
    while True:
        page = citizen.documents(actor, after=after)
        found.extend(page.rows)
        after = page.following
        if not after:
            return found


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(recipe=recipes)
def test_citizens_see_their_own_papers_and_nothing_of_images(world: World, recipe: Recipe) -> None:
    with transaction.atomic():
        world.build(recipe)
        replaced = set(Document.objects.filter(status="deprecated").values_list("id", flat=True))
        for actor in world.citizens():
            assert actor.citizen is not None
            seen = {row.id for row in every_document(actor)}
            own = {
                row.id
                for row in world.documents
                if row.environment == actor.environment
                and standing.person_id(row.patient) == actor.citizen.person_id
                and row.kind in CITIZENS_KINDS
                and row.id not in replaced
            }
            assert seen == own
            for action in Action:
                assert not gate.visible(Study.objects.all(), actor, action).exists()
        transaction.set_rollback(True)


def test_what_tells_of_images_is_not_there_for_a_citizen(world: World) -> None:
    for actor in world.citizens():
        for row in world.documents:
            if row.kind not in CITIZENS_KINDS:
                with pytest.raises(NotFound) as refused:
                    citizen.document(actor, row.id)
                assert str(refused.value) == str(NotFound())


def test_each_look_is_written_without_what_was_seen(world: World) -> None:
    actor = world.citizens()[0]
    count = len(citizen.documents(actor).rows)
    citizen.wishes(actor)
    citizen.disclosures(actor)
    events = LedgerEvent.objects.filter(kind="citizen.read", actor_name=actor.name)
    told = {event.facts["what"]: event.facts["found"] for event in events}
    assert told == {"documents": count, "wishes": 0, "disclosures": 0} and count


def test_only_a_citizen_and_staff_with_a_reason_ask_of_a_person(world: World) -> None:
    customer = world.build(Recipe())
    for read in (citizen.wishes, citizen.disclosures):
        with pytest.raises(NotFound):
            read(customer)
