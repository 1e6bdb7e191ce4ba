"""How far an order has come, by what is stored under it (AC-3)."""

import pytest

from archive.models import Authorisation, Study
from archive.queries import followup
from tests import authorising, builders
from tests.cast import ESIMERKKILA

pytestmark = pytest.mark.django_db
EVENT = "1.2.246.10.90000003.14.2026.1"


def stored(order: Authorisation | None, patient: Authorisation) -> Study:
    study = builders.study(
        ESIMERKKILA,
        register=authorising.register(),
        patient=patient.patient,
        service_event=EVENT,
        state="registered",
    )
    Study.objects.filter(id=study.id).update(authorisation=order)
    return study


def shown(*orders: Authorisation) -> list[tuple[str, int, list[str]]]:
    """Of each its stage, how many studies its page has, and what it lacks."""
    rows = [followup.with_stage(each) for each in orders]
    studies = followup.studies_of(rows)
    found = [(row, studies.get(row.series, [])) for row in rows]
    return [(str(row.stage), len(own), followup.missing(row, own)) for row, own in found]


def two_orders() -> tuple[Authorisation, Authorisation]:
    """A CT and an MR of one service event."""
    mr = {"service_code": "AA1BG", "service_text": "Pään MK"}
    return authorising.made(service_event=EVENT), authorising.made(service_event=EVENT, **mr)


def test_what_is_stored_under_one_order_does_not_show_another_as_done() -> None:
    ct, mr = two_orders()
    stored(ct, ct)
    assert shown(ct, mr) == [
        ("documents", 1, ["acceptance"]),
        ("ordered", 0, ["acceptance", "images"]),
    ]


def test_what_is_stored_under_no_order_counts_for_each_of_its_service_event() -> None:
    ct, mr = two_orders()
    stored(None, ct)
    stored(authorising.made(None), ct)  # under that of the population
    assert shown(ct, mr) == [("documents", 2, ["acceptance"])] * 2
