"""What a person may look at of one archived object: its attributes, a picture, a recording, a
document. The digest is checked before anything is shown.
"""

from dataclasses import dataclass
from enum import StrEnum

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID

from archive import vault
from archive.errors import (
    Broken,
    BytesDamaged,
    DatasetUnreadable,
    InstanceUnknown,
    Unacceptable,
    Unsupported,
)
from archive.models import Instance
from archive.objects import deflated, rendering, waveform
from archive.services import integrity

MAX_BYTES = 256 << 20  # larger objects are described, not shown
PDF = "application/pdf"


class Shown(StrEnum):
    """How an object can be looked at."""

    PICTURE = "picture"
    RECORDING = "recording"
    DOCUMENT = "document"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Preview:
    """An object that was read, and how it is shown; `dataset` is None when it is too large."""

    instance: Instance
    dataset: Dataset | None
    kind: Shown
    frames: int = 0

    def picture(self, frame: int) -> bytes:
        """PNG. Raises NotFound, Unsupported."""
        return rendering.png(self._read(), frame)

    def recording(self) -> waveform.Recording:
        """Raises Unsupported."""
        return waveform.read(self._read())

    def document(self) -> bytes:
        """The PDF without its padding. Raises Unsupported, Unacceptable."""
        return pdf(self._read())

    def _read(self) -> Dataset:
        if self.dataset is None:
            raise Unsupported("object is too large to be shown")
        return self.dataset


def pdf(dataset: Dataset) -> bytes:
    """The encapsulated PDF without its padding. Raises Unsupported, Unacceptable."""
    if str(dataset.get("MIMETypeOfEncapsulatedDocument", "")).lower() != PDF:
        raise Unsupported("encapsulated document is no PDF")
    content = bytes(dataset.EncapsulatedDocument)
    length = int(dataset.get("EncapsulatedDocumentLength") or 0)
    content = content[:length] if 0 < length <= len(content) else content.rstrip(b"\0")
    if not content.startswith(b"%PDF-"):
        raise Unacceptable("encapsulated document does not begin as a PDF")
    return content


def of(instance: Instance) -> Preview:
    """Raises InstanceUnknown, BytesDamaged, InflatesTooFar, Broken."""
    if instance.size > MAX_BYTES:
        return Preview(instance, None, Shown.NOTHING)
    try:
        data = vault.read(instance.environment, bytes(instance.digest), instance.store)
    except (BytesDamaged, InstanceUnknown):  # what is damaged is never shown
        integrity.found_damaged(instance.id)
        raise
    dataset = _dataset(data, instance.transfer_syntax_uid)
    frames = rendering.frames(dataset)
    return Preview(instance, dataset, _kind(dataset, frames), frames)


def _dataset(data: bytes, transfer_syntax_uid: str) -> Dataset:
    try:
        dataset = deflated.dataset(data, transfer_syntax_uid, most=MAX_BYTES)
    except (DatasetUnreadable, ValueError, EOFError):
        raise Broken("archived object cannot be read") from None
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    return dataset


def _kind(dataset: Dataset, frames: int) -> Shown:
    if frames:
        return Shown.PICTURE
    if "WaveformSequence" in dataset:
        return Shown.RECORDING
    if "EncapsulatedDocument" in dataset:
        return Shown.DOCUMENT
    return Shown.NOTHING
