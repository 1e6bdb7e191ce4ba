"""A rollout test by real rows: each step passed and failed, the run's end, its report (ON-4)."""

from datetime import timedelta
from typing import Any

import pytest

from archive.actors import Actor
from archive.errors import ArchiveError, PeerAddressWrong
from archive.models import (
    AvailabilityNotice,
    Connection,
    Environment,
    LedgerEvent,
    NoticeState,
    Study,
    StudyState,
    User,
)
from archive.services import associations, commitment, registration
from archive.services.sessions import Session
from archive.values import PersonId, now, uid_from_uuid, uuid7
from onboarding.errors import ActorUnfit, AlreadyAsked, StepOutOfOrder
from onboarding.models import (
    CertifiedSystem,
    Joining,
    JoiningState,
    RolloutRun,
    RolloutStep,
    RunState,
    StepState,
)
from onboarding.queries import rollout as queries
from onboarding.rules import rollout as rules
from onboarding.rules.rollout import Due, StepKind
from onboarding.rules.verdicts import ACTIVE
from onboarding.services import joining, production, rights, rollout
from onboarding.services.rollout_documents import register_documents
from tests import cast
from tests.onboarding.cast import actors, admin, brought_to, officer

pytestmark = pytest.mark.django_db

TEST = Environment.TEST.value


@pytest.fixture
def me() -> Actor:
    """Esimerkkilä's administrator."""
    return rights.person(User.objects.get(username="esim"), cast.organisation())


@pytest.fixture
def run(me: Actor) -> RolloutRun:
    """Esimerkkilä's; of its contents only CT and resting ECG, to be short."""
    Joining.objects.filter(organisation=cast.organisation()).update(
        content_types=["ct", "resting_ecg"]
    )
    return rollout.start(me, cast.organisation(), "version change")


def step(run: RolloutRun, kind: StepKind, content_type: str = "") -> RolloutStep:
    """The step as it is after one more look."""
    rollout.observe(run)
    return RolloutStep.objects.get(run=run, kind=kind, content_type=content_type)


def store(*made: Any) -> Study:
    return cast.store(*made, environment=TEST)


def refused(**overrides: Any) -> None:
    session = Session(cast.peer(environment=TEST))
    with pytest.raises(ArchiveError):
        cast.send(session, cast.dataset(**overrides))
    session.close()


def bad(run: RolloutRun, **overrides: Any) -> dict[str, Any]:
    return {
        "StudyDescription": "ZZ9ZZ Tuntematon",
        "AccessionNumber": rules.bad_accession(run.number),
        **overrides,
    }


def committed(study: Study) -> None:
    peer = cast.peer(environment=TEST)
    references = [(row.sop_class_uid, row.sop_instance_uid) for row in study.instances.all()]
    asked = commitment.request(peer, transaction_uid=uid_from_uuid(), references=references)
    commitment.result(asked)
    commitment.reported(asked, same_association=True)


def registered(run: RolloutRun, me: Actor, study: Study) -> Study:
    """The stand-in's documents, and time for the study to be quiet."""
    register_documents(me, run)
    study.instances.update(received_at=now() - timedelta(hours=1))
    committed(study)
    registration.advance(study.id)
    study.refresh_from_db()
    return study


# --- the steps ------------------------------------------------------------------------------------


def test_a_run_plans_each_content_and_gives_test_patients(run: RolloutRun) -> None:
    stored = RolloutStep.objects.filter(run=run, kind=StepKind.STORE)
    assert [each.content_type for each in stored] == ["ct", "resting_ecg"]
    assert all(PersonId(code).is_test for code in run.patients) and len(set(run.patients)) == 4
    assert run.systems == [{"product": "Esim PACS", "version": "7.2"}]


def test_steps_without_their_interface_are_inactive(run: RolloutRun) -> None:
    for kind in set(rules.STEPS) - {StepKind.STORE}:
        assert (step(run, kind).state == StepState.INACTIVE) == (kind not in ACTIVE), kind
    assert step(run, StepKind.ECHO).state == StepState.WAITING


