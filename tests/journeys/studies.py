"""Small CT studies as files, and the Patient Data Repository's documents about them."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset

from archive import vault
from archive.simulation import documents, modules, repository, sender
from archive.simulation.documents import CareDocument
from archive.simulation.modules import Order, Series
from archive.simulation.world import PRODUCTION
from archive.stores.files import FileStore
from archive.values import now
from tests.journeys.system import System
from tests.notes import QUALITY, note

CT = "1.2.840.10008.5.1.4.1.1.2"
CODE, NAME = "AA1AD", "Pään TT"
KINDS = ("request", "study-entry")


def ct(
    order: Order, count: int, *, series: int = 1, since: int = 1, size: int = 32
) -> list[Dataset]:
    """So many slices, spread over the series."""
    random = np.random.default_rng(order.seed)
    made = []
    for number in range(since, since + count):
        of = Series(order, "CT", f"{CODE} {NAME}", number % series + 1, f"Sarja {number % series}")
        dataset = modules.instance(of, "2", number)
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = -1024, 1, "HU"
        modules.put_plane(dataset, of, position=number * 5.0, spacing=0.9, thickness=5.0)
        modules.put_grey(dataset, random.integers(0, 4096, (size, size)).astype(np.uint16))
        made.append(dataset)
    return made


def written(datasets: Sequence[Dataset], folder: Path) -> Path:
    """Part 10 files named by their SOP Instance UID."""
    folder.mkdir(exist_ok=True)
    for dataset in datasets:
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dcmwrite(folder / dataset.SOPInstanceUID, dataset, enforce_file_format=True)
    return folder


def rejection(dataset: Dataset) -> Dataset:
    """A note that the object is of poor quality."""
    told = [
        *("SpecificCharacterSet", "PatientID", "IssuerOfPatientID", "PatientName"),
        *("PatientBirthDate", "PatientSex", "AccessionNumber", "StudyDescription"),
        *("StudyDate", "StudyTime"),
    ]
    made = note(QUALITY, dataset, **{name: dataset.get(name) for name in told})
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    return made


def references(datasets: Sequence[Dataset]) -> list[tuple[str, str]]:
    """As a commitment request names them."""
    return [(CT, str(dataset.SOPInstanceUID)) for dataset in datasets]


def commit(system: System, datasets: Sequence[Dataset], aet: str = "ESIM_PACS") -> None:
    """Ask, and have all of it confirmed on the same association; it need not be quiet then."""
    report = sender.commit(system.peer(aet), references(datasets), patience=20)
    assert report is not None, "no report came"
    assert set(report.committed) == {dataset.SOPInstanceUID for dataset in datasets}
    assert report.failed == ()


def document(order: Order, kind: str) -> bytes:
    """An ITI-42 message; a request does not know the study yet."""
    return documents.message(care_document(order, kind))


def care_document(order: Order, kind: str) -> CareDocument:
    return CareDocument(
        kind=kind,
        patient_id=order.patient.id,
        accession=order.accession,
        study_uid="" if kind == "request" else order.study_uid,
        controller=order.controller,
        institution=order.institution,
        examination=documents.examination_code(CODE, NAME),
        at=now(),
    )


def post(system: System, message: bytes, environment: str = PRODUCTION) -> None:
    """Raises DocumentRefused."""
    repository.post(system.world.web, system.world.repository(environment), message)


def post_documents(system: System, order: Order, environment: str = PRODUCTION) -> None:
    for kind in KINDS:
        post(system, document(order, kind), environment)


def kept_as_sent(
    system: System, sent: Path, names: set[str], environment: str = PRODUCTION
) -> None:
    """Each named object is archived once, and its file in the vault says what the sent one says."""
    rows = system.sql(
        "SELECT sop_instance_uid, encode(digest, 'hex') FROM archive_instance"
        " WHERE environment = %s AND sop_instance_uid = ANY(%s)",
        environment,
        sorted(names),
    )
    assert sorted(uid for uid, _ in rows) == sorted(names)
    for uid, digest in rows:
        kept = dcmread(BytesIO(file_of(system, environment, digest)))
        assert kept == dcmread(sent / uid), "the vault holds something else than was sent"


def file_of(system: System, environment: str, digest: str) -> bytes:
    """A small object's may be where it landed yet."""
    with FileStore(system.vault).open(vault.key_of(environment, bytes.fromhex(digest))) as file:
        return file.read()
