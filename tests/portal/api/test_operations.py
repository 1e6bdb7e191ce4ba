"""What tokens open: the roles of every operation are those of the pages on which people do the
same, and what is done over the API is what is done there.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import URLPattern

from archive.edges.hl7 import handlers
from archive.edges.hl7.handlers import Visitor
from archive.models import (
    Batch,
    Case,
    CaseComment,
    Environment,
    Hl7Message,
    LedgerEvent,
    Organisation,
    Role,
    Study,
    User,
)
from onboarding.models import RolloutRun
from portal.api.doors import Door, Opened
from portal.api.urls import urlpatterns
from portal.pages import BY_NAME, CUSTOMERS, STAFF
from tests import builders
from tests.cast import ESIMERKKILA, MALLILA, MATTI, organisation
from tests.edges.hl7.messages import a08
from tests.portal.api.calling import call, personal, systems

pytestmark = pytest.mark.django_db
NOTHING = UUID(int=7)


def operations() -> list[tuple[str, str, Door]]:
    """Address with ids of nothing, method and door of every operation that tokens open."""
    found = []
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        view = getattr(pattern.callback, "cls", None)
        if view is None or not issubclass(view, Opened):
            continue
        path = re.sub(r"<uuid:\w+>", str(NOTHING), str(pattern.pattern))
        path = re.sub(r"<slug:\w+>", "no-such-kind", path)
        methods = {name.upper() for name in ("get", "post", "delete") if hasattr(view, name)}
        assert methods == set(view.doors), view
        found += [(f"/api/{path}", method, door) for method, door in view.doors.items()]
    return found


def asked() -> Iterator[tuple[Role, str, str, bool]]:
    """Whom to ask which operation, and whether it opens: of the first operation of each set of
    roles every role, of each list every one that may; else one that may and one that may not, in
    turn.
    """
    met: set[frozenset[str]] = set()
    for number, (path, method, door) in enumerate(operations()):
        roles = frozenset[str]().union(*(BY_NAME[name].roles for name in door.pages))
        may, may_not = ([r for r in Role if (r.value in roles) is is_in] for is_in in (True, False))
        is_list = method == "GET" and str(NOTHING) not in path
        if roles in met:
            may = may if is_list else _in_turn(may, number)
            may_not = _in_turn(may_not, number)
        met.add(roles)
        yield from ((role, path, method, True) for role in may)
        yield from ((role, path, method, False) for role in may_not)


def _in_turn(roles: list[Role], number: int) -> list[Role]:
    return [roles[number % len(roles)]] if roles else []


def test_every_operation_opens_for_the_roles_of_its_pages() -> None:
    """Asked of the running operations, role by role; what opens may then find nothing there."""
    operator = organisation_of_operator()
    assert len(operations()) > 30
    owners = {role: operator if role.value in STAFF else ESIMERKKILA for role in Role}
    tokens = {role: systems(owner, role=role) for role, owner in owners.items()}
    for role, path, method, may in asked():
        is_staff = role.value in STAFF
        answer = call(tokens[role], path, {} if method != "GET" else None, method=method)
        shut = answer.status_code == 403 if is_staff else _is_absent(answer)
        if may and not is_staff and _is_absent(answer):
            assert str(NOTHING) in path, (role, method, path)  # open, and nothing is there
            continue
        assert shut is not may, (role, method, path, answer.status_code)


def _is_absent(answer: Any) -> bool:
    return answer.status_code == 404 and answer.json()["title"] == "not found"


def organisation_of_operator() -> str:
    return Organisation.objects.get(is_operator=True).business_id


def test_customers_may_nothing_that_is_the_staffs() -> None:
    """What the loop above cannot tell apart for them: a shut address, and nothing there."""
    case, study = builders.case(ESIMERKKILA), builders.study()
    batch = Batch.objects.create(
        environment="production", kind="retry", made_at=case.first_at, made_by_name="x"
    )
    ids = {"case_id": case.id, "study_id": study.id, "batch_id": batch.id}
    token = systems(ESIMERKKILA, role=Role.CUSTOMER_ADMIN)
    for pattern in urlpatterns:
        view = getattr(pattern.callback, "cls", None)
        if view is None or not issubclass(view, Opened):
            continue
        path = re.sub(r"<uuid:(\w+)>", lambda m: str(ids.get(m[1], NOTHING)), str(pattern.pattern))
        path = re.sub(r"<slug:\w+>", "correction", path)
        for method, door in view.doors.items():
            if not door.roles & CUSTOMERS:
                answer = call(token, f"/api/{path}", {}, method=method)
                assert _is_absent(answer), (method, path)
    assert Case.objects.get().state == "open" and not CaseComment.objects.exists()


# --- what is shown --------------------------------------------------------------------------------


def test_lists_go_on_by_key_and_name_no_patient() -> None:
    made = {str(builders.study().id) for _ in range(51)}
    token, seen, path = personal("support"), [], "/api/studies?state=registered"
    while path:
        answer = call(token, path)
        assert MATTI not in answer.content.decode() and "Meikäläinen" not in answer.content.decode()
        seen += [row["id"] for row in answer.json()["results"]]
        path = answer.json()["next"]
    assert len(seen) == len(set(seen)) and made <= set(seen)
    wrong = call(token, "/api/studies?after=nonsense")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "after")


def test_a_patient_is_searched_by_exact_code_for_a_reason_that_is_recorded() -> None:
    own, foreign = builders.study(), builders.study(environment="test")
    token, body = personal("support"), {"patient": {"id": MATTI}, "reason": "E-1 on the telephone"}
    found = call(token, "/api/studies/search", body).json()["results"]
    assert str(own.id) in {row["id"] for row in found}
    assert str(foreign.id) not in {row["id"] for row in found}
    event = LedgerEvent.objects.get(kind="patient.searched")
    assert event.facts == {"reason": body["reason"], "found": True}
    for wrong in ({**body, "reason": f"asks {MATTI}"}, {**body, "patient": {"id": "010181-900D"}}):
        refused = call(token, "/api/studies/search", wrong)
        assert refused.status_code == 422 and "010181" not in refused.content.decode()
    assert LedgerEvent.objects.filter(kind="patient.searched").count() == 1


def test_a_study_is_traced_and_set_going_again() -> None:
    study, token = builders.study(), personal("archivist")
    trace = call(token, f"/api/studies/{study.id}/trace").json()
    assert trace["study"]["accession_number"] == study.accession_number
    answer = call(token, f"/api/studies/{study.id}/register", {})
    assert (answer.status_code, answer.json()) == (202, {"owed": 1})
    trace = call(token, f"/api/studies/{study.id}/trace").json()
    assert trace["entries"] and all(entry["what"] for entry in trace["entries"])
    assert Study.objects.get(id=study.id).state != "failed"


def test_a_message_and_a_call_are_traced() -> None:
    """By what acknowledgements and the events of cases quote (SD-4)."""
    handlers.answer(a08(control_id="C-1"), Visitor("127.0.0.1"))
    message = Hl7Message.objects.get()
    study, token, reference = builders.study(), personal("support"), uuid4()
    failure = builders.event(builders.case(), study=study, correlation_id=reference)
    trace = call(token, f"/api/messages/{message.id}/trace").json()
    assert trace["message"]["control_id"] == "C-1"
    assert trace["entries"] and all(entry["what"] for entry in trace["entries"])
    trace = call(token, f"/api/calls/{reference}/trace").json()
    assert [row["id"] for row in trace["studies"]] == [str(study.id)]
    assert [entry["case"] for entry in trace["entries"]] == [str(failure.case)]
    assert call(token, f"/api/calls/{NOTHING}/trace").status_code == 404


def test_an_operators_system_traces_what_is_of_its_environment() -> None:
    reference = uuid4()
    builders.event(builders.case(environment="test"), correlation_id=reference)
    for environment, answer in ((Environment.PRODUCTION, 404), (Environment.TEST, 200)):
        token = systems(organisation_of_operator(), Role.SUPPORT, environment)
        assert call(token, f"/api/calls/{reference}/trace").status_code == answer


def test_a_customer_reads_its_own_cases_in_its_own_words() -> None:
    own, foreign = builders.case(ESIMERKKILA), builders.case(MALLILA)
    token = systems(ESIMERKKILA)
    (row,) = call(token, "/api/cases").json()["results"]
    assert row["id"] == str(own.id) and row["number"] == str(own)
    staff = call(personal("support"), f"/api/cases/{own.id}").json()
    assert row["cause"] != staff["cause"] and row["title"] == staff["title"]
    for more in ("", "/events", "/comments"):
        assert call(token, f"/api/cases/{foreign.id}{more}").status_code == 404
    assert call(token, f"/api/cases/{foreign.id}/reply", {"text": "Hello."}).status_code == 404
    answer = call(token, f"/api/cases/{own.id}/reply", {"text": "Put right this morning."})
    assert answer.status_code == 200
    comment = CaseComment.objects.get()
    assert (comment.is_customers, comment.is_shared, comment.author) == (True, True, None)


def test_the_desk_works_on_a_case() -> None:
    case, token = builders.case(), personal("support")
    path = f"/api/cases/{case.id}"
    assert call(token, f"{path}/severity", {"severity": "high"}).json()["severity"] == "high"
    asked = call(token, f"{path}/comment", {"text": "Which system was it?", "readers": "asking"})
    assert asked.json()["handling"] == "waiting"
    assert [each["text"] for each in call(token, f"{path}/comments").json()["results"]]
    nobody = call(token, f"{path}/assign", {"owner": str(NOTHING)})
    assert (nobody.status_code, nobody.json()["errors"][0]["field"]) == (422, "owner")
    resolved = call(token, f"{path}/resolve", {"reason": "The supplier corrected it."}).json()
    assert (resolved["state"], resolved["resolution"]) == ("resolved", "The supplier corrected it.")
    mistyped = call(token, f"{path}/resolve", {"reasn": "x"})
    assert mistyped.status_code == 422


def test_a_customer_reads_of_its_case_what_its_page_tells_and_no_more() -> None:
    case, desk, own = builders.case(), personal("support"), personal("esim")
    builders.event(case, detail="what the staff read of the mechanism")
    path = f"/api/cases/{case.id}"
    User.objects.filter(username="support").update(first_name="Tuija", last_name="Tuki")
    person = User.objects.get(username="support")
    call(desk, f"{path}/assign", {"owner": str(person.id)})
    call(desk, f"{path}/comment", {"text": "Which system was it?", "readers": "asking"})
    call(own, f"{path}/reply", {"text": "The new one."})
    assert call(desk, f"{path}/go-on", {}).json()["handling"] == "assigned"
    call(desk, f"{path}/resolve", {"reason": "Their supplier had erred again."})
    answers = [call(own, each) for each in (path, f"{path}/events", f"{path}/comments")]
    told = "".join(answer.content.decode() for answer in answers)
    for words in (person.get_full_name(), "mechanism", "erred"):
        assert words not in told
        staffs = (call(desk, each) for each in (path, f"{path}/events", f"{path}/comments"))
        assert words in "".join(answer.content.decode() for answer in staffs)
    (asked, replied) = answers[2].json()["results"]
    assert (asked["author"], replied["author"]) == ("", "esim")


def test_a_system_reads_the_jobs_of_its_own_environment() -> None:
    for environment in Environment.values:
        builders.dead_job(builders.study(environment=environment))
    own = systems(organisation_of_operator(), Role.SUPPORT, Environment.TEST)
    for token, environments in ((own, {"test"}), (personal("support"), set(Environment.values))):
        rows = call(token, "/api/queues/dead").json()["results"]
        assert {row["environment"] for row in rows} == environments


def test_all_that_match_are_ignored_in_a_batch_and_heeded_again() -> None:
    case = builders.case()
    builders.event(case)
    token = personal("support")
    unsaid = call(token, "/api/batches", {"kind": "ignore", "reason": case.reason})
    assert unsaid.status_code == 422
    body = {"kind": "ignore", "reason": case.reason, "why": "Known, and of no consequence."}
    batch = call(token, "/api/batches", body).json()["batch"]
    assert batch["progress"] == {"done": batch["items"]} and batch["items"] >= 1
    assert call(token, f"/api/cases/{case.id}").json()["state"] == "resolved"
    undone = call(token, f"/api/batches/{batch['id']}/undo", {})
    assert undone.status_code == 200 and undone.json()["undone_at"]
    twice = call(token, f"/api/batches/{batch['id']}/undo", {})
    assert (twice.status_code, twice.json()["code"]) == (409, "BATCH-STATE")


def test_customers_connections_and_rollout_tests() -> None:
    staff, own = personal("support"), systems(ESIMERKKILA)
    ids = {row["business_id"]: row["id"] for row in call(staff, "/api/customers").json()["results"]}
    assert {ESIMERKKILA, MALLILA} <= set(ids)
    assert call(own, f"/api/customers/{ids[MALLILA]}").status_code == 404
    rows = call(own, f"/api/customers/{ids[ESIMERKKILA]}/connections").json()["results"]
    (dicom,) = [each for each in rows if each["title"] == "ESIM_PACS"]
    told = ("may_store", "may_fetch", "ian_on", "retrieve_destination", "certificate_sha256")
    assert [dicom[name] for name in told] == [True, True, True, True, ""]
    assert rows and {row["environment"] for row in rows} == {Environment.PRODUCTION.value}
    run = RolloutRun.objects.create(
        organisation=organisation(MALLILA),
        number=77,
        started_by="x",
        started_at="2026-11-20T10:00Z",
    )
    assert str(run.id) in {row["id"] for row in call(staff, "/api/rollouts").json()["results"]}
    assert call(staff, f"/api/rollouts/{run.id}").json()["steps"] == []
    assert call(own, f"/api/rollouts/{run.id}").status_code == 404
