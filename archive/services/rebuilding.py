"""The imaging rows of the database made again from the vault alone (AR-10).

May be run at any time and any number of times: what is there stays, what is missing is added. Files
first, then the versions among them, then what was decided about them, in the order of time.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from archive import ledger, vault
from archive.errors import ArchiveError, ControllerUnauthorised, StorageGone
from archive.models import Environment, Instance, InstanceVersion, Study, StudyState
from archive.rules.admission import Policy
from archive.services import (
    corrections,
    decisions,
    indexing,
    kept_records,
    policies,
    registration,
    rows,
    set_aside,
    tombstones,
)
from archive.services.associations import Peer
from archive.services.corrections import Sent
from archive.services.indexing import File, Indexed, Places
from archive.values import uuid7


@dataclass(slots=True)
class Progress:
    """What has been done, for whoever watches."""

    files: int = 0
    unreadable: int = 0
    versions: int = 0
    decisions: int = 0
    damaged_records: int = 0
    missing: int = 0  # set aside, and named by no row
    outcomes: Counter[Indexed] = field(default_factory=Counter)


Tell = Callable[[Progress], None]


def rebuild(tell: Tell, environments: Iterable[str] = tuple(Environment.values)) -> Progress:
    """`tell` hears of every file."""
    progress, places = Progress(), Places.read()
    for environment in environments:
        policy = policies.for_association(environment)
        others: dict[str, list[File]] = defaultdict(list)
        for file in _files(environment, progress):
            if _index(file, places, policy, progress) is Indexed.OTHER:
                others[file.meta.sop_instance_uid].append(file)
            tell(progress)
        _take_all(others, places, progress)
        _replay_all(environment, progress)
        indexing.tie_to_authorisations(environment)
        progress.missing += set_aside.tell_missing(environment, places)
        set_aside.settle(environment)
        _wake(environment)
    facts = {"files": progress.files, "added": progress.outcomes[Indexed.ADDED]}
    ledger.record(ledger.Kind.INDEX_REBUILT, ledger.About(), facts)
    return progress


def _files(environment: str, progress: Progress) -> Iterator[File]:
    for digest, store in vault.every_object(environment):
        progress.files += 1
        try:
            yield indexing.open_file(environment, digest, store)
        except ArchiveError:
            progress.unreadable += 1


def _index(file: File, places: Places, policy: Policy, progress: Progress) -> Indexed | None:
    try:
        outcome = indexing.index(file, places, policy)
    except (ArchiveError, ValueError):  # ValueError: no patient's identifier
        progress.unreadable += 1
        return None
    if outcome is Indexed.DESTROYED:
        tombstones.remove(file.environment, {file.digest})
    progress.outcomes[outcome] += 1
    return outcome


def _replay_all(environment: str, progress: Progress) -> None:
    """What the records hold. A damaged one must not keep back the later ones: what they rejected
    for safety would be shown again.
    """
    damaged = {
        key for key in vault.record_keys(environment) if not _replay(environment, key, progress)
    }
    for key in sorted(damaged):
        kept_records.report_damaged(environment, key)
    kept_records.settle(environment, but=damaged)
    progress.damaged_records += len(damaged)


def _replay(environment: str, key: str, progress: Progress) -> bool:
    """Whether it is as it was written."""
    try:
        record = vault.read_record(key)
        with transaction.atomic():
            progress.decisions += decisions.replay(environment, record)
    except StorageGone:
        raise
    except ControllerUnauthorised:
        progress.outcomes[Indexed.UNPLACED] += 1
    except (ArchiveError, KeyError, TypeError, ValueError):
        return False
    return True


# --- files of one object --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Later:
    """A file that came after the original. `superseded`: before the newest that is known."""

    file: File
    instance_id: UUID
    superseded: bool


def _take_all(others: dict[str, list[File]], places: Places, progress: Progress) -> None:
    studies: dict[UUID, list[_Later]] = defaultdict(list)
    for files in others.values():
        instance = _instance_of(files[0])
        studies[instance.study_id] += _later(instance, files, places)
    for study_id, later in studies.items():
        progress.versions += _take(study_id, later, places)


def take_versions(files: list[File], places: Places) -> None:
    """Files of one object that no row names, taken in as when they came."""
    instance = _instance_of(files[0])
    _take(instance.study_id, _later(instance, files, places), places)


def _take(study_id: UUID, later: Iterable[_Later], places: Places) -> int:
    """In the order in which they came, over all objects of a study; how many are versions now.

    What an object's next version corrected is the one before, so that is put in force first: a
    study that was corrected and back differs from its original in nothing that is corrected.
    """
    taken, offered = 0, set[UUID]()
    for each in sorted(later, key=lambda each: _came(each.file)):
        if each.instance_id in offered:
            corrections.settle(study_id)
            offered.clear()
        if _offer(each.file, places, superseded=each.superseded):
            taken += 1
            offered.add(each.instance_id)
    if taken:
        corrections.settle(study_id)
    return taken


def _instance_of(file: File) -> Instance:
    return Instance.objects.get(
        environment=file.environment, sop_instance_uid=file.meta.sop_instance_uid
    )


def _later(instance: Instance, files: list[File], places: Places) -> list[_Later]:
    """The first that came is the original, where the row was made from a file; the later ones
    corrected it, or lost a race. What came before the newest that is known must not come into force
    over it, and what came before the original corrected nothing.
    """
    known = {
        bytes(digest): at
        for digest, at in InstanceVersion.objects.filter(instance=instance).values_list(
            "digest", "received_at"
        )
    }
    if not known and indexing.is_made_again(instance.association_id):
        files = _after_first(instance, files, places)
        instance.refresh_from_db(fields=["received_at"])
    original = min(known.values(), default=instance.received_at)
    newest = max(known.values(), default=instance.received_at)
    new = (file for file in files if file.digest not in known and _came(file) > original)
    return [_Later(file, instance.id, superseded=_came(file) <= newest) for file in new]


def _came(file: File) -> datetime:
    return file.meta.received_at


def _after_first(instance: Instance, files: list[File], places: Places) -> list[File]:
    """Those that came after the original; the row gets the original's bytes."""
    held = indexing.open_file(instance.environment, bytes(instance.digest), instance.store)
    first, *later = sorted([held, *files], key=_came)
    Instance.objects.filter(id=instance.id).update(
        digest=first.digest,
        digest_algorithm=first.meta.digest_algorithm,
        transfer_syntax_uid=first.meta.transfer_syntax_uid,
        size=vault.size_of(first.environment, first.digest, first.store),
        store=first.store,
        received_at=first.meta.received_at,
    )
    register = places.registers[first.meta.controller_oid]
    sender = places.sender(first.meta, register)
    if sender is not None:
        indexing.file_study(first, register, sender)  # it may have begun with a later file
    return later


def _offer(file: File, places: Places, *, superseded: bool) -> bool:
    """As it was offered when it came."""
    archived = rows.find(file.environment, file.meta.sop_instance_uid)
    register = places.registers.get(file.meta.controller_oid)
    sender = places.sender(file.meta, register) if register else None
    if archived is None or sender is None:
        return False
    peer = Peer(
        association_id=uuid7(),
        connection_id=sender.id,
        organisation_id=sender.organisation_id,
        organisation_name="",
        environment=file.environment,
        calling=file.meta.source_aet,
        called=file.meta.receiving_aet,
        address="rebuilt from the vault",
    )
    try:
        held = vault.read(file.environment, archived.digest, archived.store)
        with vault.Incoming(file.environment) as incoming:
            incoming.write(vault.read(file.environment, file.digest, file.store))
            sent = Sent(file.header, incoming, file.meta.transfer_syntax_uid, file.meta)
            corrections.offer(peer, archived, held, sent, superseded=superseded)
    except ArchiveError:
        return False
    return True


def _wake(environment: str) -> None:
    """Counts, manifests and register entries are made by registration, as ever."""
    fresh = Study.objects.filter(environment=environment, state=StudyState.RECEIVING)
    for study in fresh.iterator():
        registration.owe(study)
