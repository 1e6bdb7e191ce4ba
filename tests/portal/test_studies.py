"""The list of studies: filters in the address, pages by key, a person by posted code, no names."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.models import LedgerEvent, Organisation, Series, Study
from archive.queries import keyset
from archive.queries import study as queries
from archive.values import now
from tests import builders, cast
from tests.cast import ESIMERKKILA, MALLILA, MATTI, VENLA, dataset
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db
REASON = "E-1042, the ward asks"


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def search(client: Client, code: str, reason: str = REASON) -> str:
    """Where the search leads, or the page that says why not."""
    answer = client.post("/studies/patient/", {"code": code, "reason": reason})
    return answer.headers.get("Location", answer.content.decode())


def test_the_list_names_no_patient() -> None:
    builders.study(accession_number="R-SEEN")
    content = page(signed_in("support"), "/studies/")
    assert "R-SEEN" in content
    for secret in (MATTI, "010181", "Meikäläinen"):
        assert secret not in content


@pytest.mark.parametrize(
    "query",
    [
        "state=waiting_for_documents",
        "modality=US",
        "study_code=jn3aa",
        "accession=R-THIS",
        "received_from=2026-01-02&received_until=2026-01-03",
        "environment=test",
    ],
)
def test_each_filter_narrows_the_list(query: str) -> None:
    at = now()
    builders.study(accession_number="R-OTHER", received_at=at)
    builders.study(
        accession_number="R-THIS",
        state="waiting_for_documents",
        waits_for="study-entry",
        modalities=["US"],
        study_code="JN3AA",
        environment="test" if "environment" in query else "production",
        received_at=at.replace(year=2026, month=1, day=2) if "received" in query else at,
    )
    content = page(signed_in("support"), f"/studies/?{query}")
    assert "R-THIS" in content and "R-OTHER" not in content


def test_a_customer_is_a_filter() -> None:
    builders.study(accession_number="R-ESIM")
    builders.study(MALLILA, accession_number="R-MALLI")
    mallila = Organisation.objects.get(business_id=MALLILA)
    content = page(signed_in("support"), f"/studies/?organisation={mallila.id}")
    assert "R-MALLI" in content and "R-ESIM" not in content


def test_the_title_says_what_waits_and_for_how_long() -> None:
    waiting = {"state": "waiting_for_documents", "waits_for": "study-entry"}
    builders.study(received_at=now() - timedelta(hours=3), **waiting)
    builders.study(**waiting)
    content = page(signed_in("support"), "/studies/?state=waiting_for_documents")
    assert "<h1>2 studies waiting for documents, oldest 3 h</h1>" in content
    assert "the examination note" in content


@pytest.mark.parametrize("query", ["state=nonsense", "received_from=tomorrow", "patient=x"])
def test_a_filter_that_cannot_be_read_lists_nothing(query: str) -> None:
    builders.study(accession_number="R-ANY")
    content = page(signed_in("support"), f"/studies/?{query}")
    assert "R-ANY" not in content and "A filter cannot be read" in content


def test_an_empty_list_says_why() -> None:
    content = page(signed_in("support"), "/studies/?accession=NOT-THERE")
    assert "No study fits the filters" in content and "0 studies" in content


def test_pages_meet_across_equal_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset.page, "__kwdefaults__", {**keyset.page.__kwdefaults__, "size": 2})
    at = now()
    made = {builders.study(accession_number="R-SAME", received_at=at).id for _ in range(5)}
    client, path = signed_in("support"), "/studies/?accession=R-SAME"
    seen: list[Study] = []
    cursor = ""
    for _ in range(3):
        context = client.get(path, {"accession": "R-SAME", "after": cursor}).context
        seen += [row.study.id for row in context["rows"]]
        cursor, newer = context["page"].following, context["page"].previous
    assert len(seen) == 5 and set(seen) == made and not cursor
    back = client.get(path, {"accession": "R-SAME", "before": newer}).context
    assert [row.study.id for row in back["rows"]] == seen[2:4]


def test_a_cursor_that_is_none_is_a_bad_request() -> None:
    assert signed_in("support").get("/studies/?after=nonsense").status_code == 400


def test_more_studies_take_no_more_queries() -> None:
    client = signed_in("support")

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, "/studies/")
        return len(captured)

    builders.study()
    count()  # the session begins
    before = count()
    for place in range(12):
        builders.study(MALLILA if place % 2 else ESIMERKKILA, study_code="JN3AA")
    assert count() == before <= 9


def test_htmx_gets_the_list_alone() -> None:
    headers = {"HX-Request": "true", "HX-Target": "list"}
    content = signed_in("support").get("/studies/", headers=headers).content.decode()
    assert '<div id="list"' in content and "<html" not in content


# --- a person by code -----------------------------------------------------------------------------


def test_a_person_is_found_by_a_posted_code_and_an_opaque_address() -> None:
    builders.study(accession_number="R-MATTI")
    builders.study(code=VENLA, accession_number="R-VENLA")
    client = signed_in("support")
    address = search(client, MATTI)
    assert address == f"/studies/?patient={builders.patient().id}"
    content = page(client, address)
    assert "R-MATTI" in content and "R-VENLA" not in content and "010181" not in content


def test_a_search_is_logged_with_its_reason_found_or_not() -> None:
    builders.study()
    client = signed_in("support")
    search(client, MATTI)
    assert "No patient with this code" in search(client, VENLA)
    logged = LedgerEvent.objects.filter(kind="patient.searched").order_by("at")
    assert [event.facts for event in logged] == [
        {"reason": REASON, "found": True},
        {"reason": REASON, "found": False},
    ]
    assert [event.patient_id for event in logged] == [builders.patient().id, None]


def test_a_search_wants_a_reason_and_a_valid_code() -> None:
    client = signed_in("support")
    assert "This field is required" in search(client, MATTI, reason="")
    assert "no valid code" in search(client, "010181-900D")
    assert "Leave the personal identity code out" in search(client, MATTI, reason=f"for {MATTI}")
    assert not LedgerEvent.objects.filter(kind="patient.searched").exists()


def test_an_address_with_a_person_shows_nothing_before_the_reason() -> None:
    builders.study(accession_number="R-MATTI")
    content = page(signed_in("support"), f"/studies/?patient={builders.patient().id}")
    assert "R-MATTI" not in content and "has not been searched for" in content


def test_a_merged_away_code_leads_to_the_survivor() -> None:
    survivor = builders.study(accession_number="R-OLD").patient
    builders.patient(VENLA, survivor=survivor)
    assert search(signed_in("support"), VENLA) == f"/studies/?patient={survivor.id}"


def test_a_code_in_the_address_is_taken_out() -> None:
    answer = signed_in("support").get(f"/studies/?accession={MATTI}")
    assert answer.headers["Location"] == "/studies/patient/"


@pytest.mark.parametrize(
    ("login", "status"),
    [
        ("admin", 200),
        ("archivist", 200),
        ("support", 200),
        ("onboarding", 403),
        ("logreview", 403),
        ("esim", 404),
        ("malli", 404),
    ],
)
@pytest.mark.parametrize("path", ["/studies/", "/studies/patient/"])
def test_only_readers_of_studies_open_the_list(path: str, login: str, status: int) -> None:
    assert signed_in(login).get(path).status_code == status


def test_series_whose_numbers_are_none_come_last() -> None:
    for place, number in enumerate(("--5", "2", "-", "+1")):
        study = cast.store(dataset(SeriesInstanceUID=f"1.2.246.10.90000003.1.{place}"))
        Series.objects.filter(series_instance_uid__endswith=f".1.{place}").update(
            series_number=number
        )
    told = [row.series.series_number for row in queries.series_of(study)]
    assert told[:2] == ["+1", "2"] and sorted(told[2:]) == ["-", "--5"]
    assert signed_in("archivist").get(f"/studies/{study.id}/").status_code == 200
