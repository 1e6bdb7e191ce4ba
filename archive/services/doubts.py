"""Bytes that a refused object left in the vault: named by a row after all, or removed."""

from archive import vault
from archive.models import Environment, InstanceVersion
from archive.services import integrity, rows

DOUBT_SECONDS = 600  # longer than any association takes from bytes to row
SETTLED_SECONDS = 2 * DOUBT_SECONDS  # by then all doubt is settled, done every few minutes


def settle() -> int:
    """Take away the bytes of refused objects that no row has come to name, and remove those that
    are still nobody's when that was long ago; how many were removed.
    """
    return sum(
        _settle(environment, digest, uid)
        for environment in Environment.values
        for digest, uid in vault.doubted(environment, older_than=DOUBT_SECONDS)
    )


def _settle(environment: str, digest: bytes, uid: str) -> bool:
    """An object that comes again in the very moment may be told success of bytes that have just
    been judged: its row is there by the second time.
    """
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
