"""A DICOM system is planned with the services that it uses (ON-3)."""

import re

import pytest

from archive.models import Connection
from onboarding.models import JoiningState, PlannedConnection
from tests.onboarding import cast
from tests.portal.joining import desks

pytestmark = pytest.mark.django_db
TOLD = {"environment": "test", "aet": "UUSI_CT", "host": "127.0.0.1", "port": "11191"}


def test_a_system_is_registered_for_what_it_does() -> None:
    road = cast.brought_to(JoiningState.ACCEPTED)
    client = desks.person(road, "customer")
    place = desks.address("joining-plan", road, "dicom")
    form = client.get(place).content.decode()
    for name in ("may_store", "may_fetch"):
        assert re.search(rf'name="{name}"[^>]*checked', form), name
    assert client.post(place, {**TOLD, "may_store": "on"}).status_code == 302
    row = PlannedConnection.objects.get(aet="UUSI_CT")
    client.post(desks.address("joining-planned-open", road, row.id))
    made = Connection.objects.get(aet="UUSI_CT")
    assert (made.may_store, made.may_fetch) == (True, False)
    page = client.get(desks.address("joining-connections", road)).content.decode()
    assert "does not query or fetch" in page and "does not store" not in page
    change = desks.address("joining-planned", road, row.id)
    assert client.post(change, {**TOLD, "may_fetch": "on"}).status_code == 302
    made.refresh_from_db()
    assert (made.may_store, made.may_fetch) == (False, True)
