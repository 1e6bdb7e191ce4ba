"""Storage commitment: judged on digests read again; with the report the duty passes (AR-3)."""

from pathlib import Path

import pytest

from archive import errors, tasks, vault
from archive.models import (
    Case,
    Instance,
    Job,
    JobKind,
    LedgerEvent,
    StorageCommitment,
    Study,
)
from archive.queries import timeline
from archive.services import commitment, registration
from archive.values import now, uid_from_uuid, uuid7
from tests import cast, notes
from tests.cast import CT, MALLILA, dataset
from tests.configuring import Configure
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db")

SC = "1.2.840.10008.5.1.4.1.1.7"


def references() -> list[tuple[str, str]]:
    return list(Instance.objects.values_list("sop_class_uid", "sop_instance_uid"))


def test_a_report_is_owed_from_the_moment_it_is_asked_for() -> None:
    cast.store(dataset())
    asked = commitment.request(
        cast.peer(), transaction_uid=uid_from_uuid(), references=references()
    )
    job = Job.objects.get(kind="commitment_report")
    assert (job.subject_id, job.state) == (asked, "waiting")
    assert job.not_before > now()  # the association of the request has the first chance


def test_all_safe_is_event_1_and_passes_the_duty() -> None:
    study = cast.store(dataset(), dataset())
    asked = commitment.request(
        cast.peer(), transaction_uid=uid_from_uuid(), references=references()
    )
    result = commitment.result(asked)
    assert (result.event_type, len(result.committed), result.failed) == (1, 2, [])
    assert Study.objects.get(id=study.id).committed_at is None  # not before it is reported
    commitment.reported(asked, same_association=True)
    assert Study.objects.get(id=study.id).committed_at is not None
    assert not Instance.objects.filter(committed_at=None).exists()
    assert LedgerEvent.objects.filter(study_id=study.id, kind="commitment.reported").count() == 1
    assert Job.objects.get(kind="commitment_report").state == "done"


def commit(*objects: Instance) -> None:
    wanted = [(each.sop_class_uid, each.sop_instance_uid) for each in objects]
    asked = commitment.request(cast.peer(), transaction_uid=uid_from_uuid(), references=wanted)
    commitment.result(asked)
    commitment.reported(asked, same_association=True)


def test_an_object_that_comes_later_leaves_a_study_committed_no_more() -> None:
    """Else the page says that all is committed, and whoever believes it deletes what is not."""
    first = dataset()
    study = cast.store(first)
    commit(*Instance.objects.all())
    registration.advance(study.id)
    assert Study.objects.get(id=study.id).committed_at is not None
    cast.store(dataset(StudyInstanceUID=first.StudyInstanceUID))
    assert Study.objects.get(id=study.id).committed_at is None
    commit(*Instance.objects.filter(committed_at=None))
    assert Study.objects.get(id=study.id).committed_at == Instance.objects.latest("id").committed_at


def test_an_object_that_comes_while_a_committed_study_is_received_is_told_of() -> None:
    first = dataset()
    study = cast.store(first)
    commit(*Instance.objects.all())
    cast.store(dataset(StudyInstanceUID=first.StudyInstanceUID))
    registration.advance(study.id)
    assert Study.objects.get(id=study.id).committed_at is None


@pytest.mark.parametrize("rejected_first", [True, False])
def test_a_study_is_committed_when_all_but_what_was_rejected_is(rejected_first: bool) -> None:
    """That cannot be committed any more: its sender is told 0112."""
    wrong = dataset()
    study = cast.store(wrong, dataset())
    kept = Instance.objects.exclude(sop_instance_uid=wrong.SOPInstanceUID).get()
    if rejected_first:
        notes.send(notes.note(notes.SAFETY, wrong))
    commit(kept)
    if not rejected_first:
        assert Study.objects.get(id=study.id).committed_at is None
        notes.send(notes.note(notes.SAFETY, wrong))
    registration.advance(study.id)
    kept.refresh_from_db()
    assert Study.objects.get(id=study.id).committed_at == kept.committed_at is not None


