"""The public list: whoever asks, page, CSV and JSON say the same rows (ON-7)."""

import csv
import io
import json

import pytest
from django.test import Client

from archive.models import Organisation, Sector
from archive.values import today
from onboarding.models import PublicCustomer
from onboarding.queries.public import public_customers

pytestmark = pytest.mark.django_db

LANGUAGES = ("fi", "sv", "en")


def reader(language: str = "fi") -> Client:
    return Client(headers={"Accept-Language": language})


def body(answer: object) -> str:
    return b"".join(answer).decode()  # type: ignore[call-overload]


def csv_rows(query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body(reader().get(f"/customers.csv{query}")))))


def json_rows(query: str = "") -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(body(reader().get(f"/customers.json{query}")))
    return found


@pytest.mark.parametrize("path", ["/customers", "/customers/"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_anybody_reads_the_list_in_three_languages(language: str, path: str) -> None:
    answer = reader(language).get(path)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in page
    assert ("HUS-yhtymä" in page) == (language == "fi")  # the others have names of their own
    assert "Fimlab" in page
    assert page.count('<th scope="row"') == 30


def test_the_demo_organisations_are_not_in_it() -> None:
    page = reader().get("/customers").content.decode()
    assert "Esimerkkilän" not in page and "Mallilan" not in page
    assert not any("Esimerkkilän" in row["name_fi"] for row in json_rows())


def test_a_customer_that_the_source_does_not_name_is_left_out_in_demo_mode() -> None:
    made = Organisation.objects.create(
        business_id="0245929-6", oid="1.2.246.10.2459296.10.0", name_fi="Aivan uusi", sector="2"
    )
    PublicCustomer.objects.create(
        name_fi="Aivan uusi", sector=Sector.PRIVATE, joined_on=today(), organisation=made
    )
    assert "Aivan uusi" not in reader().get("/customers").content.decode()
    assert len(csv_rows()) == 30


def test_csv_and_json_hold_the_rows_of_the_page() -> None:
    words = {Sector.PUBLIC: "public", Sector.PRIVATE: "private"}
    expected = [
        {
            "name_fi": row.name_fi,
            "name_sv": row.name_sv,
            "name_en": row.name_en,
            "sector": words[Sector(row.sector)],
            "joined_on": row.joined_on.isoformat(),
        }
        for row in public_customers()
    ]
    assert len(expected) == 30
    assert csv_rows() == json_rows() == expected


def test_the_data_do_not_hang_on_the_readers_language() -> None:
    first, second = (body(reader(language).get("/customers.csv")) for language in ("fi", "en"))
    assert first == second


def test_the_fields_keep_their_names_and_order() -> None:
    first = body(reader().get("/customers.csv")).splitlines()[0]
    assert first == "name_fi,name_sv,name_en,sector,joined_on"
    assert list(json_rows()[0]) == first.split(",")


def test_search_and_sector_narrow_all_three() -> None:
    query = "?search=pihlajalinna&sector=private"
    page = reader().get(f"/customers{query}").content.decode()
    assert page.count('<th scope="row"') == len(csv_rows(query)) == len(json_rows(query)) == 5
    assert 'href="/customers.csv?search=pihlajalinna&amp;sector=private"' in page
    assert csv_rows("?search=pihlajalinna&sector=public") == []


def test_a_search_without_a_find_says_what_to_do() -> None:
    page = reader("en").get("/customers?search=zzz").content.decode()
    assert "No customer has such a name" in page and "Show all" in page


@pytest.mark.parametrize("query", ["?sector=church", "?order=colour", "?search=" + "x" * 500])
def test_what_cannot_be_read_narrows_nothing(query: str) -> None:
    assert len(json_rows(query)) == 30
    assert reader().get(f"/customers{query}").status_code == 200


def test_it_is_sorted_by_name_and_by_day_both_ways() -> None:
    names = [row["name_fi"] for row in json_rows()]
    assert [row["name_fi"] for row in json_rows("?order=-name")] == names[::-1]
    days = [row["joined_on"] for row in json_rows("?order=joined")]
    assert days == sorted(days)
    assert [row["joined_on"] for row in json_rows("?order=-joined")] == sorted(days, reverse=True)


def test_the_headings_sort_and_say_how() -> None:
    page = reader("en").get("/customers?order=joined").content.decode()
    assert 'aria-sort="ascending"' in page and "order=-joined" in page


def test_å_ä_and_ö_come_after_z() -> None:
    for name in ("Ähtärin klinikka", "Zeta Oy", "Ålands klinik", "Öbergs klinik"):
        PublicCustomer.objects.create(name_fi=name, sector="2", joined_on=today(), source="a test")
    assert [row["name_fi"] for row in json_rows()][-4:] == [
        "Zeta Oy",
        "Ålands klinik",
        "Ähtärin klinikka",
        "Öbergs klinik",
    ]


def test_a_name_is_no_formula_of_a_spreadsheet() -> None:
    PublicCustomer.objects.create(
        name_fi="=HYPERLINK(1)", sector="2", joined_on=today(), source="a test"
    )
    assert "'=HYPERLINK(1)" in body(reader().get("/customers.csv"))
    assert any(row["name_fi"] == "=HYPERLINK(1)" for row in json_rows())


@pytest.mark.parametrize("path", ["/customers.csv", "/customers.json"])
def test_unchanged_data_are_not_sent_again(path: str) -> None:
    first = reader().get(path)
    assert "public" in first.headers["Cache-Control"]
    again = reader().get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    PublicCustomer.objects.filter(name_fi="HUS-yhtymä").update(name_en="HUS")
    changed = reader().get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_a_shared_cache_never_keeps_the_page() -> None:
    assert "private" in reader().get("/customers").headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/customers", "/customers.csv", "/customers.json", "/guide"])
def test_they_are_read_only(path: str) -> None:
    assert reader().post(path).status_code == 405


def test_the_list_costs_a_query_or_two(django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        body(reader().get("/customers.json"))
