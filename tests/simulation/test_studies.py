"""Synthetic studies are valid enough to be somebody's, and are nobody's."""

import csv
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from archive.config import ROOT
from archive.simulation import heartbeat, pdf, studies
from archive.simulation.modules import Order
from archive.simulation.world import Patient
from archive.values import StudyCode, Uid

PATIENT = Patient("010181-900C", "Äijälä^Örjan Åke")


def order(
    seed: int = 1, root: str = "1.2.246.10.90000011.3.7.1", charset: str = "ISO_IR 192"
) -> Order:
    return Order(
        patient=PATIENT,
        accession="A1",
        controller="1.2.246.10.90000011.19.0",
        institution="Esimerkkilän hyvinvointialue",
        uid_root=root,
        at=datetime(2025, 7, 14, 9, 0, tzinfo=UTC),
        seed=seed,
        charset=charset,
    )


@pytest.fixture(params=studies.KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_object_names_its_patient_order_and_code(kind: str) -> None:
    study = studies.make(kind, order())
    for dataset in study.datasets:
        assert dataset.PatientID == "010181-900C"
        assert dataset.IssuerOfPatientID == "1.2.246.21"
        assert dataset.PatientSex == "F" and dataset.PatientBirthDate == "19810101"
        assert dataset.AccessionNumber == "A1"
        assert dataset.StudyTime == "120000"
        assert dataset.StudyInstanceUID == study.study_uid
        assert (StudyCode.leading(dataset.StudyDescription) or "") == study.code
        assert Uid(dataset.SOPInstanceUID).startswith("1.2.246.10.90000011.")


def test_every_object_has_its_own_uid(kind: str) -> None:
    uids = [dataset.SOPInstanceUID for dataset in studies.make(kind, order()).datasets]
    assert len(set(uids)) == len(uids)


def test_the_seed_settles_the_content_and_the_order_the_uids(kind: str) -> None:
    def bulk(dataset: Dataset) -> object:
        waveform = dataset.get("WaveformSequence")
        return waveform[0].WaveformData if waveform else dataset.get("PixelData")

    first = studies.make(kind, order(3))
    again = studies.make(kind, order(3, root="1.2.246.10.90000011.3.7.2"))
    assert [bulk(d) for d in first.datasets] == [bulk(d) for d in again.datasets]
    assert not {d.SOPInstanceUID for d in first.datasets} & {
        d.SOPInstanceUID for d in again.datasets
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("pictures", ["ct", "cr", "us", "mr"])
def test_pixels_decode_in_every_transfer_syntax(pictures: str, seed: int) -> None:
    dataset = studies.make(pictures, order(seed)).datasets[0]
    assert dataset.pixel_array.std() > 10


@pytest.mark.parametrize("charset", ["ISO_IR 100", "ISO_IR 192"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_dcmtk_reads_every_kind_and_syntax(
    kind: str, seed: int, charset: str, tmp_path: Path
) -> None:
    dataset = studies.make(kind, order(seed, charset=charset)).datasets[-1]
    dataset.save_as(tmp_path / "object.dcm", enforce_file_format=True)
    dumped = subprocess.run(
        ["dcmdump", "+U8", tmp_path / "object.dcm"], capture_output=True, timeout=20, check=True
    )
    assert dumped.stderr == b""
    assert "Äijälä^Örjan Åke".encode() in dumped.stdout


def test_several_transfer_syntaxes_occur() -> None:
    syntaxes = {
        studies.make(kind, order(seed)).datasets[0].file_meta.TransferSyntaxUID.name
        for kind in studies.KINDS
        for seed in (1, 2, 3)
    }
    assert len(syntaxes) >= 4


def test_limb_leads_obey_einthoven() -> None:
    trace = {
        lead: column
        for (lead, _), column in zip(heartbeat.LEADS, heartbeat.recording(1).T, strict=True)
    }
    assert abs(trace["Lead I"] + trace["Lead III"] - trace["Lead II"]).max() <= 2  # rounding
    assert 200 < trace["Lead II"].max() < 800  # 0.5 to 2 millivolts


def test_the_pdf_says_where_its_objects_are() -> None:
    document = pdf.page("Rasitus-EKG", ["Syke (max) 170/min"])
    table = int(document.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert document[table:].startswith(b"xref\n0 6\n")
    for number, row in enumerate(document[table:].split(b"\n")[3:8], start=1):
        assert document[int(row[:10]) :].startswith(b"%d 0 obj" % number)


def test_every_code_is_on_the_list_that_a_new_database_begins_with() -> None:
    with (ROOT / "archive/reference/study_codes.csv").open(encoding="utf-8", newline="") as file:
        known = {row["code"]: row["name_fi"] for row in csv.DictReader(file)}
    for choices in studies.EXAMINATIONS.values():
        for examination in choices:
            assert not examination.code or known[examination.code] == examination.name


def test_only_900_series_persons_are_sent() -> None:
    with pytest.raises(ValueError, match="900-series"):
        Patient("131052-308T", "Oikea^Ihminen")


def test_a_patient_is_never_printed() -> None:
    assert "900C" not in repr(studies.make("pdf", order())) + repr(order())
