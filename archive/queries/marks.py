"""The marks of a study that other systems see too: presentation states and key objects."""

from dataclasses import dataclass

from archive import vault
from archive.errors import BytesDamaged, InstanceUnknown
from archive.models import Instance, Study
from archive.objects import marks
from archive.objects.marks import Mark

MOST = 50  # the newest, of one study on one page


@dataclass(frozen=True, slots=True)
class Marked:
    """An object that marks others; `mark` is None when its bytes are not what they were."""

    instance: Instance
    mark: Mark | None

    @property
    def is_key_object(self) -> bool:
        return self.instance.sop_class_uid == marks.KEY_OBJECTS


def of_study(study: Study) -> list[Marked]:
    """The newest first; each is read, for the index does not hold what it says."""
    rows = Instance.objects.available().filter(study=study, sop_class_uid__in=marks.CLASSES)
    return [_marked(row) for row in rows.select_related("series").order_by("-id")[:MOST]]


def _marked(row: Instance) -> Marked:
    try:
        data = vault.read(row.environment, bytes(row.digest), row.store)
    except (BytesDamaged, InstanceUnknown):
        return Marked(row, None)
    return Marked(row, marks.read(data, row.transfer_syntax_uid))
