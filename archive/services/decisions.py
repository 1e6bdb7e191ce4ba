"""What was decided about objects, replayed from the vault's records (AR-10).

Each record is replayed once: what the database knows of already is left as it is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from archive import locks, vault
from archive.actors import Actor, ActorKind
from archive.errors import BytesDamaged, DatasetUnreadable, InstanceUnknown
from archive.models import (
    Correction,
    CorrectionState,
    Instance,
    InstanceVersion,
    Organisation,
    RejectedObject,
    Rejection,
    Study,
)
from archive.objects.key_objects import KeyObjects, Named
from archive.objects.persons import Merge, Person
from archive.objects.study_facts import StudyFacts
from archive.services import (
    committed,
    corrections,
    destruction_records,
    hold_records,
    identity,
    merge_records,
    overlays,
    past_notes,
    rejection_notes,
    rejections,
    tombstones,
)
from archive.services.identity import Occasion
from archive.services.past_notes import Past
from archive.values import PatientIdentifier

Record = Mapping[str, Any]
IN_ONE_TRANSACTION = timedelta(minutes=1)  # records of before told when they were written


class NoteLost(Exception):
    """What the note of a record hid cannot be hidden again: its bytes are missing or damaged, no
    row names it, and the record is one that does not say.
    """


def replay(environment: str, record: Record) -> bool:
    """Whether it changed anything. Raises KeyError, TypeError, ValueError when the record is not as
    it was written; NoteLost, StorageGone.
    """
    return REPLAYS[record["kind"]](environment, record, datetime.fromisoformat(record["at"]))


def _actor(record: Record) -> Actor:
    kind, actor_id, name = record["actor"]
    return Actor(ActorKind(kind), name, UUID(actor_id) if actor_id else None)


def _commitment(environment: str, record: Record, at: datetime) -> bool:
    rows = Instance.objects.filter(
        environment=environment, sop_instance_uid__in=record["objects"], committed_at=None
    )
    study_ids = committed.share_studies(rows)
    changed = rows.update(committed_at=at)
    for study_id in study_ids:
        committed.tell(study_id)
    return bool(changed)


def _rejection(environment: str, record: Record, at: datetime) -> bool:
    owner = Organisation.objects.filter(business_id=record["business_id"]).first()
    note = _note(environment, record)
    if note is None or owner is None:
        return False
    rejection_notes.replay(
        _actor(record),
        owner,
        note,
        reason=record["reason"],
        at=at,
        awaited=record.get("awaited"),  # records of before did not tell
    )
    return True


def _note(environment: str, record: Record) -> Past | None:
    """None when the index knows it; of one that is lost what its record says, and verification
    tells of it then. Raises NoteLost.
    """
    digest = bytes.fromhex(record["note"])
    try:
        return past_notes.past(environment, digest)
    except (BytesDamaged, DatasetUnreadable, InstanceUnknown):
        uid = record.get("note_uid", "")
        locks.hold(uid)  # its sender may send it again in this moment
        known = Rejection.objects.filter(environment=environment)
        if known.filter(Q(digest=digest) | Q(note_uid=uid)).exists():
            return None
    if "named" not in record:  # as before
        raise NoteLost
    kept = vault.Kept(digest, vault.ALGORITHM, record["size"])
    content = KeyObjects(record["title"], tuple(_named(record["named"])))
    return Past(environment, record["note_uid"], record["syntax"], kept, content)


def _named(told: Mapping[str, Sequence[str]]) -> Iterator[Named]:
    """As `rejections` has written it. Raises ValueError."""
    for path, uids in told.items():
        study_uid, series_uid, class_uid = path.split(" ")
        for uid in uids:
            yield Named(study_uid, series_uid, class_uid, uid)


def _revocation(environment: str, record: Record, at: datetime) -> bool:
    rejection = Rejection.objects.filter(
        environment=environment, digest=bytes.fromhex(record["note"])
    ).first()
    if rejection is None:
        return False
    standing = RejectedObject.objects.filter(
        rejection=rejection, sop_instance_uid__in=record["objects"], ended_at=None
    )
    ids = list(standing.values_list("id", flat=True))
    if not ids:
        return False
    rejections.revoke(
        _actor(record), rejection, reason=record["reason"], object_ids=ids, replayed_at=at
    )
    return True


def _overlay(environment: str, record: Record, at: datetime) -> bool:
    study = _study(environment, record)
    if study is None or Correction.objects.filter(study=study, made_at=at).exists():
        return False
    study = _settled(study, at)
    later = InstanceVersion.objects.filter(
        instance__study=study,
        received_at__gt=at,
        correction__state=CorrectionState.IN_FORCE,
    )
    overlays.replay(
        _actor(record),
        study,
        StudyFacts.from_json(record["after"]),
        reason=record["reason"],
        at=at,
        superseded=later.exists(),
    )
    return True


def _undo(environment: str, record: Record, at: datetime) -> bool:
    """What was undone is known by what it made of the study, which others may have made of it too;
    so it is first asked whether one of them was undone just then.
    """
    study = _study(environment, record)
    if study is None or _is_undone(study, record, at):
        return False
    last = overlays.last_in_force(_settled(study, at))
    if last is None or last.mark != record["mark"] or (last.in_force_at or at) > at:
        return False
    overlays.undo(_actor(record), last, reason=record["reason"], replayed_at=at)
    return True


def _is_undone(study: Study, record: Record, at: datetime) -> bool:
    """Two that say the same may be undone right after each other."""
    mark, since = record["mark"], at if "undone_at" in record else at - IN_ONE_TRANSACTION
    undone = Correction.objects.filter(study=study, mark=mark, state=CorrectionState.UNDONE)
    return undone.filter(undone_at__range=(since, at)).exists()


def _merge(environment: str, record: Record, at: datetime) -> bool:
    actor, asked, occasion = _merging(environment, record, at)
    return identity.replay(actor, asked, at, occasion)


def _unmerge(environment: str, record: Record, at: datetime) -> bool:
    actor, asked, occasion = _merging(environment, record, at)
    made_at = datetime.fromisoformat(record["made_at"])
    return identity.replay_undo(actor, asked, made_at, occasion)


def _merging(environment: str, record: Record, at: datetime) -> tuple[Actor, Merge, Occasion]:
    retired, into = (
        PatientIdentifier.parse(value, issuer)
        for issuer, value in (record["retired"], record["into"])
    )
    sender = Organisation.objects.filter(business_id=record["business_id"]).first()
    actor = Actor(
        ActorKind.CONNECTION if record["business_id"] else ActorKind.STAFF,
        record["by"],
        organisation_id=sender.id if sender else None,
    )
    occasion = Occasion(environment, reason=record["reason"], replayed_at=at)
    return actor, Merge(retired, Person(into)), occasion


def _settled(study: Study, at: datetime) -> Study:
    """What was sent before may have become whole by a rejection that was replayed since: put in
    force later, it would stand over what was decided after it.
    """
    corrections.settle(study.id, replayed_at=at)
    return Study.objects.select_related("patient", "register", "overlay").get(id=study.id)


def _study(environment: str, record: Record) -> Study | None:
    rows = Study.objects.select_related("patient", "register", "overlay")
    return rows.filter(environment=environment, study_instance_uid=record["study"]).first()


def _destroyed(environment: str, record: Record, at: datetime) -> bool:
    return tombstones.replay(environment, record)


def _certificate(environment: str, record: Record, at: datetime) -> bool:
    return destruction_records.replay(environment, record)


OF_REJECTIONS = frozenset(("rejection", "revocation"))
REPLAYS: Mapping[str, Callable[[str, Record, datetime], bool]] = {
    "commitment": _commitment,
    "rejection": _rejection,
    "revocation": _revocation,
    "overlay": _overlay,
    "undo": _undo,
    merge_records.MADE: _merge,
    merge_records.UNDONE: _unmerge,
    hold_records.PLACED: hold_records.replay,
    hold_records.RELEASED: hold_records.replay_release,
    tombstones.KIND: _destroyed,
    destruction_records.KIND: _certificate,
}