def test_an_echo_passes_and_a_wrong_address_does_not(run: RolloutRun) -> None:
    with pytest.raises(PeerAddressWrong):
        associations.establish(
            calling="ESIM_TEST", called="KANTATEST", address="192.0.2.1", association_id=uuid7()
        )
    failed = step(run, StepKind.ECHO)
    assert (failed.state, failed.cause) == (StepState.FAILED, "peer-address-wrong")
    associations.verified(cast.peer(environment=TEST))
    passed = step(run, StepKind.ECHO)
    assert (passed.state, passed.cause) == (StepState.PASSED, "")
    assert passed.observed == {"calling": "ESIM_TEST"}


def test_an_echo_to_production_is_not_the_tests(run: RolloutRun) -> None:
    associations.verified(cast.peer())
    assert step(run, StepKind.ECHO).state == StepState.WAITING


def test_a_refused_object_fails_its_content_until_a_right_one_comes(run: RolloutRun) -> None:
    refused(StudyDescription="CT HE")
    failed = step(run, StepKind.STORE, "ct")
    assert (failed.state, failed.cause) == (StepState.FAILED, "study-code-unknown")
    assert failed.observed["code"] == "A900"
    assert step(run, StepKind.STORE, "resting_ecg").state == StepState.WAITING
    store(cast.dataset())
    passed = step(run, StepKind.STORE, "ct")
    assert passed.state == StepState.PASSED
    assert passed.observed["StudyDescription"] == "AA1AD"
    assert cast.MATTI not in str(passed.observed) and "Meik" not in str(passed.observed)


def test_what_is_archived_as_another_content_passes_the_one_it_cannot_be_told_from(
    me: Actor,
) -> None:
    Joining.objects.filter(organisation=cast.organisation()).update(
        content_types=["interventional", "mr"]
    )
    run = rollout.start(me, cast.organisation(), "version change")
    xa = "1.2.840.10008.5.1.4.1.1.12.1"
    study = store(cast.dataset(SOPClassUID=xa, Modality="XA"))
    assert study.instances.get().content_type == "angiography"
    assert step(run, StepKind.STORE, "interventional").state == StepState.PASSED
    assert step(run, StepKind.STORE, "mr").state == StepState.WAITING


def test_a_passed_step_stays_passed(run: RolloutRun) -> None:
    store(cast.dataset())
    assert step(run, StepKind.STORE, "ct").state == StepState.PASSED
    refused(StudyDescription="CT HE", StudyInstanceUID=uid_from_uuid())
    assert step(run, StepKind.STORE, "ct").state == StepState.PASSED


def test_what_came_before_the_run_does_not_count(me: Actor) -> None:
    store(cast.dataset())
    associations.verified(cast.peer(environment=TEST))
    run = rollout.start(me, cast.organisation())
    assert step(run, StepKind.ECHO).state == StepState.WAITING
    assert step(run, StepKind.STORE, "ct").state == StepState.WAITING


def test_anothers_traffic_does_not_count(run: RolloutRun) -> None:
    associations.verified(cast.peer(cast.MALLILA, TEST))
    cast.store(cast.dataset(), business_id=cast.MALLILA, environment=TEST)
    assert step(run, StepKind.ECHO).state == StepState.WAITING
    assert step(run, StepKind.STORE, "ct").state == StepState.WAITING


def test_commitment_passes_when_all_is_safe(run: RolloutRun) -> None:
    peer = cast.peer(environment=TEST)
    asked = commitment.request(
        peer, transaction_uid=uid_from_uuid(), references=[(cast.CT, uid_from_uuid())]
    )
    assert step(run, StepKind.COMMITMENT).observed == {"asked": True}
    commitment.result(asked)
    commitment.reported(asked, same_association=True)
    failed = step(run, StepKind.COMMITMENT)
    assert (failed.state, failed.cause) == (StepState.FAILED, "instance-unknown")
    committed(store(cast.dataset()))
    assert step(run, StepKind.COMMITMENT).state == StepState.PASSED


