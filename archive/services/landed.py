"""Small objects that landed in the vault are given files of their own when nobody waits for it.

Their rows were committed without a sync (`rows.say`). So each object stays where it landed until
its row is on the disk, and what a database that broke down has forgotten is taken in again from
there (NF-4, AR-10).
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID, uuid5

from django.db import InterfaceError, OperationalError, transaction

from archive import locks, vault
from archive.errors import ArchiveError, StorageGone
from archive.models import Environment, Register, Study
from archive.queries import database, standing
from archive.rules.admission import Policy
from archive.services import apart, filing, indexing, nameless, policies, reconciliation, rows
from archive.services.indexing import File, Indexed, Places
from archive.vault import Landed

log = logging.getLogger(__name__)

QUIET_SECONDS = 2.0  # since something came: whoever sends is not to wait for this
LANDED = UUID("019ac3a1-5e00-7000-8000-000000000003")  # names the landing of an environment
AT_ONCE = 500  # looked for together


def give_files(quiet_seconds: float = QUIET_SECONDS) -> int:
    """How many were given one. What cannot be now stays where it landed, and stands on the desk."""

    def give(landing: _Landing) -> int:
        while True:
            try:
                vault.give_files(landing.environment, quiet_seconds, landing.require_rows)
            except _Forgotten as found:
                forgotten = _all_with(landing.environment, found.landed)
                _take_in(landing.environment, forgotten)
                landing.asked.update(found.landed, forgotten)
            else:
                return landing.given

    landings = [_Landing(each) for each in Environment.values]
    return apart.each("landed", landings, give, where=lambda each: each.environment)


@dataclass(slots=True)
class _Landing:
    environment: str
    given: int = 0
    asked: set[Landed] = field(default_factory=set)  # taken in by now, or no row is to name them

    @property
    def id(self) -> UUID:
        return uuid5(LANDED, self.environment)

    def require_rows(self, batch: Sequence[Landed]) -> None:
        """The rows of the batch are on the disk on return. Raises _Forgotten: they are not made
        again here, where a segment is held, since who holds their study may wait for it.
        """
        unasked = [each for each in batch if each not in self.asked]
        forgotten = _without_rows(self.environment, unasked)
        if forgotten:
            raise _Forgotten(forgotten)
        rows.make_durable()
        self.given += len(batch)


class _Forgotten(Exception):
    """Objects that landed and have no row."""

    def __init__(self, landed: list[Landed]) -> None:
        self.landed = landed


def take_in_forgotten() -> int:
    """Of all that landed; how many rows were made again. Raises StorageGone, DatabaseError."""
    made = 0
    for environment in Environment.values:
        made += _take_in(environment, _forgotten(environment))
    return made


class Watch:
    """For a process that answers from the database."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._looked_after: str | None = None

    def look(self) -> str:
        """Take in what the database may have forgotten, once for each time that it broke down;
        since when it has not. Empty where that could not be looked at. Raises DatabaseError.
        """
        since = database.unbroken_since()
        with self._lock:  # whoever comes meanwhile is answered when all is there
            if since != self._looked_after:
                try:
                    take_in_forgotten()
                except (ArchiveError, OSError) as error:
                    log.error("what landed was not looked at: %s", error)
                    return ""
                self._looked_after = since
        return since


watch = Watch()


def _forgotten(environment: str) -> list[Landed]:
    return _without_rows(environment, vault.all_landed(environment))


def _all_with(environment: str, found: list[Landed]) -> list[Landed]:
    """As a rule they are a few of many, wherever those landed. What cannot be read there hinders
    nothing of these.
    """
    try:
        return _forgotten(environment)
    except StorageGone as error:
        log.error("not all that landed can be looked at: %s", error.detail)
        return found


def _without_rows(environment: str, landed: Sequence[Landed]) -> list[Landed]:
    named = set[tuple[str, bytes]]()
    for start in range(0, len(landed), AT_ONCE):
        said = [(each.sop_instance_uid, each.digest) for each in landed[start : start + AT_ONCE]]
        named |= reconciliation.all_named(environment, said)
    return [each for each in landed if (each.sop_instance_uid, each.digest) not in named]


def _take_in(environment: str, forgotten: Sequence[Landed]) -> int:
    """How many have a row again. The senders of the others were refused, or not answered: nothing
    was promised of them, and reconciliation tells of those that stay.
    """
    if not forgotten:
        return 0
    places = Places.read()
    # Of two with one UID the first was answered; the other may be a correction that was not.
    in_turn = sorted(set(forgotten), key=lambda each: each.received_at)
    policy = policies.for_association(environment)
    return sum(_is_taken_in(environment, each, places, policy) for each in in_turn)


@contextmanager
def _hindering_no_other(landed: Landed) -> Iterator[None]:
    """Raises what passes, to be looked at again: StorageGone, OSError, OperationalError."""
    try:
        yield
    except (StorageGone, OSError, OperationalError, InterfaceError):
        raise
    except Exception as raised:
        told = landed.digest.hex(), type(raised).__name__  # not more: it may quote the patient
        log.error("not taken in again: an object that landed, %s: %s", *told)


def _is_taken_in(environment: str, landed: Landed, places: Places, policy: Policy) -> bool:
    if vault.is_doubted(environment, landed.digest):
        return False
    outcome = None
    with _hindering_no_other(landed):
        store = vault.where(environment, landed.digest)
        file = indexing.open_file(environment, landed.digest, store)
        with transaction.atomic():
            outcome = nameless.take_in(file, places, policy) if _belongs(file, places) else None
    if outcome is Indexed.ADDED:
        log.warning("taken in again: an object that landed, %s", landed.digest.hex())
    return outcome in (Indexed.ADDED, Indexed.KNOWN)


def _belongs(file: File, places: Places) -> bool:
    """Whether its study is there, as it was when the object was admitted: a row that is lost came
    after its study's. Held, so that no row is on its way.
    """
    rows_ = Study.objects.filter(
        environment=file.environment, study_instance_uid=file.header.study_instance_uid
    )
    study = rows_.select_related("register", "patient").first()
    if study is None or not _is_in_reach(study.register, file, places):
        return False
    locks.hold(study.id)
    patient = filing.find_patient(file.environment, indexing.identifier_of(file))
    return patient is not None and standing.person_id(patient) == standing.person_id(study.patient)


def _is_in_reach(register: Register, file: File, places: Places) -> bool:
    """The register that the object names, or another of its sender's, which names its own: a study
    may stand in one that has passed to it.
    """
    if register.controller_oid == file.meta.controller_oid:
        return True
    named = places.registers.get(file.meta.controller_oid)
    sender = places.sender(file.meta, named) if named else None
    if named is None or sender is None:
        return False
    return register.organisation_id == named.organisation_id == sender.organisation_id
