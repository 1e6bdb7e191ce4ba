"""The whole road in a browser and on the wire: registered in the morning, proved by dcmtk's tools,
in production the same day; notice, end, refused again (ON-1 to ON-6).

Screenshots go to $SCREENSHOTS when it is set.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Browser, expect

from archive.simulation import consumer, retriever, sender
from archive.simulation.consumer import Ask
from archive.simulation.world import TEST, Credentials, Patient
from archive.values import today
from tests.journeys.applicant import AET, Applicant
from tests.journeys.customer import Listener, echoscu, findscu, getscu, storescu
from tests.journeys.registry import ask
from tests.journeys.studies import ct, references, rejection, written
from tests.journeys.system import PATIENCE, SOON, System, eventually
from tests.journeys.test_browser import Visit, blames

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]


@pytest.fixture
def applicant(
    system: System, browser: Browser, pick_port: Callable[[], int]
) -> Iterator[Applicant]:
    minded: list[str] = []
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.set_default_timeout(SOON * 1000)
        expect.set_options(timeout=SOON * 1000)
        page.on("pageerror", lambda error: minded.append(f"script: {error}"))
        page.on("console", lambda message: minded.extend(blames(message)))
        yield Applicant(system, page, pick_port())
        assert minded == []


@pytest.fixture
def officer(system: System, browser: Browser) -> Iterator[Visit]:
    with browser.new_context(locale="en-GB", reduced_motion="reduce") as context:
        page = context.new_page()
        page.set_default_timeout(SOON * 1000)
        made = Visit(system, page)
        made.sign_in("onboarding")
        yield made
        assert made.found == []


@pytest.fixture
def listeners(applicant: Applicant) -> Iterator[dict[str, Listener]]:
    """The imaging system's ear: one port, its AE title of the environment that is played."""
    listener = Listener(AET["test"], applicant.port)
    listener.open()
    yield {"test": listener}
    listener.close()


def is_let_in(applicant: Applicant, environment: str) -> bool:
    said = echoscu(applicant.peer(environment))
    refused = "Association Rejected" in said.stdout + said.stderr
    assert refused == (said.returncode != 0), said.stdout + said.stderr
    return not refused


def press(officer: Visit, path: str, button: str) -> None:
    officer.open(path)
    officer.press(button)


def reviewed(officer: Visit, own: str) -> None:
    """Taken up from the board, the evidence judged, accepted for testing."""
    officer.open("/joining/")
    officer.look("board")
    officer.main.get_by_role("link", name="New Imaging Ltd").click()
    officer.main.get_by_role("link", name="Begin the review").click()
    officer.press("Begin the review")
    for precondition in ("certified", "patient_data"):
        press(officer, f"{own}evidence/{precondition}/", "Accept the evidence")
    press(officer, f"{own}step/accept/", "Accept for testing")
    expect(officer.main).to_contain_text("The test connections are open.")


def fetched(applicant: Applicant, login: dict[str, str], patient: Patient) -> dict[str, bytes]:
    """The manifest of the test patient's study, found and fetched as a consumer does it."""
    world = applicant.system.world
    me = replace(applicant.system.customer(), test_xds=Credentials(**login))
    asked = Ask(me, patient, environment=TEST, with_assertion=False)
    found = consumer.find(world, asked)
    manifests = [each for each in found if each.mime_type == "application/dicom"]
    return retriever.documents(world, asked, manifests)


def proved_by_test(applicant: Applicant, login: dict[str, str], folder: Path) -> None:
    """Each step by the customer's own systems; the page follows the traffic by itself."""
    applicant.open("/rollout/")
    applicant.go("Start")
    patient, peer = applicant.test_patient(), applicant.peer()
    assert echoscu(peer).returncode == 0
    expect(applicant.step("echo")).to_have_attribute("data-state", "passed")
    good = ct(applicant.order(patient, "ROLLOUT-1-1"), 2)
    assert len(storescu(peer, written(good, folder / "good")).stored) == 2
    bad = ct(applicant.order(patient, "ROLLOUT-1-BAD"), 1)
    bad[0].StudyDescription = "ZZ9ZZ test"
    assert storescu(peer, written(bad, folder / "bad")).stored == set()
    report = sender.commit(peer, references(good), patience=20)
    assert report is not None and report.failed == ()
    uids = {str(each.SOPInstanceUID) for each in good}
    assert findscu(peer, "AccessionNumber=ROLLOUT-1-1") == 1
    assert getscu(peer, str(good[0].StudyInstanceUID), folder / "got") == uids
    note = written([rejection(good[1])], folder / "note")
    assert len(storescu(peer, note).stored) == 1
    applicant.go("Have the test documents registered")
    passed = expect(applicant.step("notice"))
    passed.to_have_attribute("data-state", "passed", timeout=PATIENCE * 1000)
    assert len(fetched(applicant, login, patient)) == 1
    expect(applicant.page.locator("#steps")).to_contain_text("every step has passed")
    expect(applicant.main.locator("[data-state=waiting], [data-state=failed]")).to_have_count(0)
    applicant.go("End the run")
    expect(applicant.main.locator(".head")).to_contain_text("passed")


def test_from_registration_to_production_and_out_again(
    system: System,
    applicant: Applicant,
    officer: Visit,
    listeners: dict[str, Listener],
    tmp_path: Path,
) -> None:
    applicant.sign_up()
    applicant.register()
    own = applicant.own
    applicant.prove()
    applicant.plan_connections()
    assert not is_let_in(applicant, "test")

    reviewed(officer, own)
    assert is_let_in(applicant, "test") and not is_let_in(applicant, "production")
    login = applicant.registry_login()
    proved_by_test(applicant, login, tmp_path)
    assert not is_let_in(applicant, "production")

    officer.open(f"{own}step/open/")
    expect(officer.main.locator(".confirm")).to_contain_text(AET["production"])
    officer.look("open-production")
    officer.main.get_by_role("button", name="Open production").click()
    expect(officer.main).to_contain_text("Production is open.")
    assert is_let_in(applicant, "production")
    told = {
        ("data-protection@kuva.example.invalid", "In production: New Imaging Ltd"),
        ("administrative@kuva.example.invalid", "Tuotannossa: Uusi Kuvaus Oy"),
        ("technical@kuva.example.invalid", "I produktion: Nya Bild Ab"),
    }
    eventually(
        lambda: told <= {(each["To"], each["Subject"]) for each in system.mails()},
        PATIENCE,
        "the mails to the contacts",
    )
    order = applicant.order(system.order().patient, "UUSI-1")
    images = written(ct(order, 1), tmp_path / "production")
    assert len(storescu(applicant.peer("production"), images).stored) == 1

    applicant.open(f"{own}notice/")
    applicant.go("Show the last day")
    expect(applicant.main).to_contain_text("The last day of use would be")
    applicant.go("Give notice")
    expect(applicant.main).to_contain_text("Notice is given.")
    assert is_let_in(applicant, "production")

    system.sql(
        "UPDATE onboarding_joining SET ends_on = %s WHERE ends_on IS NOT NULL",
        today() - timedelta(days=1),
    )
    system.call("onboarding.end_due")
    state = "SELECT state FROM archive_organisation WHERE business_id = '9000011-8'"
    eventually(lambda: system.one(state) == "ended", PATIENCE)
    assert not is_let_in(applicant, "production") and not is_let_in(applicant, "test")
    with pytest.raises(HTTPError):
        ask(system, login, order.patient.id)
    assert system.state(order.study_uid) is not None  # what was archived stays
    applicant.open(own)
    expect(applicant.main).to_contain_text("ended")
