"""Which limits hold for whom, and how they are changed (AR-13)."""

from datetime import timedelta

import pytest

from archive.actors import Actor, ActorKind
from archive.models import LedgerEvent, UseLimit
from archive.services import limits
from archive.services.limits import Limits
from archive.values import today, uuid7
from tests import cast

pytestmark = pytest.mark.usefixtures("db")

OFFICER = Actor(ActorKind.STAFF, "Officer", uuid7())


def test_a_customer_has_its_own_limits_or_everyones() -> None:
    esim, malli = cast.organisation(), cast.organisation(cast.MALLILA)
    everyones = limits.of(malli.id)
    assert everyones.associations == 50
    limits.allow(OFFICER, esim, Limits(3, 40), reason="old PACS")
    assert limits.of(esim.id) == Limits(3, 40)
    assert limits.of(malli.id) == everyones
    limits.follow_everyone(OFFICER, esim, reason="new PACS")
    assert limits.of(esim.id) == everyones
    told = LedgerEvent.objects.filter(
        kind="customer.changed", organisation_id=esim.id, facts__what__startswith="limits"
    )
    assert [event.facts["reason"] for event in told.order_by("at")] == ["old PACS", "new PACS"]


def test_what_held_before_stays_as_a_row_of_the_past() -> None:
    esim = cast.organisation()
    UseLimit.objects.create(
        organisation=esim,
        associations=7,
        objects_per_minute=70,
        valid_from=today() - timedelta(days=30),
    )
    limits.allow(OFFICER, esim, Limits(8, 80), reason="more")
    limits.allow(OFFICER, esim, Limits(9, 90), reason="still more")
    rows = UseLimit.objects.filter(organisation=esim).order_by("valid_from")
    told = [(row.associations, row.valid_until) for row in rows]
    assert told == [(7, today() - timedelta(days=1)), (9, None)]
    assert limits.of(esim.id) == Limits(9, 90)


def test_what_begins_tomorrow_does_not_hold_today() -> None:
    esim = cast.organisation()
    before = limits.of(esim.id)
    UseLimit.objects.create(
        organisation=esim,
        associations=1,
        objects_per_minute=1,
        valid_from=today() + timedelta(days=1),
    )
    assert limits.of(esim.id) == before
    assert limits.own(esim) is None