def test_the_deliberately_bad_object_must_be_refused_for_its_code(run: RolloutRun) -> None:
    refused(**bad(run, PatientID="ABC"))
    failed = step(run, StepKind.REFUSAL)
    assert (failed.state, failed.cause) == (StepState.FAILED, "patient-id-untrusted")
    refused(**bad(run))
    passed = step(run, StepKind.REFUSAL)
    assert (passed.state, passed.observed["code"]) == (StepState.PASSED, "A900")
    assert "PatientID" not in passed.observed
    assert step(run, StepKind.STORE, "ct").state == StepState.WAITING  # it was meant to fail


def test_a_bad_object_that_was_archived_is_told(run: RolloutRun) -> None:
    store(cast.dataset(AccessionNumber=rules.bad_accession(run.number)))
    failed = step(run, StepKind.REFUSAL)
    assert (failed.state, failed.observed) == (StepState.FAILED, {"archived": True})
    assert step(run, StepKind.STORE, "ct").state == StepState.WAITING


def test_without_study_codes_the_patient_is_what_is_bad(me: Actor) -> None:
    Joining.objects.filter(organisation=cast.organisation()).update(content_types=["resting_ecg"])
    run = rollout.start(me, cast.organisation())
    refused(AccessionNumber=rules.bad_accession(run.number), PatientID=rules.BAD_PATIENT)
    passed = step(run, StepKind.REFUSAL)
    assert (passed.state, passed.observed["code"]) == (StepState.PASSED, "A777")


def test_registration_waits_passes_and_says_who_stood_in(run: RolloutRun, me: Actor) -> None:
    study = store(cast.dataset())
    assert step(run, StepKind.REGISTRATION).state == StepState.WAITING
    assert registered(run, me, study).state == StudyState.REGISTERED
    passed = step(run, StepKind.REGISTRATION)
    assert (passed.state, passed.observed["stand_in"]) == (StepState.PASSED, True)
    assert register_documents(me, run) == 0  # nothing is doubled


def test_a_failed_registration_is_told(run: RolloutRun) -> None:
    study = store(cast.dataset())
    Study.objects.filter(id=study.id).update(state=StudyState.FAILED)
    assert step(run, StepKind.REGISTRATION).state == StepState.FAILED


def test_the_notice_must_be_taken(run: RolloutRun, me: Actor) -> None:
    registered(run, me, store(cast.dataset()))
    assert step(run, StepKind.NOTICE).state == StepState.WAITING
    AvailabilityNotice.objects.update(state=NoticeState.FAILED, last_error="no answer")
    failed = step(run, StepKind.NOTICE)
    assert (failed.state, failed.observed["problem"]) == (StepState.FAILED, "no answer")
    AvailabilityNotice.objects.update(state=NoticeState.DELIVERED, delivered_at=now())
    assert step(run, StepKind.NOTICE).state == StepState.PASSED


def test_the_notice_is_not_asked_for_where_it_is_off(run: RolloutRun) -> None:
    Connection.objects.filter(organisation=cast.organisation()).update(ian_on=False)
    assert step(run, StepKind.NOTICE).state == StepState.NOT_ASKED


# --- the run --------------------------------------------------------------------------------------


def all_passed(run: RolloutRun) -> None:
    for each in RolloutStep.objects.filter(run=run).exclude(
        state__in=(StepState.INACTIVE, StepState.NOT_ASKED)
    ):
        each.state, each.at = StepState.PASSED, now()
        each.save()


def test_only_one_run_is_open_at_a_time(run: RolloutRun, me: Actor) -> None:
    with pytest.raises(AlreadyAsked):
        rollout.start(me, cast.organisation())
    rollout.abandon(me, run)
    assert rollout.start(me, cast.organisation()).number == 2


def test_a_run_with_an_open_step_has_not_passed(run: RolloutRun, me: Actor) -> None:
    ended = rollout.finish(me, run)
    assert ended.state == RunState.FAILED and ended.ended_at
    with pytest.raises(StepOutOfOrder):
        rollout.finish(me, run)
    with pytest.raises(StepOutOfOrder):
        register_documents(me, run)


