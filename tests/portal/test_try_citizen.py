"""The page to try the citizen API: in demo mode only, and over the API alone (AC-6)."""

import shutil
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from archive.config import settings
from archive.models import ApiClient, LedgerEvent, Patient, SpentAssertion
from archive.queries import standing
from archive.services import filing
from archive.values import HETU_ROOT, PatientIdentifier, now
from onboarding.management.commands import check_no_demo
from onboarding.services import demo_citizens
from onboarding.services.demo import PATIENTS
from portal.views import try_citizen
from tests import cast, environment
from tests.cast import ESIMERKKILA, MATTI

pytestmark = pytest.mark.django_db
MATTIS = 0  # place of the code 010181-900C among the demo patients
VENLAS, PERMITTED = 1, 2  # the latter is a child's


@pytest.fixture
def page(client: Client) -> Client:
    """With the demo world's key where the page looks for it."""
    folder = settings().data_dir / "secrets"
    for path in (environment.folder() / "template/secrets").glob("citizen-*.pem"):
        shutil.copy(path, folder)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def seen(page: Client, person: int = MATTIS, acting_for: int | None = None) -> str:
    query = {"person": person} | ({"for": acting_for} if acting_for is not None else {})
    answer = page.get("/try/citizen/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def say(page: Client, what: str, person: int = MATTIS, **fields: str) -> str:
    answer = page.post(f"/try/citizen/?person={person}", {"say": what, **fields}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def facts(code: str = MATTI) -> standing.PersonFacts:
    found = filing.find_patient("production", PatientIdentifier(code, HETU_ROOT))
    assert found is not None
    return standing.people([found.id], now())[found.id]


def test_one_chooses_a_person_by_name() -> None:
    content = Client().get("/try/citizen/").content.decode()
    assert "Venla Virtanen" in content
    assert not any(code in content for code, _name in PATIENTS)


def test_it_shows_what_the_api_says_and_the_calls_themselves(page: Client) -> None:
    cast.document("report", patient=MATTI)
    content = seen(page)
    assert "Report" in content and "Esimerkkilän hyvinvointialue" in content
    assert "GET /api/citizen/documents" in content and "&quot;results&quot;" in content
    assert MATTI not in content
    assert SpentAssertion.objects.count() == 3
    assert {event.facts["what"] for event in LedgerEvent.objects.filter(kind="citizen.read")} == {
        "documents",
        "wishes",
        "disclosures",
    }


def test_what_is_said_goes_over_the_api_and_holds(page: Client) -> None:
    assert "The API refused it" in say(page, "permit")
    assert "It is recorded and holds at once." in say(page, "inform")
    say(page, "permit")
    assert facts() == standing.PersonFacts(True, True)
    provider = cast.organisation(ESIMERKKILA).oid
    content = say(page, "prohibit", scope="provider", provider=provider, emergency_exception="on")
    (ban,) = facts().bans
    assert ban.emergency_exception and "Use in an emergency is allowed" in content
    (row,) = standing.prohibitions(now()).filter(patient__identifier=MATTI)
    say(page, "end", prohibition=str(row.id))
    say(page, "withdraw")
    assert facts() == standing.PersonFacts(informed=True)
    assert "I want to donate organs" not in say(page, "will")
    assert "provider: scope needs a service provider" in say(page, "prohibit", scope="provider")


def test_one_may_act_for_another(page: Client) -> None:
    content = seen(page, PERMITTED, MATTIS)
    assert "You act for Maija Meikäläinen, by mandate." in content
    answer = page.post(f"/try/citizen/?person={PERMITTED}&for={MATTIS}", {"say": "inform"})
    assert answer.headers["Location"] == f"/try/citizen/?person={PERMITTED}&for={MATTIS}"
    assert facts().informed


def test_a_minors_guardian_is_an_adult(page: Client) -> None:
    content = seen(page, VENLAS, PERMITTED)
    assert "You act for Åke Öhman, as guardian." in content and 'role="alert"' not in content


@pytest.mark.parametrize("query", ["person=99", "person=x", "person=0&for=99"])
def test_who_is_not_of_the_demo_world_is_nobody(page: Client, query: str) -> None:
    assert page.get(f"/try/citizen/?{query}").status_code == 400


@pytest.mark.parametrize("fields", [{}, {"say": "harm"}, {"say": "end", "prohibition": "x"}])
def test_what_cannot_be_said_is_a_bad_request(page: Client, fields: dict[str, str]) -> None:
    assert page.post("/try/citizen/?person=0", fields).status_code == 400


def test_outside_demo_mode_there_is_no_such_page(
    page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = replace(settings(), demo=False)
    monkeypatch.setattr(try_citizen, "settings", lambda: strict)
    assert page.get("/try/citizen/").status_code == 404
    assert page.post("/try/citizen/?person=0", {"say": "inform"}).status_code == 404


# --- the demo world -------------------------------------------------------------------------------


def test_demo_patients_have_said_different_things() -> None:
    permitted = facts(demo_citizens.PERMITTED)
    assert permitted == standing.PersonFacts(True, True)
    (event,) = facts(demo_citizens.EVENT_PROHIBITED).bans
    assert event.scope == "service_event" and event.emergency_exception
    (provider,) = facts(demo_citizens.PROVIDER_PROHIBITED).bans
    assert provider.scope == "provider" and not provider.emergency_exception
    silent = {code for code, _name in PATIENTS} - {
        demo_citizens.PERMITTED,
        demo_citizens.EVENT_PROHIBITED,
        demo_citizens.PROVIDER_PROHIBITED,
    }
    assert not Patient.objects.filter(identifier__in=silent).exists()


def test_loading_again_says_nothing_twice() -> None:
    folder = environment.folder() / "template/secrets"
    before = LedgerEvent.objects.count()
    for each in ("production", "test"):
        demo_citizens.make(folder, demo_citizens.Environment(each))
    assert LedgerEvent.objects.count() == before
    assert ApiClient.objects.filter(is_demo=True).count() == 2


def test_outside_demo_mode_a_demo_key_keeps_the_system_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strict = replace(settings(), demo=False)
    monkeypatch.setattr(check_no_demo, "settings", lambda: strict)
    with pytest.raises(CommandError, match="citizen-service:production"):
        call_command("check_no_demo")
