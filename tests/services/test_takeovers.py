"""Take-over of a local archive: its list against what is here (AR-12)."""

import itertools
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from pydicom.dataset import Dataset

from archive.actors import Actor, ActorKind
from archive.edges.dicom.study_lists import decode_study
from archive.errors import NotFound, PeerUnreachable
from archive.errors import rules as errors
from archive.errors.wishes import StaffRoleUnfit
from archive.models import (
    Case,
    Instance,
    Job,
    LedgerEvent,
    Membership,
    Role,
    Study,
    Takeover,
    TakeoverLine,
    TakeoverState,
    User,
)
from archive.objects.study_lists import Answers, ListedStudy
from archive.queries import takeovers as queries
from archive.services import takeover_comparison, takeovers
from archive.services.takeovers import Upload
from archive.values import now, uid_from_uuid
from portal.takeover_words import verdict
from tests import builders
from tests.cast import ESIMERKKILA, MALLILA, connection, organisation

pytestmark = pytest.mark.django_db

ARCHIVIST = Actor(ActorKind.STAFF, "Aki Arkisto", roles=frozenset({"archivist"}))
HEADING = "study_uid,accession,study_date,instances"


def upload(*lines: str, heading: str = HEADING) -> Upload:
    content = "\n".join((heading, *lines)).encode()
    return Upload("lista.csv", BytesIO(content), len(content))


def started(*lines: str) -> Takeover:
    return takeovers.from_list(ARCHIVIST, organisation(), "production", upload(*lines))


def compared(takeover: Takeover) -> Takeover:
    while takeover_comparison.advance(takeover.id) is not None:
        pass
    takeover.refresh_from_db()
    return takeover


def held(*, committed: bool = True, objects: int = 2, **columns: Any) -> Study:
    study = builders.study(**columns)
    builders.series(study, objects)
    if committed:
        Instance.objects.filter(study=study).update(committed_at=now())
    return study


def outcomes(takeover: Takeover) -> list[tuple[int, str, int]]:
    rows = TakeoverLine.objects.filter(takeover=takeover).order_by("number")
    return list(rows.values_list("number", "outcome", "held"))


def test_each_study_of_the_list_is_told_by_what_it_lacks() -> None:
    here, fewer = held(), held()
    late, waits = held(committed=False), held(state="waiting_for_documents")
    gone = builders.study(state="destroyed")
    foreign = held(business_id=MALLILA)
    elsewhere = held(environment="test")
    named = held(accession_number="R-ONLY")
    lines = (
        *(f"{here.study_instance_uid},,,2", f"{fewer.study_instance_uid},,,3"),
        *(f"{late.study_instance_uid},,,", f"{waits.study_instance_uid},,,2"),
        *(f"{gone.study_instance_uid},,,2", f"{foreign.study_instance_uid},,,2"),
        *(f"{elsewhere.study_instance_uid},,,2", f"{uid_from_uuid()},,,2"),
        *(f",{named.accession_number},,2", f"{here.study_instance_uid},,,2", "broken,,,"),
    )
    takeover = compared(started(*lines))
    assert outcomes(takeover) == [
        (1, "here", 2),
        (2, "fewer", 2),
        (3, "uncommitted", 2),
        (4, "unregistered", 2),
        (5, "destroyed", 0),
        (6, "missing", 0),
        (7, "missing", 0),
        (8, "missing", 0),
        (9, "here", 2),
        (10, "repeated", 2),
    ]
    assert takeover.state == TakeoverState.COMPARED
    assert takeover.outcome["missing"] == 3 and takeover.outcome["here"] == 2
    assert (takeover.listed, takeover.faulty, takeover.faults) == (10, 1, [[12, "uid"]])
    event = LedgerEvent.objects.get(kind="takeover.compared", subject_id=takeover.id)
    assert event.facts["sha256"] == takeover.sha256


