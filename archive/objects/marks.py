"""What a presentation state or a key object selection says of itself: PS3.3 C.11.10, C.17.6.

Their details are for viewers; here is only what a list of a study's marks needs.
"""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from archive.objects import charsets, deflated

KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
# Grayscale, colour, pseudo-colour, blending, XA/XRF: the softcopy presentation states.
PRESENTATION_STATES = tuple(f"1.2.840.10008.5.1.4.1.1.11.{last}" for last in range(1, 6))
LARGEST = 4 << 20  # bytes of one that are looked at, inflated if need be
CLASSES = (*PRESENTATION_STATES, KEY_OBJECTS)


@dataclass(frozen=True, slots=True)
class Mark:
    """`made_on` is a DA value as sent; `concerns` counts the objects it is about."""

    title: str = ""
    made_on: str = ""
    concerns: int = 0


def read(data: bytes, transfer_syntax_uid: str) -> Mark:
    """What can be read; nothing of what cannot."""
    try:
        with charsets.quiet():
            dataset = deflated.dataset(data, transfer_syntax_uid, most=LARGEST)
            dataset.decode()
            if dataset.get("SOPClassUID") == KEY_OBJECTS:
                return _key_objects(dataset)
            return _presentation_state(dataset)
    except Exception:  # pydicom raises what it likes
        return Mark()


def _presentation_state(dataset: Dataset) -> Mark:
    said = dataset.get("ContentDescription") or dataset.get("ContentLabel") or ""
    images = [
        image
        for series in dataset.get("ReferencedSeriesSequence") or ()
        for image in series.get("ReferencedImageSequence") or ()
    ]
    return Mark(str(said), str(dataset.get("PresentationCreationDate") or ""), len(images))


def _key_objects(dataset: Dataset) -> Mark:
    titles = dataset.get("ConceptNameCodeSequence") or ()
    title = str(titles[0].get("CodeMeaning") or "") if titles else ""
    referenced = [
        item
        for study in dataset.get("CurrentRequestedProcedureEvidenceSequence") or ()
        for series in study.get("ReferencedSeriesSequence") or ()
        for item in series.get("ReferencedSOPSequence") or ()
    ]
    return Mark(title, str(dataset.get("ContentDate") or ""), len(referenced))
