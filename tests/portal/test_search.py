"""The one search box: posted, by exact key, and never with a personal code in the address."""

import pytest

from archive.models import Organisation
from tests.portal.test_overview import open_case
from tests.portal.test_pages import own_address, signed_in

pytestmark = pytest.mark.django_db


def test_an_ae_title_leads_to_its_customer() -> None:
    answer = signed_in("support").post("/search/", {"q": "esim_pacs"})
    assert answer.headers["Location"] == own_address("9000000-3")


def test_a_part_of_a_name_is_enough() -> None:
    page = signed_in("support").post("/search/", {"q": "hyvinvointialue"}).content.decode()
    assert "Exampleland" in page and "Modelville" in page


def test_a_percent_sign_is_no_pattern() -> None:
    page = signed_in("support").post("/search/", {"q": "%"}).content.decode()
    assert "Exampleland" not in page


def test_a_personal_code_is_not_searched_and_not_repeated() -> None:
    answer = signed_in("support").post("/search/", {"q": "010181-900C"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "personal identity code" in page
    assert "010181" not in page


def test_a_case_is_found_by_what_people_quote() -> None:
    open_case(900_001, Organisation.objects.get(business_id="9000000-3"))
    answer = signed_in("support").post("/search/", {"q": "e-900001"}, follow=True)
    assert "E-900001" in answer.content.decode()


def test_nothing_found_says_what_to_do() -> None:
    page = signed_in("support").post("/search/", {"q": "R-NOT-THERE"}).content.decode()
    assert "Check the characters" in page
