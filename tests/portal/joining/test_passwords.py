"""A system's password in the registry: made anew only after it was asked for once more (ON-3)."""

import re

import pytest

from archive.models import Connection, ConnectionKind, Environment
from onboarding.models import JoiningState
from onboarding.services import connections
from onboarding.services.connections import Plan
from tests.onboarding import cast
from tests.portal.joining import desks

pytestmark = pytest.mark.django_db


def digest(connection: Connection) -> bytes:
    """Of the password that lets its system in."""
    connection.refresh_from_db()
    return bytes(connection.xds_secret_sha256 or b"")


def test_the_password_in_use_goes_on_until_a_new_one_was_asked_for_twice() -> None:
    road = cast.brought_to(JoiningState.IN_PRODUCTION)
    plan = Plan(environment=Environment.TEST, kind=ConnectionKind.XDS, name="RIS")
    row = connections.plan(cast.admin(road), road.organisation, plan)
    live = connections.open_planned(cast.officer(), row)
    client = desks.person(road, "customer")
    place = desks.address("joining-planned-password", road, row.id)
    listed = client.get(desks.address("joining-connections", road)).content.decode()
    assert f'href="{place}"' in listed
    before = digest(live)
    assert "The one before no longer works" in client.get(place).content.decode()
    assert digest(live) == before
    assert re.search(r'class="secret">\S{20,}<', client.post(place).content.decode())
    assert digest(live) != before
    assert desks.person(road, "technical").get(place).status_code == 404
