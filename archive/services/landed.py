"""Small objects that landed in the vault are given files of their own when nobody waits for it.

Their rows were committed without a sync (`rows.say`). So each object stays where it landed until
its row is on the disk, and what a database that broke down has forgotten is taken in again from
there (NF-4, AR-10).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from django.db import transaction

from archive import locks, vault
from archive.errors import ArchiveError, StorageGone
from archive.models import Environment, Instance, Study
from archive.queries import standing
from archive.services import apart, filing, indexing, nameless, reconciliation, rows
from archive.services.indexing import File, Indexed, Places
from archive.vault import Landed

log = logging.getLogger(__name__)

QUIET_SECONDS = 2.0  # since something came: whoever sends is not to wait for this
LANDED = UUID("019ac3a1-5e00-7000-8000-000000000003")  # names the landing of an environment
AT_ONCE = 500  # looked for by one statement


def give_files(quiet_seconds: float = QUIET_SECONDS) -> int:
    """How many were given one. What cannot be now stays where it landed, and stands on the desk."""

    def give(landing: _Landing) -> int:
        while True:
            try:
                vault.give_files(landing.environment, quiet_seconds, landing.require_rows)
            except _Forgotten as found:  # as a rule one of many, wherever they landed
                left = _left(landing.environment, _forgotten(landing.environment))
                landing.left |= found.digests | left  # each is tried once in a turn
            else:
                return landing.given

    landings = [_Landing(each) for each in Environment.values]
    return apart.each("landed", landings, give, where=lambda each: each.environment)


@dataclass(slots=True)
class _Landing:
    environment: str
    given: int = 0
    left: set[bytes] = field(default_factory=set)  # digests that no row is to name

    @property
    def id(self) -> UUID:
        return uuid5(LANDED, self.environment)

    def require_rows(self, batch: Sequence[Landed]) -> None:
        """The rows of the batch are on the disk on return. Raises _Forgotten: they are not made
        again here, where a segment is held, since who holds their study may wait for it.
        """
        without = {each.digest for each in _without_rows(self.environment, batch)}
        if without - self.left:
            raise _Forgotten(without)
        rows.make_durable()
        self.given += len(batch)


class _Forgotten(Exception):
    """Something that landed has no row."""

    def __init__(self, digests: set[bytes]) -> None:
        self.digests = digests


def take_in_forgotten() -> int:
    """Of all that landed; how many rows were made again. Raises StorageGone, DatabaseError."""
    made = 0
    for environment in Environment.values:
        forgotten = _forgotten(environment)
        made += len(forgotten) - len(_left(environment, forgotten))
    return made


def _forgotten(environment: str) -> list[Landed]:
    return _without_rows(environment, vault.all_landed(environment))


def _without_rows(environment: str, landed: Sequence[Landed]) -> list[Landed]:
    instances, named = Instance.objects.filter(environment=environment), set[tuple[str, bytes]]()
    for start in range(0, len(landed), AT_ONCE):
        uids = [each.sop_instance_uid for each in landed[start : start + AT_ONCE]]
        found = instances.filter(sop_instance_uid__in=uids)
        named.update(
            (uid, bytes(digest)) for uid, digest in found.values_list("sop_instance_uid", "digest")
        )
    return [
        each
        for each in landed
        if (each.sop_instance_uid, each.digest) not in named
        and not reconciliation.is_named(environment, each.digest, each.sop_instance_uid)
    ]


def _left(environment: str, forgotten: Sequence[Landed]) -> set[bytes]:
    """Those that have no row after all: their senders were refused, or not answered. Nothing was
    promised of them, and reconciliation tells of those that stay.
    """
    if not forgotten:
        return set()
    places = Places.read()
    return {each.digest for each in forgotten if not _is_taken_in(environment, each, places)}


def _is_taken_in(environment: str, landed: Landed, places: Places) -> bool:
    if vault.is_doubted(environment, landed.digest):
        return False
    try:
        store = vault.where(environment, landed.digest)
        file = indexing.open_file(environment, landed.digest, store)
        with transaction.atomic():
            outcome = nameless.take_in(file, places) if _belongs(file) else None
    except StorageGone:
        raise
    except (ArchiveError, ValueError):  # ValueError: no patient's identifier
        return False
    if outcome is Indexed.ADDED:
        log.warning("taken in again: an object that landed, %s", landed.digest.hex())
    return outcome in (Indexed.ADDED, Indexed.KNOWN)


def _belongs(file: File) -> bool:
    """Whether its study is there, as it was when the object was admitted: a row that is lost came
    after its study's. Held, so that no row is on its way.
    """
    rows_ = Study.objects.filter(
        environment=file.environment, study_instance_uid=file.header.study_instance_uid
    )
    study = rows_.select_related("register", "patient").first()
    if study is None or study.register.controller_oid != file.meta.controller_oid:
        return False
    locks.hold(study.id)
    patient = filing.find_patient(file.environment, indexing.identifier_of(file))
    return patient is not None and standing.person_id(patient) == standing.person_id(study.patient)
