"""Working on cases in the portal: owner, comments, joining, batches; and the customer's side."""

import re

import pytest
from django.test import Client

from archive.models import Batch, Case, CaseMail, CaseRoute, Job, User
from archive.queries import desk_work
from tests import builders
from tests.cast import MALLILA
from tests.portal.test_case import address, given_up, outcomes, page
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def work(client: Client, on: Case, what: str, **data: object) -> str:
    answer = client.post(address(on, f"work/{what}/"), data, follow=True)
    on.refresh_from_db()
    return answer.content.decode()


def test_a_case_is_taken_given_away_and_graded() -> None:
    case, client = builders.case(), signed_in("support")
    assert "The case is yours" in work(client, case, "take")
    assert case.owner is not None and case.owner.username == "support"
    other = User.objects.get(username="archivist")
    assert "The case was given to" in work(client, case, "assign", owner=str(other.id))
    assert case.owner == other
    content = work(client, case, "severity", severity="critical")
    assert case.severity == "critical" and "severity: critical" in content
    assert str(case) in client.get("/desk/?severity=critical").content.decode()
    assert str(case) not in client.get("/desk/?owner=nobody").content.decode()


def test_a_person_who_may_not_work_on_cases_is_given_none() -> None:
    case = builders.case()
    stranger = User.objects.get(username="esim")
    content = work(signed_in("support"), case, "assign", owner=str(stranger.id))
    assert case.owner is None and "Select a valid choice" in content


def test_the_desk_asks_and_the_customer_answers() -> None:
    case, client = builders.case(), signed_in("support")
    work(client, case, "comment", text="Looks like the old list.", readers="own")
    asked = work(client, case, "comment", text="Which code list do you use?", readers="asking")
    assert "waits for the customer" in asked
    customer = signed_in("esim")
    read = page(customer, case)
    assert "Which code list" in read and "old list" not in read and "needs you" in read
    answer = customer.post(address(case, "reply/"), {"text": "The one of 2024."}, follow=True)
    assert "Your reply was sent" in answer.content.decode()
    case.refresh_from_db()
    answered = page(client, case)
    assert case.handling == "answered" and "The one of 2024." in answered
    assert '<span class="state needs">customer has answered</span>' in answered
    assert "read the comments" in answered and "1 needs you" in page_of_desk(client)
    work(client, case, "take")
    assert case.handling == "answered", "whoever has it, the answer is still to be read"
    assert "is dealt with" in work(client, case, "go-on")
    assert case.handling == "assigned" and "needs you" not in page_of_desk(client)


def page_of_desk(client: Client) -> str:
    return client.get("/desk/").content.decode()


def test_a_personal_code_stays_out_of_comments() -> None:
    case = builders.case()
    content = work(signed_in("support"), case, "comment", text="010181-900C called", readers="own")
    assert not case.comments.exists() and "010181" not in content


@pytest.mark.parametrize(("who", "what"), [("support", "work/comment/"), ("esim", "reply/")])
def test_a_text_with_a_personal_code_is_given_back_without_it(who: str, what: str) -> None:
    case, client = builders.case(), signed_in(who)
    told = {"text": "The patient 010181-900C was sent twice.", "readers": "asking"}
    content = client.post(address(case, what), told).content.decode()
    assert "The patient ••• was sent twice." in content and "010181" not in content
    assert "this text is kept" in content and not case.comments.exists()
    assert who == "esim" or 'value="asking" selected' in content


def test_a_case_that_somebody_took_meanwhile_is_not_taken_away_unseen() -> None:
    case, client = builders.case(), signed_in("support")
    seen = page(client, case)
    assert 'name="was" value=""' in seen
    work(signed_in("archivist"), case, "take", was="")
    for what in ("take", "assign"):
        content = work(client, case, what, was="", owner="")
        assert "has another owner" in content or "Somebody else was given" in content
        assert case.owner is not None and case.owner.username == "archivist"
    work(client, case, "take", was=str(case.owner_id))
    assert case.owner.username == "support"


def test_whoever_is_asked_reads_that_it_is_their_move() -> None:
    case, client, customer = builders.case(), signed_in("support"), signed_in("esim")
    before = {each: _needs(each) for each in (client, customer)}
    work(client, case, "comment", text="Which code list do you use?", readers="asking")
    content = page(customer, case)
    assert "answer on the page of the case" in content and "yours" in content
    assert content.index("Which code list") < content.index('id="events"')
    assert "answer on the page of the case" in customer.get("/", follow=True).content.decode()
    assert _needs(customer) == _marked(customer) and _needs(client) == _marked(client)
    assert _needs(client) <= before[client] and _needs(customer) >= before[customer]
    assert "waits for the customer no more" in work(client, case, "go-on")
    assert case.handling == "new"
    Case.objects.filter(id=case.id).update(handling="recurring")
    assert _needs(client) == _marked(client)


def _needs(client: Client) -> int:
    """How many the list's title says."""
    found = re.search(r"([0-9]+) needs? you", client.get("/desk/").content.decode())
    return int(found[1]) if found else 0


def _marked(client: Client) -> int:
    """How many rows say so, of one page."""
    rows = client.get("/desk/").content.decode().split("<tbody", 1)[1]
    return len(re.findall(r"needs you|has come back", rows))


