"""Storage commitment: asked for, judged on digests read again, reported; with the report the duty
passes (AR-3).

PS3.4 annex J. A request is a row before it is answered, so a report survives a restart.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from archive import jobs, ledger, vault
from archive.actors import SYSTEM
from archive.errors import (
    ArchiveError,
    BytesDamaged,
    CommitmentClassConflict,
    InstanceUnknown,
    Malformed,
    TransactionReused,
)
from archive.models import (
    CommitmentState,
    Instance,
    JobKind,
    Rejection,
    StorageCommitment,
    Study,
    StudyState,
)
from archive.objects import key_objects
from archive.objects.messages import Target
from archive.queries import standing
from archive.rules import correction
from archive.services import committed, error_desk, integrity
from archive.services.associations import Peer
from archive.services.connections import target_of
from archive.services.error_desk import Place, What, Who
from archive.values import Uid, now

COMMIT = Place("dicom", "commitment")
REPORT = Place("dicom", "commitment-report")
ASKED_AGAIN = timedelta(seconds=3)  # how long the association of the request has for its report
BEING_JUDGED = timedelta(seconds=60)
MOST_REFERENCES = 100_000

Reference = tuple[str, str]  # SOP class, SOP instance


@dataclass(frozen=True, slots=True)
class Result:
    """What is reported: PS3.4 table J.3-2. A failure's reason is an error class; the edge has the
    number.
    """

    transaction_uid: str
    committed: list[Reference]
    failed: list[tuple[str, str, type[ArchiveError]]]

    @property
    def event_type(self) -> int:
        """1: all are safe; 2: failures exist."""
        return 2 if self.failed else 1


_REASONS: dict[str, type[ArchiveError]] = {
    error.reason(): error for error in (InstanceUnknown, CommitmentClassConflict, BytesDamaged)
}


def request(peer: Peer, *, transaction_uid: str, references: Sequence[Reference]) -> UUID:
    """Owe a report; the row is committed on return. Raises Malformed, TransactionReused."""
    _require_sound(transaction_uid, references)
    wanted = [list(reference) for reference in references]
    try:
        with transaction.atomic():
            commitment = StorageCommitment.objects.create(
                environment=peer.environment,
                connection_id=peer.connection_id,
                transaction_uid=transaction_uid,
                association_id=peer.association_id,
                references=wanted,
                requested_at=now(),
            )
            facts = {"instances": len(wanted), "transaction_uid": transaction_uid}
            _record(
                ledger.Kind.COMMITMENT_REQUESTED, commitment, _studies_of(commitment), facts, peer
            )
            _owe_report(commitment, after=ASKED_AGAIN)
            return commitment.id
    except IntegrityError:
        return _asked_before(peer, transaction_uid, wanted)


def _require_sound(transaction_uid: str, references: Sequence[Reference]) -> None:
    """An empty or endless list is not a question that can be answered. Raises Malformed."""
    if not references or len(references) > MOST_REFERENCES:
        raise Malformed("Referenced SOP Sequence is empty or too long")
    try:
        Uid(transaction_uid)
    except ValueError:
        raise Malformed("Transaction UID is missing or no UID") from None


def _asked_before(peer: Peer, transaction_uid: str, wanted: list[list[str]]) -> UUID:
    """The same question again is answered again; another under a used Transaction UID is not."""
    known = StorageCommitment.objects.get(
        environment=peer.environment,
        connection_id=peer.connection_id,
        transaction_uid=transaction_uid,
    )
    if known.references != wanted:
        error = TransactionReused()
        what = What(subject_id=known.id, correlation_id=peer.association_id)
        error_desk.report(
            error, environment=peer.environment, place=COMMIT, who=peer.who, what=what
        )
        raise error
    with transaction.atomic():
        StorageCommitment.objects.filter(id=known.id).update(state=CommitmentState.REQUESTED)
        _owe_report(known, after=ASKED_AGAIN)
    return known.id


def _owe_report(commitment: StorageCommitment, *, after: timedelta) -> None:
    jobs.defer(
        JobKind.COMMITMENT_REPORT,
        commitment.id,
        environment=commitment.environment,
        organisation_id=commitment.connection.organisation_id,
        peer_id=commitment.connection_id,
        not_before=now() + after,
    )


def result(commitment_id: UUID) -> Result:
    """Judge every object, reading its digest again; the reasons are kept with the request."""
    commitment = StorageCommitment.objects.select_related("connection").get(id=commitment_id)
    jobs.put_off(JobKind.COMMITMENT_REPORT, commitment_id, until=now() + BEING_JUDGED)
    found: dict[str, Instance | Rejection] = {
        **{row.note_uid: row for row in _own_notes(commitment)},
        **{row.sop_instance_uid: row for row in _own_objects(commitment)},
    }
    reasons: list[type[ArchiveError] | None] = []
    due = time.monotonic() + BEING_JUDGED.total_seconds() / 2
    for sop_class, uid in commitment.references:
        reasons.append(_judge(found.get(uid), sop_class))
        if time.monotonic() > due:
            due += BEING_JUDGED.total_seconds() / 2
            jobs.put_off(JobKind.COMMITMENT_REPORT, commitment_id, until=now() + BEING_JUDGED)
    outcome = [reason.reason() if reason else "" for reason in reasons]
    StorageCommitment.objects.filter(id=commitment_id).update(outcome=outcome)
    return _result(commitment.transaction_uid, commitment.references, outcome)


def _judge(row: Instance | Rejection | None, sop_class: str) -> type[ArchiveError] | None:
    if row is None:
        return InstanceUnknown
    if isinstance(row, Instance):
        if correction.is_refused_again(row.rejection):
            return InstanceUnknown
        if row.sop_class_uid != sop_class:
            return CommitmentClassConflict
        stands = row.environment, bytes(row.digest), row.store
        durable = integrity.is_whole(row) and vault.make_durable(*stands)
        return None if durable else BytesDamaged
    if sop_class != key_objects.SOP_CLASS_UID:
        return CommitmentClassConflict
    whole = vault.is_whole(row.environment, bytes(row.digest))
    return None if whole else BytesDamaged


def _result(transaction_uid: str, references: list[list[str]], outcome: list[str]) -> Result:
    pairs = list(zip(references, outcome, strict=True))
    return Result(
        transaction_uid,
        [(sop_class, uid) for (sop_class, uid), reason in pairs if not reason],
        [(sop_class, uid, _REASONS[reason]) for (sop_class, uid), reason in pairs if reason],
    )


def reported(commitment_id: UUID, *, same_association: bool) -> None:
    """The peer has the report: the duty to keep what it covers is ours from now on, whether or not
    the vault has room for its record, which is owed until it is kept. Raises StorageFull,
    StorageGone.
    """
    with transaction.atomic():
        commitment = StorageCommitment.objects.select_for_update().get(id=commitment_id)
        if commitment.state == CommitmentState.REPORTED:
            return
        error_desk.settle(commitment_id, REPORT.step)
        at = now()
        commitment.state, commitment.reported_at = CommitmentState.REPORTED, at
        commitment.save(update_fields=["state", "reported_at"])
        result = _result(commitment.transaction_uid, commitment.references, commitment.outcome)
        study_ids = _take_over([uid for _, uid in result.committed], commitment)
        facts = {
            "committed": len(result.committed),
            "failed": len(result.failed),
            "same_association": same_association,
        }
        _record(ledger.Kind.COMMITMENT_REPORTED, commitment, study_ids, facts)
    for error in {reason for _, _, reason in result.failed}:
        _failure_on_desk(commitment, error, result)
    keep_record(commitment_id)


def keep_record(commitment_id: UUID) -> None:
    """Of what was reported, so that a new index knows the duty; twice does no harm. Then nothing is
    owed any more. Raises StorageFull, StorageGone.
    """
    row = StorageCommitment.objects.get(id=commitment_id)
    result = _result(row.transaction_uid, row.references, row.outcome)
    if result.committed and row.reported_at is not None:
        key = vault.record_key(row.environment, row.reported_at, row.id)
        facts = {"objects": [uid for _, uid in result.committed]}
        vault.keep_record(row.environment, "commitment", facts, at=row.reported_at, key=key)
    jobs.withdraw(JobKind.COMMITMENT_REPORT, commitment_id)


def _record(
    kind: ledger.Kind,
    commitment: StorageCommitment,
    study_ids: Sequence[UUID],
    facts: Mapping[str, object],
    peer: Peer | None = None,
) -> None:
    """On the trace of each study that is concerned; of none, when all objects are unknown."""
    concerned: Sequence[UUID | None] = study_ids or [None]
    for study_id in concerned:
        about = ledger.About(
            environment=commitment.environment,
            subject_id=commitment.id,
            study_id=study_id,
            correlation_id=commitment.association_id,
        )
        ledger.record(kind, about, facts, actor=peer.actor if peer else SYSTEM)


def _own_objects(commitment: StorageCommitment) -> QuerySet[Instance]:
    """What of the asked objects the asker may have stored: into its own register, or as a producer
    into an organiser's, also when the authorisation has ended since.
    """
    asker, environment = commitment.connection.organisation_id, commitment.environment
    written = standing.authorised(asker, environment, now(), right="may_write")
    studies = Study.objects.annotate(person=standing.PERSON).filter(written)
    kept = Instance.objects.exclude(study__state=StudyState.DESTROYED)
    return kept.filter(
        Q(study__register__organisation_id=asker)
        | Q(study__authorisation__producer_id=asker)
        | Q(study__in=studies.filter(environment=environment).values("id")),
        environment=environment,
        sop_instance_uid__in=[uid for _, uid in commitment.references],
    )


def _own_notes(commitment: StorageCommitment) -> QuerySet[Rejection]:
    """A rejection note is kept as any object is, and may be committed."""
    return Rejection.objects.filter(
        environment=commitment.environment,
        note_uid__in=[uid for _, uid in commitment.references],
        organisation_id=commitment.connection.organisation_id,
    )


def _studies_of(commitment: StorageCommitment) -> list[UUID]:
    return list(_own_objects(commitment).order_by().values_list("study_id", flat=True).distinct())


def _take_over(uids: list[str], commitment: StorageCommitment) -> list[UUID]:
    """Mark what is committed, and wake the registration of studies that are committed whole."""
    rows = Instance.objects.filter(environment=commitment.environment, sop_instance_uid__in=uids)
    study_ids = committed.share_studies(rows)
    rows.filter(committed_at=None).update(committed_at=commitment.reported_at)
    for study_id in study_ids:  # in one order: each is held by it until the end
        if committed.tell(study_id):
            jobs.defer(
                JobKind.REGISTRATION,
                study_id,
                environment=commitment.environment,
                study_id=study_id,
            )
    return study_ids


def _failure_on_desk(
    commitment: StorageCommitment, error: type[ArchiveError], result: Result
) -> None:
    uids = [uid for _, uid, reason in result.failed if reason is error]
    error_desk.report(
        error(),
        environment=commitment.environment,
        place=COMMIT,
        who=_who(commitment),
        what=What(
            subject_id=commitment.id,
            sop_instance_uid=uids[0],
            correlation_id=commitment.association_id,
        ),
        facts={"objects": str(len(uids)), "TransactionUID": commitment.transaction_uid},
    )


def target(commitment_id: UUID) -> Target | None:
    """Where the report goes; None when it has arrived already."""
    commitment = StorageCommitment.objects.select_related("connection").get(id=commitment_id)
    return (
        None if commitment.state == CommitmentState.REPORTED else target_of(commitment.connection)
    )


def report_failed(commitment_id: UUID, error: ArchiveError) -> None:
    """The report did not reach the peer on its own association: it goes on a new one, at once,
    unless it has gone so meanwhile.
    """
    with transaction.atomic():
        rows = StorageCommitment.objects.select_for_update(of=("self",))
        commitment = rows.select_related("connection").get(id=commitment_id)
        if commitment.state == CommitmentState.REPORTED:
            return
        not_delivered(commitment_id, error)
        _owe_report(commitment, after=timedelta(0))


def not_delivered(commitment_id: UUID, error: ArchiveError) -> None:
    """One more try has failed. Of a report that has arrived only its record is missing."""
    commitment = StorageCommitment.objects.select_related("connection").get(id=commitment_id)
    if commitment.state == CommitmentState.REPORTED:
        return
    kind = ledger.Kind.COMMITMENT_UNDELIVERED
    facts = {"error": error.detail, "cause": error.reason()}
    _record(kind, commitment, _studies_of(commitment), facts)


def give_up(commitment_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    """All tries failed: the support desk has it, and the sender may ask again."""
    commitment = StorageCommitment.objects.select_related("connection").get(id=commitment_id)
    owed = StorageCommitment.objects.filter(id=commitment_id)
    owed.exclude(state=CommitmentState.REPORTED).update(state=CommitmentState.UNDELIVERED)
    study_ids = _studies_of(commitment)
    error_desk.report(
        error,
        environment=commitment.environment,
        place=REPORT,
        who=_who(commitment),
        what=What(
            study_id=study_ids[0] if len(study_ids) == 1 else None,
            subject_id=commitment_id,
            job_id=job_id,
            correlation_id=commitment.association_id,
        ),
        facts={"TransactionUID": commitment.transaction_uid},
    )


def _who(commitment: StorageCommitment) -> Who:
    return Who(commitment.connection.organisation_id, commitment.connection_id)
