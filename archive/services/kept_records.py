"""Records of decisions in the vault: read again in rounds, and on the desk while they cannot be
(AR-10).
"""

from collections.abc import Collection, Iterator
from itertools import islice
from uuid import UUID, uuid5

from archive import vault
from archive.errors import BytesDamaged
from archive.models import Environment
from archive.services import error_desk
from archive.services.error_desk import What
from archive.services.rounds import VERIFY, Slice

RECORDS = UUID("019ac3a1-5e00-7000-8000-000000000001")  # names the records of the vault
ROWS = 5_000  # of a slice at most


def report_damaged(environment: str, key: str) -> None:
    """A case, once."""
    error_desk.report(
        BytesDamaged(facts={"file": key}),
        environment=environment,
        place=VERIFY,
        what=What(subject_id=_subject(key)),
        once=True,
    )


def _subject(key: str) -> UUID:
    return uuid5(RECORDS, key)


def settle(environment: str, *, but: Collection[str] = ()) -> None:
    """Records that were put back are damaged no more."""
    told = error_desk.open_events(environment, VERIFY, "file")
    for key in told.values_list("facts__file", flat=True):
        if key not in but and _is_whole(key):
            error_desk.settle(_subject(key), VERIFY.step)


def _is_whole(key: str) -> bool:
    try:
        return bool(vault.check_record(key))
    except BytesDamaged:
        return False


def look(position: str, budget: int) -> Slice:
    """So many bytes of records, behind a position."""
    checked = size = found = 0
    key = ""
    for key in islice(_behind(position), ROWS):
        environment = key.partition("/")[0]
        checked += 1
        try:
            size += vault.check_record(key)
        except BytesDamaged:
            found += 1
            report_damaged(environment, key)
        if size >= budget:
            return Slice(key, checked, size, found)
    return Slice(key if checked == ROWS else "", checked, size, found)


def _behind(position: str) -> Iterator[str]:
    for environment in sorted(Environment.values):
        if environment >= position.partition("/")[0]:
            yield from vault.records_behind(environment, position)
