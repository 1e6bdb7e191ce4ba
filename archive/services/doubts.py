"""Bytes that a refused object left in the vault: named by a row after all, or removed."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from archive import vault
from archive.errors import StorageGone
from archive.models import Environment, InstanceVersion
from archive.services import apart, integrity, rows

BYTES = UUID("019ac3a1-5e00-7000-8000-000000000002")  # names bytes in doubt
DOUBT_SECONDS = 600  # longer than any association takes from bytes to row
SETTLED_SECONDS = 2 * DOUBT_SECONDS  # by then all doubt is settled, done every few minutes


@dataclass(frozen=True, slots=True)
class _Doubted:
    """Bytes that are old enough to be judged."""

    environment: str
    digest: bytes

    @property
    def id(self) -> UUID:
        return uuid5(BYTES, f"{self.environment} {self.digest.hex()}")


def settle() -> int:
    """Take away the bytes of refused objects that no row has come to name, and remove those that
    are still nobody's when that was long ago; how many were removed.
    """
    found = [
        _Doubted(environment, digest)
        for environment in filter(_is_there, Environment.values)
        for digest in vault.doubted(environment, older_than=DOUBT_SECONDS)
    ]
    return apart.each("doubts", found, _settle, where=lambda each: each.environment)


def _is_there(environment: str) -> bool:
    """Else what is noted there is judged another time, and is nobody's to look into."""
    try:
        vault.require_stores([environment])
    except StorageGone:
        return False
    return True


def _settle(doubted: _Doubted) -> bool:
    """An object that comes again in the very moment may be told success of bytes that have just
    been judged: its row is there by the second time.
    """
    environment, digest = doubted.environment, doubted.digest
    uid = vault.whose_doubt(environment, digest)
    if uid is None:
        return False
    found = rows.find(environment, uid)
    if found is not None and found.is_destroyed:
        vault.remove(environment, digest)
    elif found is not None and _is_named(found, digest):
        vault.put_back(environment, digest)
        integrity.put_back(found.id, digest)
        return False
    elif vault.take_away(environment, digest, uid):
        return False
    vault.forget(environment, digest)
    return True


def _is_named(found: rows.Archived, digest: bytes) -> bool:
    versions = InstanceVersion.objects.filter(instance_id=found.id, digest=digest)
    return found.digest == digest or versions.exists()
