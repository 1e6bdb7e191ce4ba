"""Orders and assignments as their people work with them: steps, moves, lists, follow-up (AC-3)."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from archive.models import Authorisation, AuthorisationDraft, LedgerEvent, Membership, User
from archive.services import authorisations
from archive.values import now, today
from tests import builders
from tests.authorising import day, made, order, patient, person, register
from tests.cast import ESIMERKKILA, MALLILA, MATTI, RONTGEN, VENLA, organisation
from tests.portal.api.calling import call, personal
from tests.portal.joining.test_bad_input import wrong_at
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser() -> Client:
    return signed_in("esim")


@pytest.fixture
def producer() -> Client:
    return signed_in("rontgen")


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:2000]
    return " ".join(answer.content.decode().split())


def of(row: Authorisation, key: str = "") -> str:
    return reverse("authorisation", args=[row.id]) + (f"{key}/" if key else "")


# --- making ---------------------------------------------------------------------------------------

WHOM = {"level": "patient", "code": MATTI}
ORDER = {
    "service_code": "AA1AD",
    "service_text": "Pään TT",
    "order_text": "Päänsärky",
    "urgency": "urgent",
}


def terms(**values: str) -> dict[str, str]:
    return {
        "producer": str(organisation(RONTGEN).id),
        "valid_from": day().isoformat(),
        "valid_until": day(30).isoformat(),
        "may_read": "on",
        "may_write": "on",
        **values,
    }


def begun(client: Client, **values: str) -> AuthorisationDraft:
    data = {**WHOM, "register": str(register().id), **values}
    answer = client.post(reverse("order-new"), data)
    assert answer.status_code == 302, answer.content.decode()
    return AuthorisationDraft.objects.get()


def step(client: Client, draft: AuthorisationDraft, key: str, data: dict[str, str]) -> Any:
    return client.post(reverse(f"order-{key}", args=[draft.id]), data)


def test_an_order_is_filled_in_step_by_step_and_made(organiser: Client) -> None:
    draft = begun(organiser)
    assert MATTI not in str(draft.values)
    assert step(organiser, draft, "order", ORDER).headers["Location"].endswith("/terms/")
    left = text(organiser.get(reverse("authorisations")))
    assert "Being filled in" in left and "AA1AD Pään TT" in left
    again = text(organiser.get(reverse("order-order", args=[draft.id])))
    assert "Päänsärky" in again
    assert step(organiser, draft, "terms", terms(voucher_number="PS-1")).status_code == 302
    checked = text(organiser.get(reverse("order-check", args=[draft.id])))
    assert "Röntgen Esimerkki" in checked and "PS-1" in checked and "010181-•••C" in checked
    assert MATTI not in checked
    answer = organiser.post(reverse("order-check", args=[draft.id]))
    row = Authorisation.objects.get(made_by="esim", voucher_number="PS-1")
    assert answer.headers["Location"] == of(row)
    assert (row.state, row.urgency, row.patient.identifier) == ("granted", "urgent", MATTI)  # type: ignore[union-attr]
    assert not AuthorisationDraft.objects.exists()


def test_of_the_population_and_without_a_producer(organiser: Client) -> None:
    draft = begun(organiser, level="population", code="")
    step(organiser, draft, "order", {"urgency": "routine"})
    step(organiser, draft, "terms", terms(producer="", valid_until=""))
    organiser.post(reverse("order-check", args=[draft.id]))
    row = Authorisation.objects.get(state="without_producer", level="population")
    page = text(organiser.get(of(row)))
    assert "Name the producer" in page and "It gives no rights before a producer is named." in page


def test_the_patient_stays_when_the_first_step_is_sent_again(organiser: Client) -> None:
    draft = begun(organiser)
    data = {"level": "patient", "code": "", "register": str(register().id)}
    assert step(organiser, draft, "whom", data).status_code == 302
    draft.refresh_from_db()
    assert draft.patient is not None and draft.patient.identifier == MATTI


@pytest.mark.parametrize(
    ("key", "data", "field"),
    [
        ("whom", {"code": "010181-9000"}, "code"),
        ("whom", {"code": ""}, "code"),
        ("whom", {"register": "x"}, "register"),
        ("whom", {"level": "all"}, "level"),
        ("order", {"order_text": f"potilas {MATTI}"}, "order_text"),
        ("order", {"urgency": ""}, "urgency"),
        ("order", {"due_on": "soon"}, "due_on"),
        ("terms", {"valid_from": ""}, "valid_from"),
        ("terms", {"producer": "x"}, "producer"),
        ("terms", {"voucher_value": "-1"}, "voucher_value"),
        ("terms", {"voucher_value": "many"}, "voucher_value"),
    ],
)
def test_what_is_filled_in_wrongly_is_said_at_its_field(
    organiser: Client, key: str, data: dict[str, str], field: str
) -> None:
    if key == "whom":
        given = {**WHOM, "register": str(register().id), **data}
        assert wrong_at(organiser.post(reverse("order-new"), given), field)
        assert not AuthorisationDraft.objects.exists()
        return
    draft = begun(organiser)
    given = {**ORDER, **data} if key == "order" else terms(**data)
    assert wrong_at(step(organiser, draft, key, given), field)
    draft.refresh_from_db()
    assert draft.values == {"level": "patient"}


def test_what_contradicts_is_said_at_the_check_with_the_way_to_it(organiser: Client) -> None:
    draft = begun(organiser)
    step(organiser, draft, "order", {**ORDER, "due_on": day(60).isoformat()})
    step(organiser, draft, "terms", terms(may_read="", may_write=""))
    page = text(organiser.post(reverse("order-check", args=[draft.id])), 422)
    assert "Give at least one right" in page and "The day is after the validity ends." in page
    assert page.index("wrongs") < page.index(reverse("order-terms", args=[draft.id]))
    step(organiser, draft, "order", ORDER)
    step(organiser, draft, "terms", terms())
    made()
    page = text(organiser.post(reverse("order-check", args=[draft.id])), 422)
    assert "a live authorisation for the same patient and service already" in page
    discard = reverse("order-discard", args=[draft.id])
    assert f'href="{discard}"' in page and f'action="{discard}"' not in page
    assert "Discard the draft?" in text(organiser.get(discard))
    assert AuthorisationDraft.objects.exists()
    assert organiser.post(discard).status_code == 302
    assert not AuthorisationDraft.objects.exists()


def test_a_step_that_was_left_out_is_asked_for(organiser: Client) -> None:
    draft = begun(organiser)
    page = text(organiser.post(reverse("order-check", args=[draft.id])), 422)
    assert "Valid from" in page and not Authorisation.objects.exists()


# --- moving ---------------------------------------------------------------------------------------


def test_accepted_withdrawn_declined_and_given_anew(organiser: Client, producer: Client) -> None:
    row = made()
    page = text(producer.get(of(row)))
    assert 'class="btn go" href="' + of(row, "accept") in page
    assert MATTI in page and "You cannot pass it on" in page
    assert "You may withdraw it today" in text(producer.get(of(row, "accept")))
    assert producer.post(of(row, "accept")).headers["Location"] == of(row)
    assert producer.post(of(row, "withdraw")).status_code == 302
    unsaid = producer.post(of(row, "decline"), {"reason": ""})
    assert wrong_at(unsaid, "reason")
    assert wrong_at(producer.post(of(row, "decline"), {"reason": f"ei {MATTI}"}), "reason")
    producer.post(of(row, "decline"), {"reason": "Ei aikoja"})
    page = text(organiser.get(of(row)))
    assert "Give it to another producer" in page and "Ei aikoja" in page
    data = {**ORDER, **terms(producer=str(organisation("9000001-1").id))}
    answer = organiser.post(of(row, "amend"), data)
    newer = Authorisation.objects.get(series=row.series, version=2)
    assert answer.headers["Location"] == of(newer)
    assert "This is an older version. Version 2 is the newest." in text(organiser.get(of(row)))
    assert "older version" not in text(producer.get(of(row)))  # it is no party of the newer
    assert producer.get(of(newer)).status_code == 404


def test_changed_and_revoked(organiser: Client, producer: Client) -> None:
    row = authorisations.accept(person(RONTGEN), made())
    page = text(organiser.get(of(row, "amend")))
    assert "disabled" in page and "Päänsärky" in page
    data = {**ORDER, **terms(), "due_on": day(40).isoformat()}
    assert wrong_at(organiser.post(of(row, "amend"), data), "due_on")
    organiser.post(of(row, "amend"), {**data, "due_on": day(3).isoformat()})
    newer = Authorisation.objects.get(series=row.series, version=2)
    assert (newer.due_on, newer.state) == (day(3), "granted")
    stale = producer.post(of(row, "withdraw"))
    assert stale.status_code == 422 and "It was changed meanwhile" in text(stale, 422)
    assert "from the next association on" in text(organiser.get(of(newer, "revoke")))
    organiser.post(of(newer, "revoke"), {"reason": "Hoidettu muualla"})
    page = text(producer.get(of(newer)))
    assert "Hoidettu muualla" in page and "btn go" not in page.split("<main")[1].split("</main")[0]
    assert "This cannot be done now" in text(organiser.get(of(newer, "revoke")))


def test_done_is_the_next_thing_when_everything_is_there(organiser: Client) -> None:
    row = authorisations.accept(person(RONTGEN), made())
    assert 'btn go" href="' + of(row, "finish") not in text(organiser.get(of(row)))
    builders.study(ESIMERKKILA, patient=row.patient, authorisation=row)
    page = text(organiser.get(of(row)))
    assert 'btn go" href="' + of(row, "finish") in page and "AA1AD Pään TT" in page
    organiser.post(of(row, "finish"))
    assert "The organiser marked it as done." in text(organiser.get(of(row)))


def test_an_unknown_deed_is_no_page(organiser: Client) -> None:
    assert organiser.get(of(made(), "explode")).status_code == 404


# --- whose it is ----------------------------------------------------------------------------------


def test_the_staff_give_a_reason_and_every_look_is_logged(organiser: Client) -> None:
    row, support = made(), signed_in("support")
    page = text(support.get(of(row)))
    assert MATTI not in page and "010181-•••C" in page
    place = of(row, "patient")
    assert wrong_at(support.post(place, {"reason": ""}), "reason")
    assert MATTI in text(support.post(place, {"reason": "E-1042"}))
    assert MATTI not in text(support.get(of(row)))
    assert MATTI in text(support.post(place))
    reviewer = signed_in("logreview")
    assert reviewer.post(place, {"reason": "E-1042"}).status_code == 302
    assert MATTI not in text(reviewer.get(of(row)))
    looks = LedgerEvent.objects.filter(kind="authorisation.viewed", subject_id=row.id)
    assert [each.facts["reason"] for each in looks.order_by("at")] == ["E-1042", "E-1042"]
    organiser.get(of(row))
    assert looks.latest("at").facts["reason"] == "own authorisation"
    assert looks.latest("at").patient_id == row.patient_id


def test_a_patient_is_searched_for_by_a_posted_code(organiser: Client, producer: Client) -> None:
    row = made()
    made(VENLA)
    place = reverse("authorisation-search")
    data = {"code": MATTI, "reason": "soitto"}
    answer = producer.post(f"{place}?side=producer", data)
    address = answer.headers["Location"]
    assert address.startswith(reverse("assignments")) and MATTI not in address
    page = text(producer.get(address))
    assert of(row) in page and page.count('data-label="Organiser"') == 1
    assert producer.get(f"{address}&format=csv").streaming
    exported = LedgerEvent.objects.get(kind="list.exported")
    assert (exported.patient_id, exported.facts["reason"]) == (row.patient_id, "soitto")
    assert of(row) not in text(signed_in("malli").get(address.replace("assignments/", "")))
    nobody = producer.post(f"{place}?side=producer", {**data, "code": "020516C903K"})
    assert nobody.status_code == 200 and "No authorisation of yours" in text(nobody)
    stranger = signed_in("malli").post(place, data)
    assert "No authorisation of yours" in text(stranger)
    assert organiser.get(f"{reverse('authorisations')}?service={MATTI}").status_code == 302


# --- lists ----------------------------------------------------------------------------------------


def test_the_administrator_of_one_looks_for_no_patient_of_the_other_as_its_technician() -> None:
    other, foreign = made(), organisation(ESIMERKKILA)
    found = authorisations.make(
        person(MALLILA), register(MALLILA), order(), environment="production",
        producer=organisation(RONTGEN), patient=patient(),
    )  # fmt: skip
    user = User.objects.get(username="malli")
    Membership.objects.create(user=user, organisation=foreign, role="customer_technical")
    client = signed_in("malli")
    answer = client.post(reverse("authorisation-search"), {"code": MATTI, "reason": "x 1"})
    shown = text(client.get(answer.headers["Location"]))
    other = Authorisation.objects.get(organiser=foreign)
    assert str(found.id) in shown and str(other.id) not in shown
    assert str(other.id) in text(client.get(reverse("authorisations")))  # without whose it is
    asked = {"patient": {"id": MATTI}, "reason": "case 1", "side": "organiser"}
    called = call(personal("malli"), "/api/orders/search", asked).json()["results"]
    assert [each["id"] for each in called] == [str(found.id)]


def test_lists_are_narrowed_sorted_and_exported(organiser: Client, producer: Client) -> None:
    row = made(due_on=day(2), order_text="=SUM(1)")
    place = reverse("authorisations")
    page = text(organiser.get(f"{place}?state=granted&sort=due&service=pään"))
    assert of(row) in page and "1 order" in page
    assert "No authorisation fits the filters" in text(organiser.get(f"{place}?state=declined"))
    for unfit in ("made_from=soon", "made_until=9999-12-31"):
        assert "A filter cannot be read" in text(organiser.get(f"{place}?{unfit}"))
    overdue = made(VENLA)
    Authorisation.objects.filter(id=overdue.id).update(due_on=day(-1))
    assert "2 assignments, 1 late" in text(producer.get(f"{reverse('assignments')}?state=live"))
    assert organiser.get(f"{place}?after=x").status_code == 400
    columns = {"column": ["stage", "patient", "document"]}
    producer.post(reverse("list-columns", args=["assignments"]), columns)
    sheet = producer.get(f"{reverse('assignments')}?format=csv&state=granted")
    lines = list(csv.DictReader(io.StringIO(b"".join(sheet.streaming_content).decode())))
    (line,) = [each for each in lines if each["Document"] == row.document_oid]
    assert (line["Patient"], line["Come as far as"]) == ("010181-•••C", "ordered")
    part = organiser.get(place, headers={"HX-Request": "true", "HX-Target": "list"})
    assert part.content.startswith(b'\n<div id="list"') or b"<html" not in part.content


def test_empty_lists_say_why() -> None:
    client = signed_in("malli")
    assert "Nothing is ordered yet" in text(client.get(reverse("authorisations")))
    assert "No assignment yet" in text(client.get(reverse("assignments")))
    assert "Nothing is under way" in text(client.get(reverse("follow-up")))
    support = signed_in("support")
    place = f"{reverse('authorisations')}?environment=test"
    assert "No authorisation in this environment" in text(support.get(place))


def column(page: str, label: str) -> str:
    start = page.index(f'<section aria-label="{label}"')
    return page[start : page.index("</section>", start)]


def test_the_board_shows_how_far_and_what_is_missing(organiser: Client, producer: Client) -> None:
    row = authorisations.accept(person(RONTGEN), made())
    Authorisation.objects.filter(id=row.id).update(due_on=today() - timedelta(days=1))
    place = reverse("follow-up")
    page = text(organiser.get(place))
    accepted = column(page, "accepted")
    assert of(row) in accepted and "late" in accepted and "missing: images" in accepted
    study = builders.study(
        ESIMERKKILA,
        patient=row.patient,
        authorisation=row,
        state="waiting_for_documents",
        waits_for="request,study-entry",
    )
    stored = column(text(producer.get(f"{place}?side=producer")), "images stored")
    assert of(row) in stored and "the request, the examination note" in stored
    study.state, study.waits_for = "registered", ""
    study.save()
    assert of(row) in column(text(signed_in("support").get(place)), "documents stored")
    authorisations.finish(person(), row)
    assert of(row) in column(text(organiser.get(place)), "done")
    Authorisation.objects.filter(id=row.id).update(done_at=now() - timedelta(days=40))
    assert of(row) not in text(organiser.get(place))
    assert of(row) not in text(organiser.get(f"{place}?late=yes"))


def test_a_study_of_the_same_service_event_counts(organiser: Client) -> None:
    event = "1.2.246.10.90000003.14.2026.7"
    row = made(service_event=event)
    came = datetime.fromisoformat("2026-11-20T10:00:00+00:00")
    builders.study(
        ESIMERKKILA,
        patient=row.patient,
        service_event=event,
        state="waiting_for_documents",
        received_at=came,
        quiet_since=came + timedelta(minutes=4),
    )
    late = {"state": "receiving", "received_at": came + timedelta(hours=3)}
    builders.study(ESIMERKKILA, patient=row.patient, service_event=event, **late)
    stored = column(text(organiser.get(reverse("follow-up"))), "images stored")
    # The last image of what has come whole.
    assert of(row) in stored and "2026-11-20T10:04" in stored and "T13:00" not in stored
    shown = text(organiser.get(of(row)))
    assert "Nothing is stored yet" not in shown and "2026-11-20T10:04" in shown


def test_a_list_is_a_handful_of_queries_however_long(
    organiser: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        made(None, service_code=f"X{number}")
    for place in ("authorisations", "follow-up"):
        organiser.get(reverse(place))
        with django_assert_max_num_queries(26):
            organiser.get(reverse(place))