def test_unknown_and_anothers_objects_fail_alike() -> None:
    cast.store(dataset())
    asked = commitment.request(
        cast.peer(MALLILA),
        transaction_uid=uid_from_uuid(),
        references=[*references(), (CT, uid_from_uuid())],
    )
    result = commitment.result(asked)
    assert result.event_type == 2
    assert [reason for _, _, reason in result.failed] == [errors.InstanceUnknown] * 2
    commitment.reported(asked, same_association=True)
    assert not Instance.objects.exclude(committed_at=None).exists()
    assert Case.objects.get().reason == "instance-unknown"


def test_another_class_and_damaged_bytes_have_their_own_reasons() -> None:
    cast.store(dataset(), dataset())
    first, second = Instance.objects.order_by("id")
    path = file_of("production", bytes(second.digest))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    asked = commitment.request(
        cast.peer(),
        transaction_uid=uid_from_uuid(),
        references=[(SC, first.sop_instance_uid), (CT, second.sop_instance_uid)],
    )
    assert [reason for _, _, reason in commitment.result(asked).failed] == [
        errors.CommitmentClassConflict,
        errors.BytesDamaged,
    ]


def test_the_same_question_again_is_one_request_and_another_under_its_uid_is_refused() -> None:
    cast.store(dataset())
    uid = uid_from_uuid()
    first = commitment.request(cast.peer(), transaction_uid=uid, references=references())
    assert commitment.request(cast.peer(), transaction_uid=uid, references=references()) == first
    with pytest.raises(errors.TransactionReused):
        commitment.request(cast.peer(), transaction_uid=uid, references=[(CT, "1.2.3")])
    assert StorageCommitment.objects.count() == 1


@pytest.mark.parametrize(
    ("uid", "wanted"), [("", [(CT, "1.2.3")]), ("1.02", [(CT, "1.2.3")]), ("1.2.3", [])]
)
def test_an_empty_question_is_no_question(uid: str, wanted: list[tuple[str, str]]) -> None:
    with pytest.raises(errors.Malformed):
        commitment.request(cast.peer(), transaction_uid=uid, references=wanted)


def test_a_report_that_did_not_arrive_is_due_at_once_and_told_on_its_study() -> None:
    study = cast.store(dataset())
    asked = commitment.request(
        cast.peer(), transaction_uid=uid_from_uuid(), references=references()
    )
    commitment.result(asked)
    assert Job.objects.get(kind="commitment_report").not_before > now()
    commitment.report_failed(asked, errors.PeerAborted())
    job = Job.objects.get(kind="commitment_report")
    assert job.not_before <= now()
    commitment.give_up(asked, job.id, errors.PeerAborted())
    last = timeline.of_study(study)[-2:]
    assert [entry.step for entry in last if not entry.case_event] == ["commitment-undelivered"]
    assert Case.objects.get(events__study=study).place == "commitment-report"


def test_a_report_that_has_arrived_counts_though_the_vault_is_full(
    own_vault: Path, configure: Configure
) -> None:
    study = cast.store(dataset())
    peer, uid = cast.peer(), uid_from_uuid()
    asked = commitment.request(peer, transaction_uid=uid, references=references())
    commitment.result(asked)
    configure(FREE_BYTES_FLOOR=str(1 << 60))
    with pytest.raises(errors.StorageFull):
        commitment.reported(asked, same_association=True)
    assert Study.objects.get(id=study.id).committed_at is not None
    assert Job.objects.get(kind="commitment_report").state == "waiting"
    assert not vault.record_keys("production")
    commitment.not_delivered(asked, errors.StorageFull())
    commitment.give_up(asked, uuid7(), errors.StorageFull())
    assert StorageCommitment.objects.get().state == "reported"
    assert not LedgerEvent.objects.filter(kind="commitment.undelivered").exists()
    assert Case.objects.get(reason="storage-full").state == "open"
    configure(FREE_BYTES_FLOOR="0")
    tasks.WORK[JobKind.COMMITMENT_REPORT].run(asked)
    [key] = vault.record_keys("production")
    assert vault.read_record(key)["objects"] == [uid for _, uid in references()]
    assert Job.objects.get(kind="commitment_report").state == "done"
