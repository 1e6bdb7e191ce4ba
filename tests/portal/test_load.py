"""Who loads the archive, as staff see it, and the limits officers set (AR-13)."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from archive.models import CaseEvent, LedgerEvent, UseLimit
from archive.queries import load
from archive.queries.load import Load
from archive.services import limits, querying
from archive.values import now
from tests import builders, cast
from tests.cast import MALLILA
from tests.finding import question
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def busy_day() -> None:
    """Esimerkkilä stores two objects, asks once and is refused once; Mallila asks twice."""
    cast.store(cast.dataset(), cast.dataset())
    querying.find(cast.peer(), question("STUDY", PatientID=cast.MATTI))
    builders.event(builders.case())
    for _ in range(2):
        querying.find(cast.peer(MALLILA), question("STUDY", StudyInstanceUID="1.2"))


def test_each_customers_day_is_counted_from_what_is_kept_anyway() -> None:
    busy_day()
    loads = load.of_all("production", now() - timedelta(hours=1))
    esim, malli = cast.organisation().id, cast.organisation(MALLILA).id
    size = loads[esim].size
    assert loads[esim] == Load(associations=2, objects=2, size=size, queries=1, refusals=1)
    assert size > 0
    assert loads[malli] == Load(associations=2, queries=2)
    assert load.of_one("production", now() - timedelta(hours=1), malli) == loads[malli]
    assert load.of_all("test", now() - timedelta(hours=1)) == {}
    assert load.of_all("production", now() + timedelta(seconds=1)) == {}


def test_refused_objects_are_counted_once_however_they_are_told() -> None:
    builders.event(builders.case(reason="customer-too-fast"))
    builders.event(builders.case(reason="peer-unreachable", place="notice"))
    assert CaseEvent.objects.count() == 2
    assert load.of_all("production", now() - timedelta(hours=1)) == {}


def test_staff_read_who_loads_and_customers_do_not() -> None:
    busy_day()
    page = signed_in("logreview").get(reverse("load")).content.decode()
    first, second = (page.index(name) for name in ("Esimerkkilän", "Mallilan"))
    assert first < second
    assert "2 customers have used the archive within a day" in page
    assert signed_in("esim").get(reverse("load")).status_code == 404


def limits_url() -> str:
    return reverse("load-limits", args=[cast.organisation().id])


def test_an_officer_sets_limits_with_a_reason_and_gives_them_up_again() -> None:
    officer = signed_in("onboarding")
    given: dict[str, Any] = {"associations": "4", "objects_per_minute": "500", "reason": ""}
    given |= {"calls_per_minute": "90", "token_calls_per_minute": "60"}
    assert "This field is required" in officer.post(limits_url(), given).content.decode()
    answer = officer.post(limits_url(), {**given, "reason": "old PACS"}, follow=True)
    page = answer.content.decode()
    assert (
        "4 associations at once, 500 objects and 90 calls of the API a minute" in page
        and "its own" in page
    )
    assert limits.of(cast.organisation().id) == limits.Limits(4, 500, 90, 60)
    everyones = reverse("load-everyones", args=[cast.organisation().id])
    assert 'value="500"' in officer.post(everyones).content.decode()  # what it has is not lost
    officer.post(everyones, {"everyones-reason": "new PACS"})
    assert not UseLimit.objects.filter(organisation=cast.organisation()).exists()
    told = LedgerEvent.objects.filter(kind="customer.changed", facts__has_key="reason")
    assert {event.facts["reason"] for event in told} >= {"old PACS", "new PACS"}


def test_limits_that_each_machine_counts_for_itself_say_so() -> None:
    page = signed_in("onboarding").get(limits_url()).content.decode()
    assert page.count("on each machine that receives: two machines take twice as many") == 2
    assert "on all machines" in page


@pytest.mark.parametrize("login", ["support", "archivist", "esim"])
def test_nobody_else_sets_limits(login: str) -> None:
    status = 404 if login == "esim" else 403
    assert signed_in(login).get(limits_url()).status_code == status
    assert signed_in(login).post(limits_url(), {"associations": "1"}).status_code == status


def test_a_customers_page_shows_its_load_to_staff_only() -> None:
    busy_day()
    address = reverse("organisation", args=[cast.organisation().id])
    assert "Objects returned" in signed_in("support").get(address).content.decode()
    assert "Objects returned" not in signed_in("esim").get(address).content.decode()
    assert "Change the limits" in signed_in("admin").get(address).content.decode()
    assert "Change the limits" not in signed_in("support").get(address).content.decode()
