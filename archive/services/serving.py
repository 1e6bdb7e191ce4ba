"""The one door by which an object's bytes leave the archive: verified, and corrected (AR-7, AR-10).

An object that was never corrected goes out as it came in, byte for byte. A corrected one carries
Original Attributes Sequence (0400,0561) with what it said before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from archive import vault
from archive.errors import BytesDamaged, InstanceUnknown
from archive.models import CorrectionState, Instance, InstanceVersion
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

    def hold(self) -> Held:
        """Verified: the digest is read again each time (AR-10). The database is not touched:
        whoever gets BytesDamaged tells `damaged`. Raises BytesDamaged.
        """
        if self.is_damaged:
            raise BytesDamaged()
        try:
            held = vault.hold(self.environment, self.digest, self.size, self.store)
        except InstanceUnknown:
            raise BytesDamaged() from None
        if not self.modifications:
            return held
        with held:
            data = held.data()
        corrected = coercion.coerced(
            data, self.transfer_syntax_uid, self.values, list(self.modifications)
        )
        return Held(tuple(corrected))

    def damaged(self) -> None:
        """Its bytes are not what they were: they are set aside, and the desk told."""
        if not self.is_damaged:
            integrity.found_damaged(self.id)


_READ = (
    "id",
    "study",
    "environment",
    "sop_class_uid",
    "sop_instance_uid",
    "transfer_syntax_uid",
    "digest",
    "size",
    "store",
    "version",
    "rejection",
    "damaged_at",
)


def outgoing(instances: QuerySet[Instance]) -> Iterator[Outgoing]:
    """Of each that may be given out at all; rejected ones are left out but for quality, so say
    `available` first where those are not wanted either.
    """
    # Not joined: a study would be read, and made, as often as it has objects.
    for instance in instances.only(*_READ).prefetch_related("study__overlay"):
        if not correction.is_refused_again(instance.rejection):
            yield prepared(instance)


def prepared(instance: Instance) -> Outgoing:
    """Select its study and overlay with it."""
    values, modifications = _corrections(instance)
    return Outgoing(
        id=instance.id,
        study_id=instance.study_id,
        environment=instance.environment,
        sop_class_uid=instance.sop_class_uid,
        sop_instance_uid=instance.sop_instance_uid,
        transfer_syntax_uid=instance.transfer_syntax_uid,
        digest=bytes(instance.digest),
        size=instance.size,
        store=instance.store,
        is_damaged=instance.damaged_at is not None,
        values=values,
        modifications=tuple(modifications),
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
