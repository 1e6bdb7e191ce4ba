"""The one door by which an object's bytes leave the archive: verified, and corrected (AR-7, AR-10).

An object that was never corrected goes out as it came in, byte for byte. A corrected one carries
Original Attributes Sequence (0400,0561) with what it said before.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from archive import vault
from archive.errors import BytesDamaged, InstanceUnknown
from archive.models import Correction, CorrectionState, Instance, InstanceVersion
from archive.objects import coercion
from archive.objects.coercion import Modification
from archive.rules import correction
from archive.services import integrity
from archive.vault import Held


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An object that may be given out, and all that is needed to read it without the database."""

    id: UUID
    study_id: UUID
    environment: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    digest: bytes
    size: int
    store: str
    is_damaged: bool
    values: Mapping[str, str]  # laid over what was sent
    modifications: tuple[Modification, ...]
    is_withdrawn: bool = False  # since it was listed: it is given no more

    def hold(self) -> Held:
        """Verified: the digest is read again each time (AR-10). The database is not touched:
        whoever gets BytesDamaged tells `damaged`. Raises BytesDamaged, InstanceUnknown.
        """
        if self.is_withdrawn:
            raise InstanceUnknown("withdrawn since it was listed")
        if self.is_damaged:
            raise BytesDamaged()
        try:
            held = vault.hold(self.environment, self.digest, self.size, self.store)
        except InstanceUnknown:
            raise BytesDamaged() from None
        if not self.modifications:
            return held
        try:
            with held.view() as data:
                head, rest = coercion.coerced(
                    data, self.transfer_syntax_uid, self.values, self.modifications
                )
            return held.behind(head, rest)
        except BaseException:
            held.close()
            raise

    def damaged(self) -> None:
        """Its bytes are not what they were: they are set aside, and the desk told."""
        if not self.is_damaged:
            integrity.found_damaged(self.id)


class _Row(NamedTuple):
    """What is read of an object: all that an uncorrected one needs."""

    id: UUID
    study_id: UUID
    environment: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    digest: bytes | memoryview
    size: int
    store: str
    version: int
    rejection: str
    damaged_at: datetime | None


def outgoing(instances: QuerySet[Instance]) -> Iterator[Outgoing]:
    """Of each that may be given out at all; rejected ones are left out but for quality, so say
    `available` first where those are not wanted either.
    """
    found = list(instances.values_list("study__overlay_id", *_Row._fields))
    # Not joined whole: an overlay would be read as often as its study has objects.
    overlays = Correction.objects.in_bulk({overlay_id for overlay_id, *_ in found} - {None})
    for overlay_id, *values in found:
        row = _Row._make(values)
        if not correction.is_refused_again(row.rejection):
            yield _prepared(row, overlays.get(overlay_id))


def prepared(instance: Instance) -> Outgoing:
    """Select its study and overlay with it."""
    row = _Row._make(getattr(instance, name) for name in _Row._fields)
    return _prepared(row, instance.study.overlay)


def _prepared(row: _Row, overlay: Correction | None) -> Outgoing:
    return Outgoing(
        id=row.id,
        study_id=row.study_id,
        environment=row.environment,
        sop_class_uid=row.sop_class_uid,
        sop_instance_uid=row.sop_instance_uid,
        transfer_syntax_uid=row.transfer_syntax_uid,
        digest=bytes(row.digest),
        size=row.size,
        store=row.store,
        is_damaged=row.damaged_at is not None,
        values=dict(overlay.values) if overlay is not None else {},
        modifications=tuple(_modifications(row, overlay)),
    )


def served(instance: Instance) -> Held:
    """One object, at once; select its study and overlay with it.

    Raises InstanceUnknown for one that is rejected and not for quality, BytesDamaged for one that
    is: by then it is set aside and on the desk.
    """
    if correction.is_refused_again(instance.rejection):
        raise InstanceUnknown()
    found = prepared(instance)
    try:
        return found.hold()
    except BytesDamaged:
        found.damaged()
        raise


def _modifications(row: _Row, overlay: Correction | None) -> Iterator[Modification]:
    """What was corrected, oldest first: versions that were sent, then what is laid over them."""
    for version in _versions_in_force(row):
        if version.correction is not None:
            connection = version.correction.connection
            yield Modification(
                at=version.correction.in_force_at or version.received_at,
                system=connection.aet if connection else "",
                originals=bytes(version.originals),
            )
    if overlay is not None:
        yield Modification(overlay.in_force_at or overlay.made_at, coercion.SYSTEM)


def _versions_in_force(row: _Row) -> Iterable[InstanceVersion]:
    if row.version == 1:
        return ()
    rows = InstanceVersion.objects.filter(
        instance_id=row.id, number__lte=row.version, correction__state=CorrectionState.IN_FORCE
    )
    return rows.select_related("correction__connection").order_by("number")
