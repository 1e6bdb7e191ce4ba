"""Cases: one cause is one case, put together and apart by hand, with an owner and a due time."""

from datetime import timedelta

import pytest

from archive.actors import Actor, ActorKind
from archive.errors import BytesDamaged, StudyCodeUnknown
from archive.errors.desk import CasesOfOthers, CasesUnjoinable, CaseTaken
from archive.errors.persons import SenderUnknown
from archive.models import Case, CaseEvent, CaseRoute, LedgerEvent, Severity, SeverityTime, User
from archive.services import case_work, error_desk, routes, strangers
from archive.services.error_desk import Place, Who
from archive.values import today, uuid7
from tests import builders
from tests.cast import ESIMERKKILA, MALLILA, organisation

pytestmark = pytest.mark.django_db
STORE, WEB = Place("dicom", "store"), Place("dicomweb", "store")


def desk_person() -> User:
    return User.objects.get(username="support")


def desk() -> Actor:
    person = desk_person()
    return Actor(ActorKind.STAFF, person.get_full_name(), person.id)


def fail(business_id: str = ESIMERKKILA, at: Place = STORE, **facts: str) -> Case:
    who = Who(organisation(business_id).id)
    case_id = error_desk.report(
        StudyCodeUnknown("no such code"),
        environment="production",
        place=at,
        who=who,
        facts=facts,
    )
    return Case.objects.get(id=case_id)


def numbers(case: Case) -> tuple[int, int, str]:
    case.refresh_from_db()
    return case.event_count, case.open_count, case.state


def history(case: Case) -> list[str]:
    rows = LedgerEvent.objects.filter(subject_id=case.id, kind="case.changed")
    return [row.facts["what"] for row in rows.order_by("at", "id")]


def test_a_case_keeps_what_a_peer_told_but_for_what_no_column_takes() -> None:
    case = fail(field="pati\0ent")
    (event,) = CaseEvent.objects.filter(case=case)
    assert event.facts["field"] == "pati\N{REPLACEMENT CHARACTER}ent"


def test_names_that_a_stranger_makes_up_do_not_fill_the_desk() -> None:
    def knock(name: str, at: Place = STORE) -> Case:
        told = error_desk.report(
            SenderUnknown(), environment="production", place=at, who=Who(name=name)
        )
        return Case.objects.get(id=told)

    before = Case.objects.count()
    first, *_ = [knock(f"PACS{number}") for number in range(strangers.MOST)]
    others = {knock(f"ELSE{number}").id for number in range(10)}
    assert Case.objects.count() == before + strangers.MOST + 1
    assert len(others) == 1 and knock("PACS0") == first
    assert numbers(Case.objects.get(id=others.pop())) == (10, 10, "open")
    assert knock("PACS0", WEB).caller == "PACS0"  # elsewhere it is another cause
    assert fail().organisation is not None  # customers have cases of their own
    error_desk.resolve(desk(), first, reason="a title mistyped, now corrected")
    assert knock("ANOTHER").caller == "ANOTHER"


def test_the_fingerprint_is_what_it_is_said_to_be_and_stays_so() -> None:
    who = Who(connection_id=uuid7())
    mark = error_desk.fingerprint("production", "study-code-unknown", STORE, who)
    assert mark == error_desk.fingerprint("production", "study-code-unknown", STORE, who)
    others = (
        error_desk.fingerprint("test", "study-code-unknown", STORE, who),
        error_desk.fingerprint("production", "study-code-closed", STORE, who),
        error_desk.fingerprint("production", "study-code-unknown", Place("xds", "store"), who),
        error_desk.fingerprint("production", "study-code-unknown", STORE, Who(name="PACS")),
    )
    assert len({mark, *others}) == 5
    # Old cases are found again by a newer program.
    pinned = error_desk.fingerprint("production", "busy", STORE, Who(name="PACS"))
    assert pinned == "4511742c87a69873a8401d038db5417fe73e345dad477d9be0f50922362ac364"


def test_one_cause_of_one_customer_is_one_case() -> None:
    assert fail() == fail() != fail(MALLILA)


def test_joined_cases_share_what_comes_later_and_part_again_as_they_were() -> None:
    first, second = fail(), fail(at=WEB)
    route = routes.join(desk(), second, first)
    assert numbers(first) == (2, 2, "open") and numbers(second) == (0, 0, "resolved")
    assert fail(at=WEB) == first
    routes.undo(desk(), route)
    assert numbers(first) == (1, 1, "open") and numbers(second) == (2, 2, "open")
    assert fail(at=WEB) == second
    assert history(second) == ["joined", "led back"]


