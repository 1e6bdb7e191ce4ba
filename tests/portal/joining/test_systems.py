"""Certified systems on a customer's pages: what hangs on one, what does not fit (ON-2 a)."""

import re
from datetime import date
from html import unescape
from typing import Any

import pytest

from onboarding.models import JoiningState, SpecificationVersion
from onboarding.services import systems
from onboarding.services.systems import System
from tests.onboarding import cast
from tests.portal.joining import desks

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    """What a person reads of the page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_what_hangs_on_a_system_is_said_before_it_is_taken_off() -> None:
    road = cast.brought_to(JoiningState.ACCEPTED)
    row, client = road.organisation.certified_systems.get(), desks.person(road, "customer")
    page = client.get(desks.address("joining-system", road, row.id)).content.decode()
    place = desks.address("joining-system-remove", road, row.id)
    assert f'href="{place}"' in page
    assert f'action="{place}"' not in page
    said = text(client.get(place))
    assert "It is the only system that is named" in said
    assert "production cannot be opened" in said
    assert "open connection" in said
    row.refresh_from_db()
    assert row.taken_off_at is None


def test_one_that_was_taken_off_is_put_back_from_the_page() -> None:
    road = cast.brought_to(JoiningState.IN_PRODUCTION)
    row, client = road.organisation.certified_systems.get(), desks.person(road, "customer")
    place = desks.address("joining-system-remove", road, row.id)
    assert "does not end by it" in text(client.get(place))
    after = text(client.post(place, follow=True))
    assert "No system is named" in after
    assert "Put back" in after
    assert client.get(desks.address("joining-system", road, row.id)).status_code == 404
    back = client.post(desks.address("joining-system-put-back", road, row.id), follow=True)
    assert "Taken off" not in text(back)
    row.refresh_from_db()
    assert row.taken_off_at is None


def test_a_certificate_that_does_not_fit_its_version_is_said_in_words() -> None:
    road = cast.brought_to(JoiningState.IN_REVIEW)
    closed = SpecificationVersion.objects.get(name="2.4")  # certified until 30 March 2024
    late = System("RIS", "1", "K-2", "THL 5/2021, annex 3e", closed, date(2024, 6, 1))
    systems.add_system(cast.officer(), road.organisation, late)
    said = "the certificate is dated after 30 Mar 2024"
    for who in ("officer", "customer"):
        client = desks.person(road, who)
        assert said in text(client.get(desks.address("joining-evidence", road, "certified")))
        assert f"RIS 1: {said}" in text(client.get(desks.address("joining-file", road)))


def test_a_certificate_that_is_to_come_is_not_called_valid() -> None:
    road = cast.brought_to(JoiningState.IN_REVIEW)
    road.organisation.certified_systems.update(valid_from=date(2099, 1, 1))
    page = text(
        desks.person(road, "customer").get(desks.address("joining-evidence", road, "certified"))
    )
    assert "not valid yet" in page
    assert "the certificate is valid from 1 Jan 2099 on" in page
