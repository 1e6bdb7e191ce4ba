"""A patient's state for the staff: searched by posted code, looked at with a reason, corrected."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from archive.actors import SYSTEM
from archive.queries import standing
from archive.services import wishes as services
from archive.values import HELSINKI, now
from tests import builders, wishes
from tests.cast import ESIMERKKILA, MATTI
from tests.portal.test_pages import signed_in
from tests.wishes import AINO, ago, inform, permit, person, prohibit, wanted

pytestmark = pytest.mark.django_db
REASON = "E-1042, the patient asks"


def search(client: Client, code: str = AINO) -> str:
    """Where the search leads, or the page that says why not."""
    answer = client.post("/wishes/", {"code": code, "reason": REASON})
    return answer.headers.get("Location", answer.content.decode())


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def filled(**fields: Any) -> dict[str, Any]:
    at = ago(hours=1).astimezone(HELSINKI)
    return {"day": f"{at:%Y-%m-%d}", "clock": f"{at:%H:%M}", "reason": REASON, **fields}


def test_the_page_says_what_holds_and_how_it_came_about() -> None:
    inform(text_version="2023")
    permit()
    prohibit(wanted("provider", ESIMERKKILA, emergency_exception=True))
    client = signed_in("support")
    address = search(client)
    assert address == f"/wishes/{person().id}/"
    content = page(client, address)
    for words in (
        "permitted with prohibitions",
        "Everything of Esimerkkilän hyvinvointialue",
        "Use in an emergency is allowed",
        "Informed of the Kanta services, text 2023",
        "Disclosure permission given",
        "citizen service",
    ):
        assert words in content
    assert "240260-•••A" in content and AINO not in content
    assert "Record a correction" not in content  # the support desk corrects nothing


def test_each_look_is_written_with_its_reason_and_moment() -> None:
    inform()
    client = signed_in("support")
    address = search(client)
    page(client, address)
    page(client, f"{address}?day=2026-01-02&clock=10:00")
    plain, dated = wishes.ledger("wishes.viewed")
    assert plain.facts == {"reason": REASON, "as_of": ""}
    assert dated.facts["as_of"] == "2026-01-02T10:00:00+02:00"
    assert dated.patient_id == person().id


def test_a_past_moment_is_shown_as_it_was() -> None:
    inform(effective_at=ago(days=9))
    client = signed_in("support")
    address = search(client)
    content = page(client, f"{address}?day=2026-01-02")
    assert "As it was known on" in content and "not informed" in content
    ahead = page(client, f"{address}?day=2100-01-01")
    assert "That moment has not come yet" in ahead


def test_without_a_reason_nothing_is_shown() -> None:
    inform()
    answer = signed_in("admin").get(f"/wishes/{person().id}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/wishes/")
    assert not wishes.ledger("wishes.viewed")


def test_who_is_not_known_is_said_so() -> None:
    assert "Nothing is known of a patient with this code here" in search(signed_in("support"))
    (event,) = wishes.ledger("patient.searched")
    assert event.facts == {"reason": REASON, "found": False}


def test_a_merged_away_id_shows_its_survivor() -> None:
    inform()
    retired = builders.patient(MATTI, survivor=person())
    client = signed_in("support")
    address = search(client, MATTI)
    assert address == f"/wishes/{person().id}/"
    assert "Informed of the Kanta services" in page(client, f"/wishes/{retired.id}/")


# --- corrections ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "fields", "words"),
    [
        ("informing", {"text_version": "2021"}, "Informed of the Kanta services, text 2021"),
        ("permission", {}, "Disclosure permission given"),
        ("prohibition", {"scope": "everything"}, "Prohibited: Everything, of every provider"),
        ("will", {"subject": "organ_donation", "given": "no"}, "Organ donation: against"),
    ],
)
def test_what_was_said_and_is_not_recorded_is_added_by_the_archivist(
    what: str, fields: dict[str, str], words: str
) -> None:
    inform(effective_at=ago(days=2))
    client = signed_in("archivist")
    address = search(client)
    path = f"{address}correct/{what}/"
    assert "stays in the history" in page(client, path)
    answer = client.post(path, filled(acting_ground="guardian", **fields))
    assert (answer.status_code, answer.headers.get("Location")) == (302, address)
    content = page(client, address)
    assert words in content and REASON in content and "guardian of a minor" in content
    *_, event = wishes.ledger("wish.recorded")
    assert event.facts["source"] == "correction" and event.facts["reason"] == REASON


def test_what_was_recorded_by_mistake_never_was() -> None:
    informed = inform()
    given, ban = permit(), prohibit(wanted("everything"))
    client = signed_in("admin")
    address = search(client)
    content = page(client, address)
    for kind, row in (
        ("permission", given),
        ("informing", informed),
        ("prohibition", ban),
    ):
        path = f"{address}mistake/{kind}/{row.id}/"
        assert path in content
        assert client.post(path, {"reason": REASON}).status_code == 302
    state = standing.people([person().id], now())[person().id]
    assert state == standing.PersonFacts()
    told = page(client, address)
    assert "Recorded by mistake, never was: Everything" in told


def test_a_service_event_nobody_knows_is_recorded_and_said_so() -> None:
    inform()
    client = signed_in("archivist")
    fields = filled(scope="service_event", service_event=wishes.EVENT)
    answer = client.post(f"{search(client)}correct/prohibition/", fields, follow=True)
    assert "Nothing of this patient’s is of that service event yet." in answer.content.decode()


@pytest.mark.parametrize(
    ("what", "fields", "says"),
    [
        ("permission", {"day": "2020-01-01"}, "had not been informed"),
        ("permission", {"day": "2100-01-01"}, "That moment has not come yet"),
        ("permission", {"reason": f"called by {AINO}"}, "Leave the personal identity code out"),
        ("permission", {"reason": ""}, "This field is required"),
        ("withdrawal", {}, "No permission was in force"),
        ("prohibition", {"scope": "provider"}, "is about one provider"),
        ("prohibition", {"scope": "register"}, "does not go with what is chosen above"),
    ],
)
def test_a_correction_that_does_not_fit_says_why_at_its_field(
    what: str, fields: dict[str, str], says: str
) -> None:
    inform(effective_at=ago(days=2))
    client = signed_in("archivist")
    before = wishes.counts()
    answer = client.post(f"{search(client)}correct/{what}/", filled(**fields))
    assert answer.status_code == 422 and says in answer.content.decode()
    assert wishes.counts() == before


@pytest.mark.parametrize("path", ["correct/nonsense/", f"mistake/informing/{UUID(int=7)}/"])
def test_what_is_not_there_is_not_found(path: str) -> None:
    inform()
    client = signed_in("archivist")
    assert client.get(f"{search(client)}{path}").status_code == 404


@pytest.mark.parametrize(
    ("login", "state", "correction"),
    [
        ("admin", 200, 200),
        ("archivist", 200, 200),
        ("support", 200, 403),
        ("onboarding", 403, 403),
        ("logreview", 403, 403),
        ("esim", 404, 404),
    ],
)
def test_who_opens_what(login: str, state: int, correction: int) -> None:
    services.inform(SYSTEM, wishes.whose(), wishes.said())
    client = signed_in(login)
    assert client.get("/wishes/").status_code == state
    if state == 200:
        search(client)
    assert client.get(f"/wishes/{person().id}/").status_code == state
    assert client.get(f"/wishes/{person().id}/correct/permission/").status_code == correction