def test_no_customers_events_come_into_another_customers_case() -> None:
    own, others = fail(), fail(MALLILA)
    stranger = builders.case(None)  # a sender whom nobody knows, until the desk does
    for case, into in ((others, own), (others, stranger)):
        with pytest.raises(CasesOfOthers):
            routes.join(desk(), case, into)
    routes.join(desk(), stranger, own)
    assert numbers(others) == (1, 1, "open")


def test_a_case_that_is_bound_is_not_joined_further() -> None:
    first, second, third = fail(), fail(at=WEB), builders.case()
    routes.join(desk(), second, first)
    for case, into in ((first, third), (second, third), (third, second), (third, third)):
        with pytest.raises(CasesUnjoinable):
            routes.join(desk(), case, into)
    with pytest.raises(CasesUnjoinable):
        routes.join(desk(), builders.case(environment="test"), first)


def test_a_split_takes_what_has_the_fact_now_and_later() -> None:
    case = fail(Modality="CT")
    fail(Modality="MR")
    fail(Modality="MR")
    part = routes.split(desk(), case, fact="Modality", value="MR")
    assert numbers(case)[:2] == (1, 1) and numbers(part)[:2] == (2, 2)
    assert fail(Modality="MR") == part and fail(Modality="CT") == case
    routes.undo(desk(), CaseRoute.objects.get(into=part))
    assert numbers(case)[:2] == (5, 5) and numbers(part) == (0, 0, "resolved")
    assert fail(Modality="MR") == case


def test_a_split_must_leave_something_on_both_sides() -> None:
    case = fail(Modality="CT")
    for value in ("CT", "MR"):
        with pytest.raises(CasesUnjoinable):
            routes.split(desk(), case, fact="Modality", value=value)


def test_the_due_time_follows_from_rows() -> None:
    case = fail()
    assert (case.severity, case.due_at) == ("normal", case.first_at + timedelta(hours=48))
    SeverityTime.objects.create(severity="normal", hours=5, valid_from=today())
    assert fail(MALLILA).due_at == fail(MALLILA).first_at + timedelta(hours=5)
    case_id = error_desk.report(BytesDamaged(), environment="production", place=STORE)
    assert Case.objects.get(id=case_id).severity == "critical"


def test_severity_is_set_by_hand_from_the_beginning_of_the_case() -> None:
    case = fail()
    case_work.set_severity(desk(), case, Severity.HIGH)
    assert case.due_at == case.first_at + timedelta(hours=8)
    assert history(case) == ["severity"]


def test_severity_of_a_case_that_came_back_counts_from_then() -> None:
    case = fail()
    long_ago = case.first_at - timedelta(days=100)
    Case.objects.filter(id=case.id).update(first_at=long_ago, opened_at=long_ago)
    error_desk.resolve(desk(), case, reason="code list loaded")
    case = fail()
    case_work.set_severity(desk(), case, Severity.HIGH)
    assert case.opened_at is not None
    assert case.due_at == case.opened_at + timedelta(hours=8)


def test_a_case_is_resolved_once() -> None:
    case = fail()
    late = Case.objects.get(id=case.id)
    error_desk.resolve(desk(), case, reason="code list loaded")
    error_desk.resolve(desk(), late, reason="given up")
    assert numbers(case) == (1, 0, "resolved") and case.resolution == "code list loaded"


def test_a_case_is_taken_waits_and_comes_back() -> None:
    case = fail()
    assert case.handling == "new"
    case_work.assign(desk(), case, desk_person())
    assert case.handling == "assigned" and desk_person() in case.watchers.all()
    case_work.wait_for_customer(desk(), case, "Which system sent it?")
    assert case.handling == "waiting"
    customer = User.objects.get(username="esim")
    case_work.reply(Actor(ActorKind.CUSTOMER, "Esim", customer.id), case, "The new one.")
    assert case.handling == "answered"
    case_work.comment(desk(), case, "It says so", is_shared=False)
    case.refresh_from_db()
    assert case.handling == "answered"
    case_work.comment(desk(), case, "Thank you.", is_shared=True)
    case.refresh_from_db()
    assert case.handling == "assigned"
    told = list(case.comments.order_by("at").values_list("text", "is_shared", "is_customers"))
    assert told == [
        ("Which system sent it?", True, False),
        ("The new one.", True, True),
        ("It says so", False, False),
        ("Thank you.", True, False),
    ]
    error_desk.resolve(desk(), case, reason="code list loaded")
    again = fail()
    assert again == case and (again.handling, again.reopened_count) == ("recurring", 1)
    assert again.owner == desk_person() and not again.resolution


def test_who_takes_a_case_that_waits_leaves_the_customer_asked() -> None:
    case = fail()
    case_work.wait_for_customer(desk(), case, "Which system sent it?")
    case_work.assign(desk(), case, desk_person())
    assert (case.handling, case.owner) == ("waiting", desk_person())
    case_work.go_on(desk(), case)
    assert case.handling == "assigned" and history(case) == ["handling", "owner", "went on"]
    case_work.go_on(desk(), case)
    assert history(case)[-1] == "went on" and len(history(case)) == 3