def test_another_customers_case_takes_no_reply() -> None:
    case = builders.case(MALLILA)
    for what in ("reply/", "repair/"):
        assert signed_in("esim").post(address(case, what), {"text": "x"}).status_code == 404


def test_cases_are_joined_and_parted_on_the_page() -> None:
    first, second = builders.case(), builders.case(reason="study-code-closed")
    builders.event(first)
    builders.event(second)
    client = signed_in("support")
    assert "was joined to" in work(client, second, "join", case=str(first))
    first.refresh_from_db()
    assert first.event_count == 2
    for reader in (client, signed_in("onboarding"), signed_in("esim")):
        content = page(reader, second)
        assert f"{second} is joined to {first}" in content and address(first, "") in content
    assert "is not joined further" in work(client, first, "join", case=str(second))
    route = CaseRoute.objects.get()
    assert "led back" in work(client, first, "apart", route=str(route.id))
    assert first.event_count == 1


def test_a_case_is_split_by_a_fact_but_never_by_a_patient() -> None:
    case = builders.case()
    for modality, code in (("CT", "010181-•••C"), ("MR", "010594•••••")):
        builders.event(case, facts={"Modality": modality, "PatientID": code})
    client = signed_in("support")
    content = page(client, case)
    assert "Modality: MR × 1" in content and "PatientID: 010" not in content
    assert "split off" in work(client, case, "split", fact="Modality\x1fMR")
    assert case.event_count == 1
    refused = work(client, case, "split", fact="PatientID\x1f010181-•••C")
    assert "Select a valid choice" in refused


def test_events_are_ignored_for_a_reason_and_heeded_again() -> None:
    case, _events = given_up(2)
    client = signed_in("support")
    assert "are ignored" in work(client, case, "ignore", reason="a vendor's test")
    assert case.state == "resolved" and outcomes(case) == ["ignored", "ignored"]
    assert "vendor&#x27;s test" in page(client, case)
    batch = Batch.objects.get()
    client.post(f"/desk/batches/{batch.id}/undo/")
    case.refresh_from_db()
    assert case.state == "open" and outcomes(case) == ["open", "open"]


def test_all_that_match_are_retried_as_one_batch() -> None:
    given_up(2)
    given_up(1)
    client = signed_in("support")
    told = client.get("/desk/batches/new/?reason=peer-unreachable").content.decode()
    assert "2 open cases fit" in told and "Retry all 3 events" in told
    answer = client.post(
        "/desk/batches/new/?reason=peer-unreachable", {"act": "retry"}, follow=True
    )
    content = answer.content.decode()
    assert "0 of 3" in content and "being done" in content and "every 2s" in content
    assert Job.objects.filter(kind="notice", state="waiting").count() == 3
    assert "Try again" in client.get("/desk/batches/").content.decode()


def test_a_batch_is_paused_and_cancelled_on_its_page() -> None:
    given_up(12)
    client = signed_in("support")
    client.post("/desk/batches/new/", {"act": "retry"})
    batch = Batch.objects.get()
    for what, state in (("pause", "paused"), ("resume", "running")):
        client.post(f"/desk/batches/{batch.id}/{what}/")
        batch.refresh_from_db()
        assert batch.state == state
    place, left = f"/desk/batches/{batch.id}/cancel/", desk_work.left_of(batch)
    asked = client.post(place).content.decode()
    batch.refresh_from_db()
    assert batch.state == "running"
    assert left and f"{left} event" in asked and "does not go on" in asked
    client.post(place, {"sure": "1"})
    batch.refresh_from_db()
    assert batch.state == "cancelled"
    assert client.post(f"/desk/batches/{batch.id}/nonsense/").status_code == 404


def test_a_customer_sends_again_what_is_its_own() -> None:
    case, _events = given_up(2)
    client = signed_in("esim")
    assert "Our system works again" in page(client, case)
    answer = client.post(address(case, "repair/"), follow=True).content.decode()
    assert "being sent again" in answer and outcomes(case) == ["retried", "retried"]
    refused = builders.case()
    builders.event(refused)
    assert "Our system works again" not in page(client, refused)


@pytest.mark.parametrize(
    ("login", "statuses"),
    [
        ("support", (302, 200)),
        ("onboarding", (403, 403)),
        ("logreview", (403, 403)),
        ("esim", (404, 404)),
    ],
)
def test_who_works_on_cases(login: str, statuses: tuple[int, int]) -> None:
    case, client = builders.case(), signed_in(login)
    works = client.post(address(case, "work/take/")).status_code
    assert (works, client.get("/desk/batches/").status_code) == statuses


def test_earlier_cases_say_how_they_ended() -> None:
    earlier = builders.case(state="resolved", resolution="code list was loaded", event_count=3)
    content = page(signed_in("support"), builders.case())
    assert str(earlier) in content and "code list was loaded" in content


@pytest.mark.parametrize("login", ["support", "esim"])
def test_a_person_chooses_mails(login: str) -> None:
    client = signed_in(login)
    assert "Mails about cases" in client.get("/desk/mails/").content.decode()
    choice = {"pace": "digest", "digest_hour": "8", "quiet_from": "20", "quiet_until": "6"}
    answer = client.post("/desk/mails/", choice, follow=True)
    assert "Your choice was kept" in answer.content.decode()
    kept = CaseMail.objects.get(user__username=login)
    assert (kept.pace, kept.digest_hour, kept.quiet_from, kept.quiet_until) == ("digest", 8, 20, 6)
