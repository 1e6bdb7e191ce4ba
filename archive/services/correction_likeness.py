"""What the objects of a study say of it, before and after a correction by their sender (AR-7)."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from uuid import UUID

from django.db.models import F, Q, QuerySet

from archive import vault
from archive.errors import ArchiveError, DatasetUnreadable, InstanceUnknown, StorageGone
from archive.errors.retention import StudyDestroyed
from archive.models import Correction, Instance, InstanceVersion, Study, StudyState
from archive.objects.header import Header
from archive.objects.study_facts import StudyFacts
from archive.services import series_told
from archive.services.rows import Archived


def are_alike(objects: QuerySet[Instance], versions: Mapping[UUID, InstanceVersion]) -> bool:
    """Whether all these objects of a study will say the same of whatever was corrected in any of
    them; what differs besides differed before.
    """
    changed: set[str] = set()
    said: list[StudyFacts] = []
    try:
        for row in objects.iterator():
            before = after = facts_in(row.environment, row)
            if row.id in versions:
                after = facts_in(row.environment, versions[row.id])
            changed.update(before.changes(after))
            said.append(after)
    except (InstanceUnknown, DatasetUnreadable):  # damaged
        return False
    return all(len({getattr(each, name) for each in said}) == 1 for name in changed)


# Versions that are not in force, and later.
LATER = Q(number__gt=F("instance__version"))


def to_come(correction: Correction) -> dict[UUID, InstanceVersion]:
    """Of each object the last that came, unless a later one is in force: that is its sender's word
    now.
    """
    rows = InstanceVersion.objects.filter(LATER, correction=correction).order_by("number")
    return {row.instance_id: row for row in rows}


def facts_in(environment: str, row: Instance | InstanceVersion) -> StudyFacts:
    """Raises InstanceUnknown, DatasetUnreadable."""
    return StudyFacts.of(_header_of(environment, row))


def _header_of(environment: str, row: Instance | InstanceVersion) -> Header:
    return vault.read_header(environment, bytes(row.digest), row.transfer_syntax_uid, row.store)


def say_what_finds(study_id: UUID, versions: Collection[InstanceVersion]) -> None:
    """The study and its series have what is in force now of what they are found by, and which is
    neither admitted nor filed: the referring physician, the steps and the orders. By the first of
    these that can be read.
    """
    series_told.say_again(versions)
    for version in versions:
        with suppress(InstanceUnknown, DatasetUnreadable):  # damaged
            header = _header_of(version.instance.environment, version)
            name = header.referring_physician[:324]
            Study.objects.filter(id=study_id).update(referring_physician=name)
            return


def overtaken(archived: Archived) -> ArchiveError | None:
    """What has happened since it was compared, that it cannot be taken any more. What another
    version has followed meanwhile is to be sent again, and compared with that one.
    """
    if Study.objects.filter(id=archived.study_id, state=StudyState.DESTROYED).exists():
        return StudyDestroyed()
    if not Instance.objects.filter(id=archived.id, version=archived.version).exists():
        return StorageGone("another version of the object came a moment ago")
    return None