def test_a_case_is_not_taken_from_who_took_it_a_moment_ago() -> None:
    case = fail()
    late = Case.objects.get(id=case.id)
    case_work.assign(desk(), case, desk_person())
    with pytest.raises(CaseTaken):
        case_work.assign(desk(), late, User.objects.get(username="archivist"))
    late.refresh_from_db()
    assert late.owner == desk_person()


@pytest.mark.parametrize("asks", [True, False])
def test_a_resolved_case_that_is_talked_about_opens_again(*, asks: bool) -> None:
    case = fail()
    error_desk.resolve(desk(), case, reason="code list loaded")
    if asks:
        case_work.wait_for_customer(desk(), case, "Does it work now?")
    else:
        case_work.reply(Actor(ActorKind.CUSTOMER, "Esim"), case, "It does not work yet.")
    assert (case.state, case.handling) == ("open", "waiting" if asks else "answered")
    assert case.resolved_at is None and case.reopened_count == 1


def test_ignoring_ends_an_event_and_heeding_opens_it_again() -> None:
    case = fail()
    event = CaseEvent.objects.get(case=case)
    assert error_desk.ignore(event.id, "known test of the vendor")
    assert not error_desk.ignore(event.id, "twice")
    assert numbers(case) == (1, 0, "resolved") and case.resolution == "known test of the vendor"
    assert error_desk.heed(event.id) and not error_desk.heed(event.id)
    assert numbers(case) == (1, 1, "open")


def test_a_resolved_case_that_another_is_joined_to_has_the_time_of_that_one() -> None:
    case, into = fail(), fail(at=WEB)
    error_desk.resolve(desk(), into, reason="code list loaded")
    Case.objects.filter(id=into.id).update(due_at=case.first_at - timedelta(days=30))
    into.refresh_from_db()
    routes.join(desk(), case, into)
    assert (into.state, into.handling, into.reopened_count) == ("open", "recurring", 1)
    assert (into.due_at, into.opened_at) == (case.due_at, case.opened_at)


def test_what_was_joined_to_a_part_stays_there_when_the_split_is_undone() -> None:
    case, other = fail(Modality="CT"), fail(at=WEB)
    fail(Modality="MR")
    part = routes.split(desk(), case, fact="Modality", value="MR")
    joined = routes.join(desk(), other, part)
    routes.undo(desk(), CaseRoute.objects.get(into=part, fact="Modality"))
    assert (numbers(case), numbers(part)) == ((2, 2, "open"), (1, 1, "open"))
    routes.undo(desk(), joined)
    assert (numbers(part), numbers(other)) == ((0, 0, "resolved"), (1, 1, "open"))


def test_what_was_split_from_a_joined_case_goes_back_to_where_it_came_from() -> None:
    case, into = fail(Modality="MR"), fail(at=WEB, Modality="CT")
    fail(Modality="CT")
    joined = routes.join(desk(), case, into)
    part = routes.split(desk(), into, fact="Modality", value="MR")
    assert (numbers(into)[0], numbers(part)[0]) == (2, 1)
    routes.undo(desk(), joined)
    assert [numbers(each)[0] for each in (case, into, part)] == [2, 1, 0]


def test_what_is_joined_to_a_case_that_was_split_goes_to_its_parts() -> None:
    case, into = fail(Modality="MR"), fail(at=WEB, Modality="MR")
    fail(Modality="CT")
    fail(at=WEB, Modality="CT")
    part = routes.split(desk(), into, fact="Modality", value="MR")
    joined = routes.join(desk(), case, into)
    assert [numbers(each)[0] for each in (case, into, part)] == [0, 2, 2]
    assert fail(Modality="MR") == part
    routes.undo(desk(), joined)
    assert [numbers(each)[0] for each in (case, into, part)] == [3, 1, 1]


def test_a_join_that_has_ended_leads_nothing_back() -> None:
    first, second, third = fail(), fail(at=WEB), fail(at=Place("xds", "store"))
    routes.undo(desk(), routes.join(desk(), first, second))
    joined = routes.join(desk(), second, third)
    routes.join(desk(), first, third)
    routes.undo(desk(), joined)
    assert [numbers(each)[0] for each in (first, second, third)] == [0, 1, 2]


def test_an_event_with_two_facts_goes_where_the_earlier_split_took_it() -> None:
    case = fail(Modality="CT", calling="A")
    fail(Modality="CT", calling="B")
    fail(Modality="MR", calling="A")
    first = routes.split(desk(), case, fact="calling", value="A")
    fail(Modality="MR", calling="B")
    routes.split(desk(), case, fact="Modality", value="MR")
    assert fail(Modality="MR", calling="A") == first