def test_what_is_damaged_or_rejected_here_is_not_safe_here() -> None:
    damaged, rejected, half = held(), held(state="corrected"), held()
    Instance.objects.filter(id=objects_of(damaged)[0].id).update(damaged_at=now())
    Instance.objects.filter(study=rejected).update(rejection="113038")
    Instance.objects.filter(id=objects_of(half)[0].id).update(rejection="113001", committed_at=None)
    takeover = compared(
        started(*(f"{each.study_instance_uid},,,2" for each in (damaged, rejected, half)))
    )
    assert outcomes(takeover) == [(1, "damaged", 2), (2, "rejected", 2), (3, "here", 2)]
    assert queries.lacking(takeover) == 2


def test_lines_that_share_an_accession_number_do_not_share_its_objects() -> None:
    held(accession_number="R-1")
    held(accession_number="R-2", objects=3)
    builders.study(accession_number="R-2", state="destroyed")
    takeover = compared(started(",R-1,,2", ",R-1,,2", ",R-2,,3"))
    assert outcomes(takeover) == [(1, "fewer", 2), (2, "fewer", 2), (3, "here", 3)]


def test_a_list_that_counts_nothing_shows_no_study_to_be_whole() -> None:
    study = held()
    silent = compared(started(f"{study.study_instance_uid},,,"))
    assert (silent.outcome, silent.uncounted) == ({"here": 1}, 1)
    assert verdict(silent)[0] == "needs"
    telling = compared(started(f"{study.study_instance_uid},,,2"))
    assert (telling.uncounted, verdict(telling)[0]) == (0, "done")


def test_what_an_answer_says_wrongly_is_as_if_not_said() -> None:
    answer = Dataset()
    answer.StudyInstanceUID, answer.StudyDate = "1.2.3", "20261126"
    answer.AccessionNumber, answer.NumberOfStudyRelatedInstances = "131052-308T", "500"
    assert decode_study(answer) == ListedStudy("1.2.3", "", date(2026, 11, 26), 500)
    answer.AccessionNumber, answer.NumberOfStudyRelatedInstances = "R-1", "-3"
    assert decode_study(answer) == ListedStudy("1.2.3", "R-1", date(2026, 11, 26), None)


def objects_of(study: Study) -> list[Instance]:
    return list(Instance.objects.filter(study=study).order_by("id"))


def test_what_came_since_is_found_by_comparing_again() -> None:
    study = held(committed=False)
    takeover = compared(started(f"{study.study_instance_uid},,,2"))
    with_fault = takeover.sha256
    Instance.objects.filter(study=study).update(committed_at=now())
    takeovers.compare_again(ARCHIVIST, takeover)
    with pytest.raises(errors.TakeoverRuns):
        takeovers.compare_again(ARCHIVIST, takeover)
    assert compared(takeover).outcome == {"here": 1}
    assert takeover.sha256 != with_fault


def test_a_long_list_is_compared_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeover_comparison, "AT_ONCE", 2)
    takeover = started(*(f"{uid_from_uuid()},,,1" for _ in range(5)))
    steps = 0
    while takeover_comparison.advance(takeover.id) is not None:
        steps += 1
    assert steps == 2
    takeover.refresh_from_db()
    assert takeover.outcome == {"missing": 5}
    assert takeover_comparison.advance(takeover.id) is None


def test_what_is_no_list_starts_nothing() -> None:
    for wrong in (
        upload("x", heading="name"),
        upload(),
        Upload("x.csv", BytesIO(HEADING.encode() + b"\n\xff\xfe"), 3),
    ):
        with pytest.raises(errors.ListUnreadable):
            takeovers.from_list(ARCHIVIST, organisation(), "production", wrong)
    with pytest.raises(errors.ListTooLarge):
        large = Upload("x.csv", BytesIO(b""), takeovers.MOST_BYTES + 1)
        takeovers.from_list(ARCHIVIST, organisation(), "production", large)
    assert not Takeover.objects.exists()


