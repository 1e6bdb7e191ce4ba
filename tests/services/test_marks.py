"""Presentation states and key objects are archived, found, and listed with their study (AR-6)."""

from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from archive import vault
from archive.models import CaseEvent, Instance, Study
from archive.objects import marks
from archive.objects.marks import Mark
from archive.services import marks as services
from tests import cast
from tests.cast import EXPLICIT, IMPLICIT, encoded
from tests.finding import find
from tests.objects import samples
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db")

GSPS = marks.PRESENTATION_STATES[0]
STUDY = "1.2.246.10.90000003.1"


def item(**values: Any) -> Dataset:
    made = Dataset()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def presentation_state(images: list[str], **columns: Any) -> Dataset:
    made = cast.dataset(
        SOPClassUID=GSPS,
        Modality="PR",
        SeriesInstanceUID=f"{STUDY}.9",
        SeriesDescription="Merkinnät",
        **columns,
    )
    del made.PixelData
    made.ContentLabel, made.ContentDescription = "LESION", "Keuhkon muutos"
    made.PresentationCreationDate = "20261121"
    references = [
        item(ReferencedSOPClassUID=cast.CT, ReferencedSOPInstanceUID=uid) for uid in images
    ]
    made.ReferencedSeriesSequence = [
        item(SeriesInstanceUID=f"{STUDY}.1", ReferencedImageSequence=Sequence(references))
    ]
    return made


def key_objects(images: list[str]) -> Dataset:
    made = cast.dataset(SOPClassUID=marks.KEY_OBJECTS, Modality="KO", ContentDate="20261122")
    del made.PixelData
    made.ConceptNameCodeSequence = [item(CodeValue="113000", CodeMeaning="Of Interest")]
    references = [
        item(ReferencedSOPClassUID=cast.CT, ReferencedSOPInstanceUID=uid) for uid in images
    ]
    series = item(SeriesInstanceUID=f"{STUDY}.1", ReferencedSOPSequence=Sequence(references))
    made.CurrentRequestedProcedureEvidenceSequence = [
        item(StudyInstanceUID=STUDY, ReferencedSeriesSequence=Sequence([series]))
    ]
    return made


def test_a_presentation_state_is_archived_found_and_listed_with_its_study() -> None:
    images = [cast.dataset() for _ in range(2)]
    state = presentation_state([str(image.SOPInstanceUID) for image in images])
    study = cast.store(*images, state)
    assert sorted(study.modalities) == ["CT", "PR"]
    found = find("SERIES", StudyInstanceUID=STUDY, Modality="PR", SeriesDescription="")
    assert [series["SeriesDescription"] for series in found] == ["Merkinnät"]
    (row,) = services.of_study(study)
    assert row.mark == Mark("Keuhkon muutos", "20261121", 2)
    assert row.instance.sop_instance_uid == state.SOPInstanceUID
    assert not row.is_key_object
    assert vault.read("production", bytes(row.instance.digest)) == encoded(state)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, samples.DEFLATED])
def test_what_a_mark_says_of_itself_is_read_in_any_encoding(syntax: str) -> None:
    state, keys = presentation_state(["1.2.3"]), key_objects(["1.2.3", "1.2.4"])
    assert marks.read(samples.encoded(state, syntax), syntax) == Mark(
        "Keuhkon muutos", "20261121", 1
    )
    assert marks.read(samples.encoded(keys, syntax), syntax) == Mark("Of Interest", "20261122", 2)


def test_what_cannot_be_read_says_nothing() -> None:
    assert marks.read(b"\x08\x00garbage", EXPLICIT) == Mark()
    assert marks.read(b"", samples.DEFLATED) == Mark()


def test_a_damaged_mark_is_listed_without_what_it_said_and_is_on_the_desk() -> None:
    study: Study = cast.store(presentation_state(["1.2.3"]))
    path = file_of("production", bytes(Instance.objects.get().digest))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    for _ in range(2):
        (row,) = services.of_study(study)
        assert row.mark is None and row.is_damaged
    assert Instance.objects.get().damaged_at is not None
    assert CaseEvent.objects.get(case__reason="bytes-damaged").study_id == study.id


def test_marks_are_read_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = presentation_state(["1.2.3"]), presentation_state(["1.2.3"] * 50)
    study = cast.store(small, large)
    sizes = {row.sop_instance_uid: row.size for row in study.instances.all()}
    for bound in ("LARGEST", "TOGETHER"):
        with monkeypatch.context() as patch:
            patch.setattr(services, bound, sizes[small.SOPInstanceUID])
            told = {row.instance.sop_instance_uid: row for row in services.of_study(study)}
        assert told[small.SOPInstanceUID].mark is not None
        unread = told[large.SOPInstanceUID]
        assert unread.mark is None and not unread.is_damaged
    monkeypatch.setattr(services, "TOGETHER", sum(sizes.values()) - 1)
    assert [row.mark is None for row in services.of_study(study)] == [False, True]