def test_the_digest_covers_the_report(run: RolloutRun, me: Actor) -> None:
    all_passed(run)
    ended = rollout.finish(me, run)
    assert ended.state == RunState.PASSED
    kept = RolloutRun.objects.get(id=run.id)
    assert rollout.digest(kept) == ended.report_sha256
    RolloutStep.objects.filter(run=run, kind=StepKind.ECHO).update(state=StepState.FAILED)
    assert rollout.digest(kept) != ended.report_sha256
    told = LedgerEvent.objects.get(kind="rollout.ended", subject_id=run.id)
    assert told.facts["sha256"] == ended.report_sha256


def test_what_an_ended_run_saw_does_not_change(run: RolloutRun, me: Actor) -> None:
    rollout.finish(me, run)
    associations.verified(cast.peer(environment=TEST))
    assert step(run, StepKind.ECHO).state == StepState.WAITING


def test_a_pass_moves_the_road_on() -> None:
    road = brought_to(JoiningState.ACCEPTED)
    run = rollout.start(admin(road), road.organisation)
    all_passed(run)
    rollout.finish(admin(road), run)
    road.refresh_from_db()
    assert road.state == JoiningState.TEST_PASSED


def test_nobody_tests_before_being_accepted() -> None:
    road = brought_to(JoiningState.SUBMITTED)
    with pytest.raises(StepOutOfOrder):
        rollout.start(admin(road), road.organisation)


def test_only_the_customers_own_people_run_it() -> None:
    road = brought_to(JoiningState.ACCEPTED)
    people = actors(road)
    run = rollout.start(people["technical"], road.organisation)
    for stranger in (people[who] for who in ("stranger", "officer", "support")):
        for act in (rollout.finish, rollout.abandon, register_documents):
            with pytest.raises(ActorUnfit):
                act(stranger, run)
        with pytest.raises(ActorUnfit):
            rollout.start(stranger, road.organisation)


def test_a_new_run_is_due_when_something_changes(run: RolloutRun, me: Actor) -> None:
    own = cast.organisation()
    assert queries.standing(own).due == (Due.NEVER,)
    all_passed(run)
    rollout.finish(me, run)
    standing = queries.standing(own)
    assert standing.due == () and standing.covered is not None
    assert standing.covered.content_types == {"ct", "resting_ecg"}
    CertifiedSystem.objects.filter(organisation=own).update(version="8.0")
    Joining.objects.filter(organisation=own).update(content_types=["ct", "mr"])
    assert queries.standing(own).due == (Due.SYSTEMS, Due.CONTENTS)


def test_open_runs_are_watched_while_nobody_looks(run: RolloutRun) -> None:
    associations.verified(cast.peer(environment=TEST))
    assert rollout.observe_open() == 1
    assert RolloutStep.objects.get(run=run, kind=StepKind.ECHO).state == StepState.PASSED


def test_a_run_ends_with_the_road_it_was_begun_on() -> None:
    road = brought_to(JoiningState.ACCEPTED)
    me = admin(road)
    run = rollout.start(me, road.organisation)
    joining.reject(officer(), road, reason="not a care provider")
    run.refresh_from_db()
    assert (run.state, rollout.digest(run)) == ("abandoned", run.report_sha256)
    road = joining.apply_again(me, road)
    RolloutStep.objects.filter(run=run).update(state="passed")
    with pytest.raises(StepOutOfOrder):
        rollout.finish(me, run)


def test_a_run_ends_with_the_use() -> None:
    road = brought_to(JoiningState.NOTICE_GIVEN)
    run = rollout.start(admin(road), road.organisation, "After a fault")
    assert road.ends_on is not None
    production.end_due(road.ends_on)
    run.refresh_from_db()
    assert run.state == "running"
    production.end_due(road.ends_on + timedelta(days=1))
    run.refresh_from_db()
    assert run.state == "abandoned"