def test_a_customers_person_starts_its_own_and_staff_by_role() -> None:
    person = User.objects.get(username="esim")
    role = Membership.objects.get(user=person).role
    own = Actor(ActorKind.CUSTOMER, "Essi", person.id, organisation().id, frozenset({role}))
    takeovers.from_list(own, organisation(), "test", upload("1.2.3,,,"))
    for roles in (frozenset[str](), frozenset(Role.values) - {role}):  # as a provider narrows
        with pytest.raises(NotFound):
            takeovers.from_list(replace(own, roles=roles), organisation(), "test", upload("1,,,"))
    with pytest.raises(NotFound):
        takeovers.from_list(own, organisation(MALLILA), "test", upload("1.2.3,,,"))
    support = Actor(ActorKind.STAFF, "Timo Tuki", roles=frozenset({"support"}))
    with pytest.raises(StaffRoleUnfit):
        takeovers.from_list(support, organisation(), "test", upload("1.2.3,,,"))


# --- asking the customer's system -------------------------------------------------------------


FIRST, LAST = date(2026, 1, 1), date(2026, 1, 20)


def asking() -> Takeover:
    return takeovers.from_system(ARCHIVIST, connection(ESIMERKKILA), FIRST, LAST)


def answers(count: int, *, whole: bool = True) -> Answers:
    return Answers([ListedStudy(uid_from_uuid(), "R1", FIRST, 1) for _ in range(count)], whole)


def test_it_is_asked_day_after_day_until_the_last_and_then_compared() -> None:
    takeover = asking()
    spans = []
    again = now()
    while again:
        asked = takeovers.question(takeover.id)
        assert asked is not None
        spans.append((asked.question.first_day, asked.question.last_day))
        again = takeovers.answered(takeover.id, asked.question, answers(3))  # type: ignore[assignment]
    assert takeovers.question(takeover.id) is None
    assert spans[0][0] == FIRST and spans[-1][1] == LAST
    for (_first, last), (following, _last) in itertools.pairwise(spans):
        assert following == last + timedelta(days=1)
    assert Job.objects.filter(kind="takeover_compare", subject_id=takeover.id).exists()
    assert compared(takeover).outcome == {"missing": 3 * len(spans)}


def test_too_many_answers_make_the_next_question_shorter_until_a_day_is_too_much() -> None:
    takeover = asking()
    lengths = []
    with pytest.raises(errors.AnswersTooMany):
        while True:
            asked = takeovers.question(takeover.id)
            assert asked is not None
            lengths.append((asked.question.last_day - asked.question.first_day).days + 1)
            takeovers.answered(takeover.id, asked.question, answers(3, whole=False))
    assert lengths == [7, 3, 1]
    assert not TakeoverLine.objects.filter(takeover=takeover).exists()


def test_an_answer_that_comes_twice_counts_once() -> None:
    takeover = asking()
    asked = takeovers.question(takeover.id)
    assert asked is not None
    for _ in range(2):
        takeovers.answered(takeover.id, asked.question, answers(2))
    assert TakeoverLine.objects.filter(takeover=takeover).count() == 2


def test_a_system_that_cannot_be_asked_is_on_the_desk_and_can_be_asked_again() -> None:
    takeover = asking()
    job = Job.objects.get(kind="takeover_query", subject_id=takeover.id)
    assert job.peer_id == takeover.connection_id
    Job.objects.filter(id=job.id).update(state="dead", ended_at=now())
    takeovers.give_up_asking(takeover.id, job.id, PeerUnreachable("no connection"))
    takeover.refresh_from_db()
    assert (takeover.state, takeover.error) == (TakeoverState.FAILED, "no connection")
    case = Case.objects.get(events__subject_id=takeover.id)
    assert case.organisation_id == takeover.organisation_id
    takeovers.compare_again(ARCHIVIST, takeover)
    asked = takeovers.question(takeover.id)
    assert asked is not None and asked.question.first_day == FIRST
