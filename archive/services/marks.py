"""The marks of a study that other systems see too: presentation states and key objects.

The index does not hold what they say, so each is read, once and within bounds; damage that shows
here is dealt with as anywhere.
"""

from dataclasses import dataclass

from archive import vault
from archive.errors import BytesDamaged, InstanceUnknown
from archive.models import Instance, Study
from archive.objects import marks
from archive.objects.marks import Mark
from archive.services import integrity

MOST = 50  # the newest, of one study on one page
LARGEST = marks.LARGEST  # bytes of one that is read
TOGETHER = 16 << 20  # bytes of all that are read for one page


@dataclass(frozen=True, slots=True)
class Marked:
    """An object that marks others; `mark` is None when it is damaged, or too large to be read."""

    instance: Instance
    mark: Mark | None
    is_damaged: bool = False

    @property
    def is_key_object(self) -> bool:
        return self.instance.sop_class_uid == marks.KEY_OBJECTS


def of_study(study: Study) -> list[Marked]:
    """The newest first."""
    rows = Instance.objects.available().filter(study=study, sop_class_uid__in=marks.CLASSES)
    found: list[Marked] = []
    left = TOGETHER
    for row in rows.select_related("series").order_by("-id")[:MOST]:
        if row.damaged_at is not None:
            found.append(Marked(row, None, is_damaged=True))
        elif row.size > min(LARGEST, left):
            found.append(Marked(row, None))
        else:
            left -= row.size
            found.append(_read(row))
    return found


def _read(row: Instance) -> Marked:
    try:
        data = vault.read(row.environment, bytes(row.digest), row.store)
    except (BytesDamaged, InstanceUnknown):
        integrity.found_damaged(row.id)
        return Marked(row, None, is_damaged=True)
    return Marked(row, marks.read(data, row.transfer_syntax_uid))
