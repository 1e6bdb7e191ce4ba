"""The registers of a controller: the default one, and those that documents name (XD-2)."""

from archive.errors import MetadataInvalid
from archive.models import Register, RegisterType
from archive.objects.registry import DocumentEntry


def of_entries(entries: tuple[DocumentEntry, ...]) -> dict[str, Register]:
    """The register of each entry, by entry UUID; one that is named for the first time is made.

    Raises MetadataInvalid when the controller is nobody's here.
    """
    rows = Register.objects.filter(
        controller_oid__in={entry.controller_oid for entry in entries}, is_default=True
    )
    defaults = {row.controller_oid: row for row in rows}
    return {entry.uuid: _of_entry(entry, defaults) for entry in entries}


def _of_entry(entry: DocumentEntry, defaults: dict[str, Register]) -> Register:
    own = defaults.get(entry.controller_oid)
    if own is None:
        raise MetadataInvalid("author institution is no data controller here")
    kind, specifier = entry.register_type or own.type, entry.register_specifier
    if (kind, specifier) == (own.type, own.specifier):
        return own
    if kind not in RegisterType.values:
        raise MetadataInvalid("type of the register is unknown")
    row, _ = Register.objects.get_or_create(
        controller_oid=own.controller_oid,
        type=kind,
        specifier=specifier,
        defaults={"organisation_id": own.organisation_id},
    )
    return row
