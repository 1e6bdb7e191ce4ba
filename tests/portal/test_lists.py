"""What all lists share: saved views, columns, order, files, and the rows beside one."""

import csv
import tempfile
import zipfile
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from archive.models import AlarmRule, LedgerEvent, SavedView, Study
from archive.queries import keyset
from archive.services.saved_views import MOST
from portal.lists import sheets
from portal.lists.every import LISTINGS
from portal.pages import BY_NAME
from portal.views import lists
from tests import builders
from tests.cast import MALLILA, MATTI
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db

STUDIES, DESK = "/studies/", "/desk/"
SAVE = "/lists/studies/views/"
# Lists at one address, told apart by what stands in it.
WHICH = {
    "rejections": {"what": "rejections"},
    "alarms-cleared": {"state": "cleared"},
    "follow-up-produced": {"side": "producer", "view": "list"},
}


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def saved(client: Client, address: str = SAVE, **given: Any) -> str:
    """What the page says after saving."""
    answer = client.post(address, {"name": "Waiting", **given}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def change(client: Client, view: SavedView, act: str, **given: str) -> int:
    address = reverse("list-view-change", args=[view.id])
    return client.post(address, {"act": act, **given}).status_code


# --- saved views ----------------------------------------------------------------------------------


def test_a_view_keeps_filters_columns_and_order_and_no_code() -> None:
    client = signed_in("support")
    builders.study(accession_number="R-1", state="waiting_for_documents")
    query = f"sort=received&after=x&environment=test&state=waiting_for_documents&accession={MATTI}"
    assert "Leave the personal identity code out" in saved(client, query=query)
    query = query.replace(f"&accession={MATTI}", "")
    said = saved(client, query=query, column=["study", "accession"])
    view = SavedView.objects.get()
    assert (view.query, view.columns) == (
        "sort=received&state=waiting_for_documents",
        ["study", "accession"],
    )
    assert "The view is saved." in said and 'aria-current="true">Waiting' in said
    table = said[said.index("<thead>") : said.index("</thead>")]
    assert "Accession number" in table and "Customer" not in table
    assert "another view of this list" in saved(client, query="state=failed", name="WAITING")
    assert "The view is not saved" in saved(client, name=f"of {MATTI}")
    told = LedgerEvent.objects.get(kind="search.saved")
    assert (told.facts["log"], told.facts["what"]) == ("studies", "saved")
    assert client.post(SAVE, {"name": "x", "query": "a" * (MOST + 1)}).status_code == 302
    assert SavedView.objects.count() == 1


def test_a_view_is_renamed_opens_the_list_and_is_removed() -> None:
    client = signed_in("support")
    saved(client, query="state=failed", opens="on")
    view = SavedView.objects.exclude(name="").get()
    opened = client.get(STUDIES)
    assert opened.headers["Location"] == f"{STUDIES}?state=failed&saved={view.id}"
    assert client.get(f"{STUDIES}?saved=").status_code == 200  # all off
    assert change(client, view, "rename", name="Stopped") == 302
    assert "Stopped" in page(client, f"{STUDIES}?saved=")
    change(client, view, "close")
    assert client.get(STUDIES).status_code == 200
    change(client, view, "open")
    change(client, view, "remove")
    assert client.get(STUDIES).status_code == 200
    assert not SavedView.objects.exclude(name="").exists()


def test_a_view_is_removed_only_after_it_was_asked_for_once_more() -> None:
    client = signed_in("support")
    shown = saved(client, query="state=failed", is_shared="on")
    view = SavedView.objects.exclude(name="").get()
    place = reverse("list-view-change", args=[view.id])
    assert f'href="{place}"' in shown and 'value="remove"' not in shown
    asked = page(client, place)
    assert "Remove the view?" in asked and "Waiting" in asked
    assert "It goes from everybody who reads this list." in asked
    assert 'name="act" value="remove"' in asked
    trail = asked[asked.index('<ol class="trail"') :]
    assert f'<a href="{STUDIES}">Studies</a>' in trail[: trail.index("</ol>")]
    assert SavedView.objects.exclude(name="").exists()
    assert signed_in("archivist").get(place).status_code == 404  # another's


def test_a_shared_view_is_read_by_its_readers_and_changed_by_its_owner() -> None:
    saved(signed_in("support"), query="state=failed", is_shared="on")
    view = SavedView.objects.get()
    other, stranger = signed_in("archivist"), signed_in("logreview")
    assert f"saved={view.id}" in page(other, STUDIES)
    for act in ("rename", "remove"):
        assert change(other, view, act, name="Mine") == 404
    assert change(other, view, "open") == 302
    assert other.get(STUDIES).status_code == 302
    assert signed_in("support").get(STUDIES).status_code == 200
    assert change(stranger, view, "open") == 403
    assert stranger.post(SAVE, {"name": "x"}).status_code == 403


def test_a_customers_view_is_shared_within_the_customer_only() -> None:
    saved(signed_in("esim"), "/lists/desk/views/", query="state=open", is_shared="on")
    address = f"saved={SavedView.objects.get().id}"
    assert address in page(signed_in("esim"), DESK)
    assert address not in page(signed_in("malli"), DESK)
    assert address not in page(signed_in("support"), DESK)


# --- columns and order ----------------------------------------------------------------------------


def test_columns_are_kept_for_the_person() -> None:
    builders.study(accession_number="R-1")
    client = signed_in("support")
    given = {"column": ["uid", "nonsense"], "query": "state=registered"}
    answer = client.post("/lists/studies/columns/", given)
    assert answer.headers["Location"] == f"{STUDIES}?state=registered"
    headings = [column.key for column in client.get(STUDIES).context["listed"].columns]
    assert headings == ["study", "uid"]
    assert len(signed_in("admin").get(STUDIES).context["listed"].columns) > 2
    client.post("/lists/studies/columns/", {"act": "usual"})
    assert len(client.get(STUDIES).context["listed"].columns) > 2


def test_a_customer_is_not_offered_what_is_the_staffs() -> None:
    builders.case()
    listed = signed_in("esim").get(DESK).context["listed"]
    offered = {column.key for column, _shown in listed.offered}
    assert "customer" in offered and "due" not in offered
    assert all(each.key != "owner" for column in listed.columns for each in column.under)


def test_a_list_is_sorted_as_the_address_says() -> None:
    few, many = builders.case(event_count=1), builders.case(MALLILA, event_count=9)
    client = signed_in("support")

    def order(sort: str) -> list[str]:
        return [row.case.id for row in client.get(DESK, {"sort": sort}).context["rows"]]

    assert order("events") == [few.id, many.id] and order("-events") == [many.id, few.id]
    assert len(order("nonsense")) == 2
    names = [row.organisation.name for row in client.get("/organisations/").context["rows"]]
    turned = client.get("/organisations/?sort=-customer").context["rows"]
    assert [row.organisation.name for row in turned] == sorted(
        names, key=str.casefold, reverse=True
    )


# --- files ----------------------------------------------------------------------------------------


def test_csv_has_every_row_of_the_filters_with_the_columns_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keyset, "STRETCH", 2)
    for _ in range(5):
        builders.study(accession_number="=R+1", instance_count=3)
    builders.study(accession_number="R-2", state="failed")
    client = signed_in("support")
    client.post("/lists/studies/columns/", {"column": ["received", "objects", "accession"]})
    answer = client.get(f"{STUDIES}?state=registered&format=csv")
    assert answer.streaming and "studies-" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))
    assert list(rows[0]) == ["Study", "Name", "Received", "Objects", "Accession number"]
    assert [(row["Objects"], row["Accession number"]) for row in rows] == [("3", "'=R+1")] * 5
    told = LedgerEvent.objects.get(kind="list.exported")
    assert told.facts["filters"] == {"state": "registered"} and told.facts["format"] == "csv"


