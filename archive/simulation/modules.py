"""Attribute modules of PS3.3 that the synthetic objects share."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from archive.simulation.world import Patient
from archive.values import HELSINKI, HETU_ROOT

logging.getLogger("openjpeg").setLevel(logging.WARNING)  # tells each tile otherwise

STORAGE = "1.2.840.10008.5.1.4.1.1."


@dataclass(frozen=True, slots=True)
class Order:
    """What the customer's own systems settled before the examination."""

    patient: Patient = field(repr=False)
    accession: str
    controller: str  # the assigning authority of the accession number
    institution: str
    uid_root: str
    at: datetime
    seed: int
    charset: str = "ISO_IR 192"

    @property
    def study_uid(self) -> str:
        return self.uid_root


@dataclass(frozen=True, slots=True)
class Series:
    """Where an object stands in its study."""

    order: Order
    modality: str
    description: str  # of the study, code first
    number: int = 1
    name: str = ""

    @property
    def uid(self) -> str:
        return f"{self.order.uid_root}.{self.number}"


def instance(series: Series, class_ending: str, number: int) -> Dataset:
    """SOP Common, Patient, General Study, General Series and Equipment modules of one object."""
    order = series.order
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SpecificCharacterSet = order.charset
    dataset.SOPClassUID = STORAGE + class_ending
    dataset.SOPInstanceUID = f"{series.uid}.{number}"
    _put_patient(dataset, order.patient)
    _put_study(dataset, order, series.description)
    dataset.Modality = series.modality
    dataset.SeriesInstanceUID = series.uid
    dataset.SeriesNumber = series.number
    dataset.SeriesDescription = series.name
    dataset.Manufacturer = "Testilaite Oy"
    dataset.ManufacturerModelName = f"Mallikuvaus {series.modality}"
    dataset.InstitutionName = order.institution
    dataset.InstanceNumber = number
    return dataset


def _put_patient(dataset: Dataset, patient: Patient) -> None:
    dataset.PatientName = patient.name
    dataset.PatientID = patient.id
    dataset.IssuerOfPatientID = HETU_ROOT
    dataset.PatientBirthDate = patient.birth_date
    dataset.PatientSex = patient.sex


def _put_study(dataset: Dataset, order: Order, description: str) -> None:
    # Local time without an offset: what Finnish modalities send.
    local = order.at.astimezone(HELSINKI)
    day, at = local.strftime("%Y%m%d"), local.strftime("%H%M%S")
    dataset.StudyInstanceUID = order.study_uid
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = day
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = at
    dataset.AcquisitionDate, dataset.AcquisitionTime = day, at
    dataset.AccessionNumber = order.accession
    issuer = Dataset()
    issuer.UniversalEntityID, issuer.UniversalEntityIDType = order.controller, "ISO"
    dataset.IssuerOfAccessionNumberSequence = [issuer]
    dataset.ReferringPhysicianName = ""
    dataset.StudyID = "1"
    dataset.StudyDescription = description


def put_plane(
    dataset: Dataset, series: Series, *, position: float, spacing: float, thickness: float
) -> None:
    """Frame of Reference and Image Plane (C.7.4.1, C.7.6.2): an axial slice."""
    dataset.FrameOfReferenceUID = f"{series.uid}.0"
    dataset.PositionReferenceIndicator = ""
    dataset.PixelSpacing = [spacing, spacing]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.ImagePositionPatient = [-128 * spacing, -128 * spacing, position]
    dataset.SliceLocation = position
    dataset.SliceThickness = thickness


def put_grey(dataset: Dataset, pixels: NDArray[np.uint16]) -> None:
    """Image Pixel (C.7.6.3): 12 bits in 16, one sample."""
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW"


def put_colour(dataset: Dataset, frames: NDArray[np.uint8]) -> None:
    """RGB by pixel; several frames when there is more than one."""
    count, rows, columns, _ = frames.shape
    dataset.SamplesPerPixel = 3
    dataset.PhotometricInterpretation = "RGB"
    dataset.PlanarConfiguration = 0
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelRepresentation = 0
    dataset.LossyImageCompression = "00"
    if count > 1:
        dataset.NumberOfFrames = count
        dataset.FrameTime = 40
        dataset.FrameIncrementPointer = 0x00181063  # Frame Time
    pixels = frames.tobytes()
    dataset.PixelData = pixels + b"\0" * (len(pixels) % 2)
    dataset["PixelData"].VR = "OB"


def encode(dataset: Dataset, transfer_syntax: UID) -> None:
    """The object in another transfer syntax, losslessly and under the same UID."""
    if transfer_syntax.is_compressed:
        dataset.compress(transfer_syntax, generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = transfer_syntax


def code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
