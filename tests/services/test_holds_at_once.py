"""Two who place the same hold in one moment, in two tabs for instance, place one (AR-9)."""

from functools import partial

import pytest
from django.db import transaction

from archive.errors.retention import HeldAlready
from archive.models import RetentionHold
from archive.services import retention_holds
from tests import builders, meanwhile, persons

pytestmark = pytest.mark.usefixtures("fresh_database")


def test_the_second_waits_for_the_first_and_is_told() -> None:
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