def test_xlsx_holds_texts_as_texts_and_numbers_as_numbers() -> None:
    builders.study(accession_number="=HYPERLINK(1)", instance_count=3)
    answer = signed_in("support").get(f"{STUDIES}?format=xlsx")
    book = zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content)))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<t>=HYPERLINK(1)</t>" in sheet and "<f>" not in sheet and "<v>3</v>" in sheet
    assert LedgerEvent.objects.get(kind="list.exported").facts["format"] == "xlsx"


def test_a_workbook_that_is_not_finished_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ZeroDivisionError):
        sheets.workbook(["one"], ([1 // each] for each in (1, 0)))
    assert not list(tmp_path.iterdir())


def test_a_person_not_asked_for_is_not_exported() -> None:
    study: Study = builders.study()
    content = page(signed_in("support"), f"{STUDIES}?patient={study.patient_id}&format=csv")
    assert "has not been searched for in this session" in content
    assert not LedgerEvent.objects.filter(kind="list.exported").exists()


def test_an_export_of_one_person_stands_with_the_person_and_the_reason() -> None:
    study = builders.study()
    client = signed_in("support")
    found = client.post("/studies/patient/", {"code": MATTI, "reason": "E-1042, a call"})
    assert client.get(f"{found.headers['Location']}&format=csv").streaming
    told = LedgerEvent.objects.get(kind="list.exported")
    assert (told.patient_id, told.facts["reason"]) == (study.patient_id, "E-1042, a call")


def test_every_list_has_a_page_and_columns_of_its_own() -> None:
    for listing in LISTINGS.values():
        assert set(listing.pages) <= set(BY_NAME) and listing.url
        keys = [column.key for column in listing.columns]
        assert len(set(keys)) == len(keys)


def test_every_list_goes_out_as_a_file_and_that_is_recorded() -> None:
    recorded = LedgerEvent.objects.filter(kind__in=("list.exported", "log.exported"))
    staff, customer = signed_in("admin"), signed_in("esim")
    for number, listing in enumerate(LISTINGS.values(), start=1):
        client = staff if listing.may_open(frozenset({"admin"})) else customer
        given = WHICH.get(listing.name, {})
        answer = client.get(listing.url, {**given, "format": "csv"})
        assert answer.streaming, listing.name
        named = f'filename="{listing.name}-'
        assert named in answer.headers["Content-Disposition"], listing.name
        assert b"".join(answer.streaming_content).strip(), listing.name
        assert recorded.count() == number, listing.name


def test_what_can_be_done_about_a_row_stands_on_the_page_alone() -> None:
    rule = AlarmRule.objects.filter(until=None)[0]
    client, place = signed_in("admin"), reverse("alarm-rules")
    assert reverse("alarm-rule-end", args=[rule.id]) in page(client, place)
    assert "What can be done" not in page(signed_in("support"), place)
    rows = csv.DictReader(
        StringIO(b"".join(client.get(f"{place}?format=csv").streaming_content).decode())
    )
    assert rule.name_en in {row["Rule"] for row in rows}
    assert "What can be done" not in (rows.fieldnames or ())


def test_a_view_of_one_who_may_not_act_takes_the_acts_from_nobody() -> None:
    rule = AlarmRule.objects.filter(until=None)[0]
    place, to_end = reverse("alarm-rules"), reverse("alarm-rule-end", args=[rule.id])
    address = reverse("list-view-save", args=["alarm-rules"])
    saved(signed_in("support"), address, query="", column=["when", "severity"], is_shared="on")
    view = SavedView.objects.get(name="Waiting")
    assert to_end in page(signed_in("admin"), f"{place}?saved={view.id}")


@pytest.mark.parametrize(
    ("name", "login", "hidden", "left"),
    [
        ("alarms-cleared", "support", "severity", "now"),
        ("follow-up-produced", "esim", "stage", "stage"),
    ],
)
def test_a_choice_of_columns_hides_nothing_of_the_list_beside(
    name: str, login: str, hidden: str, left: str
) -> None:
    client, listing = signed_in(login), LISTINGS[name]
    query = WHICH[name]
    beside = {**query, "side": "organiser"} if "side" in query else {}
    client.post(f"/lists/{name}/columns/", {"column": ["state"], "query": urlencode(query)})
    own = [column.key for column in client.get(listing.url, query).context["listed"].columns]
    assert own[1:] == ["state"] and hidden not in own
    other = client.get(listing.url, beside).context["listed"]
    assert left in {column.key for column in other.columns}


def test_a_place_in_a_list_that_no_column_can_hold_is_refused() -> None:
    nonsense = {"after": "\0~2020-01-01~00000000-0000-0000-0000-000000000000"}
    assert signed_in("admin").get(reverse("codes"), nonsense).status_code == 400


def test_a_list_that_is_at_hand_has_pages_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "AT_ONCE", 1)
    client, place = signed_in("support"), reverse("policies")
    first = client.get(place).context
    second = client.get(place, {"after": first["page"].following}).context
    assert first["page"].previous == "" and second["rows"] != first["rows"]
    back = client.get(place, {"before": second["page"].previous}).context
    assert back["rows"] == first["rows"]
    for nonsense in ("x", "-1"):
        assert client.get(place, {"after": nonsense}).status_code == 400


# --- the rows beside one --------------------------------------------------------------------------


def test_a_case_knows_the_cases_beside_it_in_the_list_one_came_from() -> None:
    first, second, third = (builders.case(edge="xds", event_count=n) for n in (1, 2, 3))
    builders.case(event_count=2)
    kept = "?list=edge%3Dxds%26sort%3Devents"
    content = page(signed_in("support"), f"/cases/{second.id}/{kept}")
    assert f'href="/cases/{first.id}/{kept}" rel="prev"' in content
    assert f'href="/cases/{third.id}/{kept}" rel="next"' in content
    assert 'href="/desk/?edge=xds&amp;sort=events"' in content
    assert 'rel="next"' not in page(signed_in("support"), f"/cases/{third.id}/{kept}")


def test_the_keys_stand_on_a_page_too() -> None:
    assert "Next and previous row of a list" in page(signed_in("esim"), "/keys/")
