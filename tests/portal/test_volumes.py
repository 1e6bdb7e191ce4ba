"""The pages of duty against fact: the staff see who lacks, a customer its own."""

from datetime import timedelta

import pytest
from django.urls import reverse

from archive.models import LedgerEvent, VolumeDay
from archive.values import today
from onboarding.models import Joining
from tests.cast import ESIMERKKILA, MALLILA, organisation
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def some() -> None:
    VolumeDay.objects.all().delete()
    Joining.objects.update(content_types=["mr"])
    VolumeDay.objects.create(
        environment="production",
        organisation=organisation(ESIMERKKILA),
        content_type="mr",
        day=today() - timedelta(days=20),
        studies=7,
        instances=4321,
        bytes=9_000_000,
    )


def test_the_staff_see_who_must_and_does_not_and_take_it_along() -> None:
    client = signed_in("onboarding")
    names = (organisation(ESIMERKKILA).name_fi, organisation(MALLILA).name_fi)
    page = client.get(reverse("duty")).content.decode()
    assert "nothing came" in page
    listed = page.partition("<tbody")[2]
    assert names[1] in listed and names[0] not in listed
    whole = client.get(f"{reverse('duty')}?content=mr").content.decode()
    assert names[0] in whole.partition("<tbody")[2] and "4,321" in whole
    answer = client.get(f"{reverse('duty')}?content=mr&format=csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert next(line for line in lines if ESIMERKKILA in line).endswith(",7,4321")


def test_a_customer_reads_its_own_months_only() -> None:
    client = signed_in("esim")
    page = client.get(reverse("duty"), follow=True).content.decode()
    assert "4,321" in page and "announced" in page
    answer = client.get(reverse("customer-duty-csv", args=[organisation(ESIMERKKILA).id]))
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "mr,7,4321,9000000" in text
    told = LedgerEvent.objects.get(kind="list.exported")
    assert (told.facts["listing"], told.organisation_id) == (
        "customer-duty",
        organisation(ESIMERKKILA).id,
    )
    for name in ("customer-duty", "customer-duty-csv"):
        foreign = reverse(name, args=[organisation(MALLILA).id])
        assert client.get(foreign).status_code == 404
