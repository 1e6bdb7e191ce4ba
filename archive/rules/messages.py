"""Which HL7 messages are taken: type, event, processing id and version (HL-1). Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from archive.errors.persons import (
    EventUnknown,
    MessageTypeUnknown,
    ProcessingIdWrong,
    VersionUnsupported,
)
from archive.objects.adt import ADT, EVENTS, Header


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is understood in one environment."""

    versions: Collection[str]  # MSH-12
    processing_ids: Collection[str]  # MSH-11


def require_taken(header: Header, spoken: Spoken) -> None:
    """Raises MessageTypeUnknown, EventUnknown, ProcessingIdWrong, VersionUnsupported."""
    if header.message_type != ADT:
        raise MessageTypeUnknown(facts={"place": "MSH^1^9"})
    if header.event not in EVENTS:
        raise EventUnknown(facts={"place": "MSH^1^9"})
    if header.processing_id not in spoken.processing_ids:
        raise ProcessingIdWrong(facts={"place": "MSH^1^11"})
    if header.version not in spoken.versions:
        raise VersionUnsupported(facts={"place": "MSH^1^12"})
