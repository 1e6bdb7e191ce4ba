"""The manifest is a Key Object Selection Document that others' tools read too."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset

from archive.errors import DatasetUnreadable
from archive.objects import manifest

CT, ECG, PDF, GSPS, SEG, SR = (
    f"1.2.840.10008.5.1.4.1.1.{ending}"
    for ending in ("2", "9.1.1", "104.1", "11.1", "66.4", "88.33")
)
CONTENT = manifest.ManifestContent(
    patient_id="010181-900C",
    patient_issuer="1.2.246.21",
    patient_name="Äijälä^Örjan Åke",
    birth_date="19810101",
    sex="M",
    study_uid="1.2.246.10.90000012.3.1",
    study_date="20250714",
    study_time="101112",
    accession="A1",
    accession_issuer="1.2.246.10.90000012.19.0",
    study_description="AA1AD Pään TT",
    study_id="1",
    series=(
        ("1.2.3.1", "CT", ((CT, "1.2.3.1.1"), (CT, "1.2.3.1.2"))),
        ("1.2.3.2", "ECG", ((ECG, "1.2.3.2.1"),)),
        ("1.2.3.3", "DOC", ((PDF, "1.2.3.3.1"),)),
    ),
    retrieve_aet="KANTA",
    retrieve_location_uid="1.2.246.10.2462460.42",
    instance_uid="2.25.11",
    series_uid="2.25.12",
    made_at=datetime(2025, 7, 14, 9, 0, 1, 500, tzinfo=UTC),
)


def decoded(content: manifest.ManifestContent = CONTENT) -> Dataset:
    return dcmread(BytesIO(manifest.build(content)), force=True)


def saved(content: manifest.ManifestContent, folder: Path) -> Path:
    """The manifest as a Part 10 file, for tools that take files."""
    dataset = decoded(content)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = manifest.transfer_syntax_uid
    dcmwrite(folder / "manifest.dcm", dataset, enforce_file_format=True)
    return folder / "manifest.dcm"


def test_it_belongs_to_the_study_but_has_its_own_series() -> None:
    dataset = decoded()
    assert dataset.SOPClassUID == manifest.sop_class_uid
    assert dataset.Modality == "KO"
    assert dataset.StudyInstanceUID == CONTENT.study_uid
    assert dataset.SeriesInstanceUID == "2.25.12"
    assert dataset.ConceptNameCodeSequence[0].CodeValue == "113030"
    assert dataset.ContentTemplateSequence[0].TemplateIdentifier == "2010"
    assert str(dataset.PatientName) == "Äijälä^Örjan Åke"
    assert dataset.IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID == "1.2.246.21"
    assert dataset.ReferencedRequestSequence[0].AccessionNumber == "A1"


def test_content_time_is_local_as_the_study_time_is() -> None:
    assert decoded().ContentTime == "120001.000500"
    assert "TimezoneOffsetFromUTC" not in decoded()


def test_each_instance_is_a_content_item_and_a_piece_of_evidence() -> None:
    references = manifest.read(manifest.build(CONTENT))
    assert [(r.series_uid, r.instance_uid, r.value_type) for r in references] == [
        ("1.2.3.1", "1.2.3.1.1", "IMAGE"),
        ("1.2.3.1", "1.2.3.1.2", "IMAGE"),
        ("1.2.3.2", "1.2.3.2.1", "WAVEFORM"),
        ("1.2.3.3", "1.2.3.3.1", "COMPOSITE"),
    ]
    assert {r.retrieve_aet for r in references} == {"KANTA"}
    assert {r.retrieve_location_uid for r in references} == {"1.2.246.10.2462460.42"}


@pytest.mark.parametrize(
    ("class_uid", "expected"), [(GSPS, "COMPOSITE"), (SR, "COMPOSITE"), (SEG, "IMAGE")]
)
def test_the_value_type_follows_from_the_class(class_uid: str, expected: str) -> None:
    assert manifest.value_type(class_uid) == expected


def test_the_same_content_gives_the_same_bytes() -> None:
    assert manifest.build(CONTENT) == manifest.build(CONTENT)


def test_values_copied_from_a_careless_sender_do_not_stop_it() -> None:
    careless = replace(
        CONTENT,
        study_date="14.7.2025",
        study_time="12:60",
        accession="A" * 20,
        study_description="AA1AD " + "ä" * 90,
        sex="?",
        birth_date="",
    )
    dataset = decoded(careless)
    assert dataset.get_item("StudyDescription").value == careless.study_description.encode()
    assert len(manifest.read(manifest.build(careless))) == 4


def test_an_empty_manifest_is_not_made() -> None:
    with pytest.raises(ValueError, match="at least one"):
        manifest.build(replace(CONTENT, series=(("1.2.3.1", "CT", ()),)))


def test_a_manifest_whose_lists_disagree_is_not_read() -> None:
    dataset = decoded()
    del dataset.ContentSequence[-1]
    buffer = BytesIO()
    dcmwrite(buffer, dataset, implicit_vr=False, little_endian=True)
    with pytest.raises(DatasetUnreadable):
        manifest.read(buffer.getvalue())


@pytest.mark.parametrize("data", [b"", b"no manifest", manifest.build(CONTENT)[:700]])
def test_bytes_that_are_no_manifest_are_told_apart(data: bytes) -> None:
    with pytest.raises(DatasetUnreadable):
        manifest.read(data)


def test_dcmtk_reads_it_without_a_complaint(tmp_path: Path) -> None:
    path = saved(CONTENT, tmp_path)
    dumped = subprocess.run(["dcmdump", path], capture_output=True, timeout=20, check=True)
    printed = subprocess.run(
        ["dsrdump", "+U8", path], capture_output=True, timeout=20, check=True, text=True
    )
    assert dumped.stderr == b""
    # W: its value checker does not know UTF-8, and no version of it checks templates.
    assert [line for line in printed.stderr.splitlines() if not line.startswith("W:")] == []
    assert "Key Object Selection Document" in printed.stdout
    assert "Äijälä^Örjan Åke" in printed.stdout
    assert printed.stdout.count("<contains IMAGE:") == 2
    assert printed.stdout.count("<contains WAVEFORM:") == 1
    assert printed.stdout.count("<contains COMPOSITE:") == 1
