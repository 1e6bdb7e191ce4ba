"""The rollout test's pages: who sees which run, what a step says, the report and its PDF (ON-4)."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from archive.models import Environment, Membership, Organisation, Role, User
from archive.services import associations
from onboarding.models import (
    Joining,
    JoiningState,
    RolloutRun,
    RolloutStep,
    RunState,
    StepState,
)
from onboarding.queries import rollout as queries
from onboarding.rules import rollout as rules
from onboarding.rules.verdicts import ACTIVE
from onboarding.services import rights, rollout
from portal import rollout_words
from portal.rollout_words import INTERFACES
from tests import cast
from tests.portal.test_pages import STAFF_LOGINS, signed_in

pytestmark = pytest.mark.django_db

TEST = Environment.TEST.value
READS = ("rollout-run", "rollout-report", "rollout-pdf")
ACTS = ("rollout-documents", "rollout-finish", "rollout-abandon")


@pytest.fixture
def run() -> RolloutRun:
    Joining.objects.filter(organisation=cast.organisation()).update(content_types=["ct"])
    me = rights.person(User.objects.get(username="esim"), cast.organisation())
    return rollout.start(me, cast.organisation(), "version")


@pytest.fixture
def ended(run: RolloutRun) -> RolloutRun:
    RolloutStep.objects.filter(run=run, state=StepState.WAITING).update(state=StepState.PASSED)
    me = rights.person(User.objects.get(username="esim"), cast.organisation())
    return rollout.finish(me, run)


def address(name: str, run: RolloutRun) -> str:
    return reverse(name, args=[run.id])


def page(login: str, name: str, run: RolloutRun) -> str:
    answer = signed_in(login).get(address(name, run))
    assert answer.status_code == 200
    return answer.content.decode()


# --- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", STAFF_LOGINS)
def test_the_staff_read_any_customers_run_and_end_none(login: str, ended: RolloutRun) -> None:
    client = signed_in(login)
    for name in READS:
        assert client.get(address(name, ended)).status_code == 200
    for name in ACTS:
        assert client.post(address(name, ended)).status_code == 403
    assert client.post(reverse("rollout-start")).status_code == 403
    assert "Esimerkkilän" in client.get(reverse("rollout")).content.decode()


@pytest.mark.parametrize("name", [*READS, *ACTS])
def test_a_foreign_run_is_not_there(name: str, ended: RolloutRun) -> None:
    client = signed_in("malli")
    send = client.post if name in ACTS else client.get
    assert send(address(name, ended)).status_code == 404


def test_a_customers_list_holds_its_own_runs(run: RolloutRun) -> None:
    assert address("rollout-run", run) in signed_in("esim").get("/rollout/").content.decode()
    assert address("rollout-run", run) not in signed_in("malli").get("/rollout/").content.decode()


def test_a_technical_contact_runs_the_test_too() -> None:
    user = User.objects.create_user("teknikko", password=None)
    Membership.objects.create(
        user=user, organisation=cast.organisation(), role=Role.CUSTOMER_TECHNICAL
    )
    client = signed_in("teknikko")
    client.post("/rollout/start/", start_data())
    run = RolloutRun.objects.get(organisation=cast.organisation())
    client.post(address("rollout-abandon", run), {"sure": "1"})
    run.refresh_from_db()
    assert run.state == RunState.ABANDONED


@pytest.mark.parametrize("name", [*READS, *ACTS])
def test_nobody_gets_in_without_signing_in(name: str, ended: RolloutRun) -> None:
    client = Client()
    answer = (client.post if name in ACTS else client.get)(address(name, ended))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_reading_changes_nothing_that_must_be_posted(run: RolloutRun) -> None:
    for name in ACTS:
        assert signed_in("esim").get(address(name, run)).status_code == 405


# --- a run ----------------------------------------------------------------------------------------


def start_data(organisation: Organisation | None = None) -> dict[str, str]:
    return {"organisation": str((organisation or cast.organisation()).id), "purpose": "version"}


def test_starting_shows_instructions_and_a_second_start_leads_to_the_open_run() -> None:
    client = signed_in("esim")
    answer = client.post("/rollout/start/", start_data(), follow=True)
    content = answer.content.decode()
    run = RolloutRun.objects.get(organisation=cast.organisation())
    for words in (run.patients[0], "KANTATEST", "ESIM_TEST", "AA1AD", rules.bad_accession(1)):
        assert words in content
    assert "written as a 900-series code, too" in content  # else a merge is answered AE
    again = client.post("/rollout/start/", start_data(), follow=True)
    assert again.redirect_chain[-1][0] == address("rollout-run", run)
    assert "A run is open already" in again.content.decode()
    listed = client.get("/rollout/").content.decode()
    assert f'href="{address("rollout-run", run)}">Go on with rollout test 1' in listed
    assert 'action="/rollout/start/"' not in listed
    assert RolloutRun.objects.filter(organisation=cast.organisation()).count() == 1


@pytest.mark.parametrize("state", [JoiningState.SUBMITTED, JoiningState.ENDED])
def test_a_test_that_cannot_be_started_is_not_offered(state: JoiningState) -> None:
    client = signed_in("esim")
    assert 'action="/rollout/start/"' in client.get("/rollout/").content.decode()
    Joining.objects.filter(organisation=cast.organisation()).update(state=state)
    listed = client.get("/rollout/").content.decode()
    assert 'action="/rollout/start/"' not in listed
    assert "accepted for testing" in listed
    assert reverse("joining-file", args=[cast.organisation().id]) in listed


def test_nobody_starts_for_another() -> None:
    answer = signed_in("esim").post(
        "/rollout/start/", start_data(cast.organisation(cast.MALLILA)), follow=True
    )
    assert 'class="message warning"' in answer.content.decode()
    assert not RolloutRun.objects.exists()


def test_a_look_ticks_what_has_come(run: RolloutRun) -> None:
    assert 'data-step="echo" data-state="waiting"' in page("esim", "rollout-run", run)
    associations.verified(cast.peer(environment=TEST))
    content = page("esim", "rollout-run", run)
    assert 'data-step="echo" data-state="passed"' in content
    asked = RolloutStep.objects.filter(run=run).exclude(state__in=queries.NOT_COVERED).count()
    assert f"1 of {asked} steps" in content


def test_a_step_that_nothing_can_see_names_the_interface_it_waits_for(run: RolloutRun) -> None:
    content = page("esim", "rollout-run", run)
    for kind, interface in rules.STEPS.items():
        waits = f'data-step="{kind}" data-state="inactive"' in content
        assert waits == (kind not in ACTIVE), kind
        assert not waits or str(INTERFACES[interface]) in content


def test_htmx_gets_the_steps_alone_until_the_run_ends(run: RolloutRun) -> None:
    headers = {"HX-Request": "true", "HX-Target": "steps"}
    client, url = signed_in("esim"), address("rollout-run", run)
    part = client.get(url, headers=headers).content.decode()
    assert part.lstrip().startswith('<div id="steps" hx-get') and "<html" not in part
    client.post(address("rollout-finish", run), {"sure": "1"})
    assert "hx-get" not in client.get(url, headers=headers).content.decode()


@pytest.mark.parametrize("name", ["rollout-finish", "rollout-abandon"])
def test_a_run_with_steps_to_come_ends_only_when_somebody_is_sure(
    run: RolloutRun, name: str
) -> None:
    client = signed_in("esim")
    asked = client.post(address(name, run)).content.decode()
    assert "everything is sent again" in asked and 'name="sure"' in asked
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    client.post(address(name, run), {"sure": "1"})
    run.refresh_from_db()
    assert run.state != RunState.RUNNING


def test_a_run_that_passed_everything_ends_at_once(run: RolloutRun) -> None:
    RolloutStep.objects.filter(run=run, state=StepState.WAITING).update(state=StepState.PASSED)
    signed_in("esim").post(address("rollout-finish", run))
    run.refresh_from_db()
    assert run.state == RunState.PASSED


def test_nothing_waits_in_the_report_of_a_run_that_has_ended(run: RolloutRun) -> None:
    assert "waiting for your system" in page("esim", "rollout-run", run)
    me = rights.person(User.objects.get(username="esim"), cast.organisation())
    rollout.finish(me, run)
    report = page("esim", "rollout-report", run)
    assert "waiting for your system" not in report and "nothing came" in report


def test_a_failed_step_says_what_to_change(run: RolloutRun) -> None:
    RolloutStep.objects.filter(run=run, kind="store").update(
        state=StepState.FAILED,
        cause="study-code-unknown",
        observed={"code": "A900", "StudyDescription": "CT HE", "Modality": "CT"},
    )
    me = rights.person(User.objects.get(username="esim"), cast.organisation())
    rollout.abandon(me, run)
    content = page("esim", "rollout-report", run)
    assert "Correct the study code in your system" in content
    assert "A900" in content and "CT HE" in content
    assert "load the newer nomenclature" in page("support", "rollout-report", run)


def test_the_stand_in_registers_what_the_stored_study_waits_for(run: RolloutRun) -> None:
    cast.store(cast.dataset(), environment=TEST)
    client = signed_in("esim")
    said = client.post(address("rollout-documents", run), follow=True).content.decode()
    assert "2 test documents were registered by the stand-in" in said
    assert "by the stand-in, not by the Patient Data Repository" in said
    again = client.post(address("rollout-documents", run), follow=True).content.decode()
    assert "No stored study of this run waits for documents" in again


# --- the report -----------------------------------------------------------------------------------


def test_the_report_stands_by_its_digest(ended: RolloutRun) -> None:
    content = page("esim", "rollout-report", ended)
    assert ended.report_sha256 in content and "the report is as it was signed" in content
    assert not any(code in content for code in ended.patients)
    RolloutStep.objects.filter(run=ended, kind="echo").update(observed={"calling": "OTHER"})
    assert "the report is not what was signed" in page("esim", "rollout-report", ended)


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_pdf_holds_the_digest(language: str, ended: RolloutRun) -> None:
    client = signed_in("esim")
    client.headers = {"Accept-Language": language}  # type: ignore[attr-defined]
    answer = client.get(address("rollout-pdf", ended), headers={"Accept-Language": language})
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-") and answer.content.rstrip().endswith(b"%%EOF")
    assert f"({ended.report_sha256}) Tj".encode() in answer.content


def test_an_open_run_has_no_report(run: RolloutRun) -> None:
    client = signed_in("esim")
    answer = client.get(address("rollout-report", run))
    assert answer.headers["Location"] == address("rollout-run", run)
    assert client.get(address("rollout-pdf", run)).status_code == 404


def test_the_list_says_what_was_covered_and_what_is_due(ended: RolloutRun) -> None:
    content = signed_in("esim").get("/rollout/").content.decode()
    assert "Esim PACS 7.2" in content and "not due" in content
    cast.organisation().certified_systems.update(version="8.0")
    content = signed_in("support").get(f"/rollout/?organisation={ended.organisation_id}")
    assert "A system or its version has changed." in content.content.decode()
    assert signed_in("support").get("/rollout/?organisation=x").status_code == 404
    from_nowhere = f"{address('rollout-run', ended)}?list=organisation%3Dx"
    assert signed_in("support").get(from_nowhere).status_code == 200


@pytest.mark.parametrize(
    ("kind", "observed", "words"),
    [
        ("find", {"level": "STUDY"}, ("Level", "STUDY")),
        ("retrieve", {"by": "C-GET"}, ("Fetched by", "C-GET")),
        ("correction", {"origin": "note"}, ("Corrected by", "a rejection note")),
        ("correction", {"origin": "stored"}, ("Corrected by", "sent again by the customer")),
        ("xds-retrieve", {"what": "manifest"}, ("Document", "image manifest")),
        ("xds-retrieve", {"interface": "xds"}, ("Interface", "XDS")),
    ],
)
def test_what_came_is_told_in_words(
    kind: str, observed: dict[str, str], words: tuple[str, str]
) -> None:
    with translation.override("en"):
        assert rollout_words.came(RolloutStep(kind=kind, observed=observed)) == [words]


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_every_step_has_its_words(language: str) -> None:
    with translation.override(language):
        for kind in rules.StepKind:
            assert str(rollout_words.TITLES[kind])
            assert str(rollout_words.INTERFACES[rules.STEPS[kind]])
            if kind not in (rules.StepKind.STORE, rules.StepKind.REFUSAL):
                assert str(rollout_words.EXPECTED[kind])
        assert all(str(rollout_words.DUES[each]) for each in rules.Due)
