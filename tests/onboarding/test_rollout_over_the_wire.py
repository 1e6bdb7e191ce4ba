"""The rollout test driven by dcmtk's own tools against a real listener (ON-4)."""

from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import FileMetaDataset

from archive.models import LedgerEvent, User
from onboarding.models import Joining, RolloutRun, RolloutStep, StepState
from onboarding.rules import rollout as rules
from onboarding.services import rights, rollout
from tests import cast
from tests.edges.dicom.listening import VERIFICATION, Listening, dcmtk, listening

pytestmark = pytest.mark.journey

AS_TEST = ("-aet", "ESIM_TEST", "-aec", "KANTATEST")  # the last of an option counts


@pytest.fixture
def listener(fresh_database: str, free_port: int) -> Iterator[Listening]:
    started = listening(free_port, {})
    yield started
    started.stop()
    print(started.log.read_text())


@pytest.fixture
def run(fresh_database: str) -> RolloutRun:
    Joining.objects.filter(organisation=cast.organisation()).update(content_types=["ct"])
    me = rights.person(User.objects.get(username="esim"), cast.organisation())
    return rollout.start(me, cast.organisation())


def state(run: RolloutRun, kind: str) -> str:
    rollout.observe(run)
    return RolloutStep.objects.get(run=run, kind=kind).state


def written(path: Path, **overrides: str) -> Path:
    made = cast.dataset(**overrides)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = cast.EXPLICIT
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    pydicom.dcmwrite(path, made, enforce_file_format=True)
    return path


def test_dcmtk_ticks_echo_store_and_refusal(
    listener: Listening, run: RolloutRun, tmp_path: Path
) -> None:
    patient = run.patients[0]
    assert state(run, "echo") == StepState.WAITING
    echoed = dcmtk("echoscu", listener.port, *AS_TEST, "--repeat", "3")
    assert echoed.returncode == 0, echoed.stderr
    assert state(run, "echo") == StepState.PASSED
    good = written(tmp_path / "good.dcm", PatientID=patient)
    stored = dcmtk("storescu", listener.port, *AS_TEST, good)
    assert stored.returncode == 0, stored.stderr
    assert state(run, "store") == StepState.PASSED
    bad = written(
        tmp_path / "bad.dcm",
        PatientID=patient,
        StudyDescription="ZZ9ZZ test",
        AccessionNumber=rules.bad_accession(run.number),
    )
    dcmtk("storescu", listener.port, *AS_TEST, bad)
    assert state(run, "refusal") == StepState.PASSED
    assert state(run, "registration") == StepState.WAITING


def test_an_association_leaves_one_trace_however_often_it_echoes(listener: Listening) -> None:
    echo = (VERIFICATION, cast.IMPLICIT)
    with listener.associate(echo, calling="ESIM_TEST", called="KANTATEST") as assoc:
        assert [assoc.send_c_echo().Status for _ in range(3)] == [0, 0, 0]
    seen = LedgerEvent.objects.filter(kind="association.verified", environment="test")
    assert seen.count() == 1
