"""The support desk: cases by cause and customer, filters in the address, each customer its own."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.models import Case, Organisation
from archive.queries import keyset
from archive.values import now
from tests import builders
from tests.cast import ESIMERKKILA, MALLILA
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/desk/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def numbers(cases: Iterable[Case]) -> list[str]:
    return [str(case) for case in cases]


def test_the_title_counts_what_needs_the_reader() -> None:
    builders.case()
    builders.case(reason="bytes-damaged", code="DAMAGED")
    builders.case(state="resolved")
    content = page(signed_in("support"))
    assert "<h1>3 cases, 2 open, 1 needs you</h1>" in content


def test_a_row_says_cause_next_step_and_whose_move() -> None:
    case = builders.case(event_count=12, open_count=3)
    content = page(signed_in("support"))
    for words in (
        "Study code is not in the nomenclature",
        "load the newer nomenclature",
        "customer’s move",
        str(case),
        "DICOM, storing",
        "Esimerkkilän",
        f'href="/cases/{case.id}/?list="',
    ):
        assert words in content


def test_the_customer_reads_its_own_words_and_cases() -> None:
    own, foreign, nobodys = builders.case(), builders.case(MALLILA), builders.case(None)
    content = page(signed_in("esim"))
    assert str(own) in content
    assert str(foreign) not in content and str(nobodys) not in content
    assert "Correct the study code in your system" in content and "needs you" in content
    assert "<h1>1 case, 1 needs you</h1>" in content


def test_a_customer_cannot_ask_for_anothers_cases() -> None:
    foreign = builders.case(MALLILA)
    mallila = Organisation.objects.get(business_id=MALLILA)
    content = page(signed_in("esim"), f"?organisation={mallila.id}")
    assert str(foreign) not in content


@pytest.mark.parametrize(
    "query",
    ["state=resolved", "edge=xds", "reason=hash-differs", "period=today", "environment=test"],
)
def test_each_filter_narrows_the_list(query: str) -> None:
    other = builders.case(last_at=now() - timedelta(days=2))
    this = builders.case(
        state="resolved" if "state" in query else "open",
        edge="xds",
        reason="hash-differs",
        environment="test" if "environment" in query else "production",
    )
    content = page(signed_in("support"), f"?{query}")
    assert str(this) in content and str(other) not in content


def test_a_customer_is_a_filter() -> None:
    esim, malli = builders.case(), builders.case(MALLILA)
    mallila = Organisation.objects.get(business_id=MALLILA)
    content = page(signed_in("support"), f"?organisation={mallila.id}")
    assert str(malli) in content and str(esim) not in content


def test_pages_meet_across_equal_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset.page, "__kwdefaults__", {**keyset.page.__kwdefaults__, "size": 2})
    at = now()
    opened = [builders.case(last_at=at, reason="hash-differs") for _ in range(3)]
    resolved = [builders.case(last_at=at, reason="hash-differs", state="resolved") for _ in "ab"]
    client = signed_in("support")
    seen: list[Case] = []
    cursor = ""
    for _ in range(3):
        context = client.get("/desk/", {"reason": "hash-differs", "after": cursor}).context
        seen += [row.case for row in context["rows"]]
        cursor, previous = context["page"].following, context["page"].previous
    expected = [*reversed(opened), *reversed(resolved)]
    assert numbers(seen) == numbers(expected) and not cursor
    back = client.get("/desk/", {"reason": "hash-differs", "before": previous}).context
    assert numbers(row.case for row in back["rows"]) == numbers(expected[2:4])


def test_a_cursor_that_is_none_is_a_bad_request() -> None:
    assert signed_in("support").get("/desk/?after=nonsense").status_code == 400


def test_an_empty_desk_says_why() -> None:
    assert "No case is open" in page(signed_in("support"))
    assert "No case fits the filters" in page(signed_in("support"), "?edge=xds")
    assert "Everything went through" in page(signed_in("malli"))


@pytest.mark.parametrize("login", ["support", "esim"])
def test_more_cases_take_no_more_queries(login: str) -> None:
    client = signed_in(login)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client)
        return len(captured)

    builders.case()
    count()  # the session begins
    before = count()
    for place in range(8):
        builders.case(MALLILA if place % 2 else ESIMERKKILA)
    assert count() == before <= 9


def test_htmx_gets_the_list_alone() -> None:
    headers = {"HX-Request": "true", "HX-Target": "list"}
    content = signed_in("support").get("/desk/", headers=headers).content.decode()
    assert '<div id="list"' in content and "<html" not in content


@pytest.mark.parametrize(
    ("login", "status"),
    [
        ("admin", 200),
        ("onboarding", 200),
        ("archivist", 200),
        ("support", 200),
        ("logreview", 403),
        ("esim", 200),
        ("rontgen", 200),
    ],
)
def test_who_opens_the_desk(login: str, status: int) -> None:
    assert signed_in(login).get("/desk/").status_code == status


def test_a_customers_rail_leads_to_its_errors() -> None:
    content = page(signed_in("esim"))
    assert '<a href="/desk/" aria-current="page">Errors</a>' in content
