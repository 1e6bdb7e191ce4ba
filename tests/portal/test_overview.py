"""Overview and customers: the numbers, and as many queries for many rows as for one."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive.models import Case, Connection, Organisation
from archive.values import now
from onboarding import queries
from tests.portal.test_pages import own_address, signed_in

pytestmark = pytest.mark.django_db


def open_case(number: int, organisation: Organisation, environment: str = "production") -> Case:
    return Case.objects.create(
        number=number,
        environment=environment,
        reason="study-code-unknown",
        code="A900",
        edge="dicom",
        place="store",
        organisation=organisation,
        fingerprint=f"mark {number}",
        first_at=now(),
        last_at=now(),
        event_count=1,
        open_count=1,
    )


def queries_of(path: str) -> int:
    client = signed_in("support")
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("path", ["/", "/organisations/"])
def test_more_rows_take_no_more_queries(path: str) -> None:
    customers = list(Organisation.objects.filter(is_operator=False))
    open_case(900_001, customers[0])
    before = queries_of(path)
    for place in range(5):
        open_case(900_010 + place, customers[place % len(customers)])
    assert queries_of(path) == before <= 20


def test_test_material_is_in_no_number_of_production() -> None:
    customer = Organisation.objects.get(business_id="9000000-3")
    before = queries.counts("production", customer)
    open_case(900_001, customer, "test")
    assert queries.counts("production", customer) == before
    assert queries.counts("test", customer).cases == before.cases + 1
    page = signed_in("support").get("/?environment=production").content.decode()
    assert "E-900001" not in page


def test_a_customer_reads_its_duty_and_the_staff_the_mechanism() -> None:
    open_case(900_001, Organisation.objects.get(business_id="9000000-3"))
    customers_page = signed_in("esim").get(own_address("9000000-3")).content.decode()
    staff_page = signed_in("support").get(own_address("9000000-3")).content.decode()
    assert "Correct the study code in your system" in customers_page
    assert "E-900001" in customers_page
    assert "load the newer nomenclature" in staff_page


def test_both_environments_show_their_own_connections() -> None:
    page = signed_in("esim").get(own_address("9000000-3")).content.decode()
    assert "ESIM_PACS" in page and "ESIM_TEST" in page and "MALLI_PACS" not in page


def test_no_secret_of_a_connection_is_shown() -> None:
    secret = Connection.objects.exclude(xds_secret_sha256=None).first()
    assert secret is not None and secret.xds_secret_sha256
    page = signed_in("admin").get(own_address("9000000-3")).content.decode()
    assert bytes(secret.xds_secret_sha256).hex() not in page


def test_swedish_letters_stand_after_z() -> None:
    names = ["Öja", "Zeta", "Åbo", "Ähtäri", "alfa"]
    assert sorted(names, key=queries.alphabet_key) == ["alfa", "Zeta", "Åbo", "Ähtäri", "Öja"]


def test_filters_live_in_the_address() -> None:
    client = signed_in("support")
    page = client.get("/organisations/?sector=2").content.decode()
    assert "Röntgen Esimerkki" in page and "Esimerkkilän" not in page
    assert re.search(r'class="chip on" href="\?"', page)
