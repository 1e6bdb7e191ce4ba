"""Bytes that a refused object left in the vault: named by a row after all, or removed."""

from archive import vault
from archive.models import Environment, InstanceVersion
from archive.services import rows

DOUBT_SECONDS = 600  # longer than any association takes from bytes to row
SETTLED_SECONDS = 2 * DOUBT_SECONDS  # by then all doubt is settled, done every few minutes


def settle() -> int:
    """Remove the bytes of refused objects that no row has come to name; how many."""
    removed = 0
    for environment in Environment.values:
        for digest, uid in vault.doubted(environment, older_than=DOUBT_SECONDS):
            found = rows.find(environment, uid)
            named = found is not None and _is_named(found, digest)
            vault.settle_doubt(environment, digest, forget=not named)
            removed += not named
    return removed


def _is_named(found: rows.Archived, digest: bytes) -> bool:
    if found.is_destroyed:
        return False
    versions = InstanceVersion.objects.filter(instance_id=found.id, digest=digest)
    return found.digest == digest or versions.exists()
