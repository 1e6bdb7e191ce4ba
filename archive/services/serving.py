"""The one door by which an object's bytes leave the archive: verified, and corrected (AR-7, AR-10).

An object that was never corrected goes out as it came in, byte for byte. A corrected one carries
Original Attributes Sequence (0400,0561) with what it said before.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from archive import vault
from archive.errors import BytesDamaged, InstanceUnknown
from archive.models import CorrectionState, Instance, InstanceVersion
from archive.objects import coercion
from archive.objects.coercion import Modification
from archive.rules import correction
from archive.services import integrity


@dataclass(frozen=True, slots=True)
class Served:
    """A data set as it is given out, without preamble and file meta information."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    pieces: tuple[bytes | memoryview, ...]

    @property
    def size(self) -> int:
        return sum(len(piece) for piece in self.pieces)

    def chunks(self, size: int = 1 << 20) -> Iterator[memoryview]:
        """For a sender that writes as it goes."""
        for piece in self.pieces:
            whole = memoryview(piece)
            for start in range(0, len(whole), size):
                yield whole[start : start + size]

    def read(self) -> bytes:
        return b"".join(self.pieces)


def served(instance: Instance) -> Served:
    """What is given out of an object; select its study and overlay with it.

    Raises InstanceUnknown for one that is rejected and not for quality, BytesDamaged for one that
    is: by then it is set aside and on the desk.
    """
    if correction.is_refused_again(instance.rejection):
        raise InstanceUnknown()
    data = _verified(instance)
    values, modifications = _corrections(instance)
    pieces: tuple[bytes | memoryview, ...] = (data,)
    if modifications:
        syntax = instance.transfer_syntax_uid
        pieces = tuple(coercion.coerced(data, syntax, values, modifications))
    return Served(
        instance.sop_class_uid, instance.sop_instance_uid, instance.transfer_syntax_uid, pieces
    )


def _verified(instance: Instance) -> bytes:
    """The digest is read again each time (AR-10: verification on retrieve)."""
    if instance.damaged_at is None:
        try:
            return vault.read(instance.environment, bytes(instance.digest), instance.store)
        except (BytesDamaged, InstanceUnknown):
            integrity.found_damaged(instance.id)
    raise BytesDamaged()


def _corrections(instance: Instance) -> tuple[dict[str, str], list[Modification]]:
    """What was corrected, oldest first: versions that were sent, then what is laid over them."""
    modifications = [
        Modification(
            at=row.correction.in_force_at or row.received_at,
            system=row.correction.connection.aet if row.correction.connection else "",
            originals=bytes(row.originals),
        )
        for row in _versions_in_force(instance)
        if row.correction is not None
    ]
    overlay = instance.study.overlay
    if overlay is None:
        return {}, modifications
    at = overlay.in_force_at or overlay.made_at
    return dict(overlay.values), [*modifications, Modification(at, coercion.SYSTEM)]


def _versions_in_force(instance: Instance) -> list[InstanceVersion]:
    if instance.version == 1:
        return []
    rows = InstanceVersion.objects.filter(
        instance=instance,
        number__lte=instance.version,
        correction__state=CorrectionState.IN_FORCE,
    )
    return list(rows.select_related("correction__connection").order_by("number"))
