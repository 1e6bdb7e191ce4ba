"""Objects to send: studies of one shape, written as files, new UIDs each time.

They are of a 900-series patient of the demo world and admitted as any customer's would be.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from archive.simulation import phantoms
from archive.simulation.modules import Order, Series, instance, put_grey, put_plane
from archive.simulation.studies import CT, EXAMINATIONS
from archive.simulation.world import Customer, Patient
from archive.values import now


@dataclass(frozen=True, slots=True)
class Shape:
    """An axial slice of so many rows and columns, two bytes each."""

    name: str
    size: int


SMALL = Shape("small (14 kB)", 84)
CT_SIZED = Shape("CT (526 kB)", 512)
SHAPES = {"small": SMALL, "ct": CT_SIZED}


@dataclass(frozen=True, slots=True)
class Folder:
    """One study in one folder: what one association sends."""

    path: Path
    study_uid: str
    objects: int


class Maker:
    """Makes studies of one customer and patient."""

    def __init__(self, customer: Customer, patient: Patient) -> None:
        self.customer = customer
        self.patient = patient
        self.run = secrets.randbelow(10**12)
        self.count = 0

    def order(self) -> Order:
        self.count += 1
        return Order(
            patient=self.patient,
            accession=f"B{self.run % 10**9}-{self.count}",  # at most 16 characters, VR SH
            controller=self.customer.controller_oid,
            institution=self.customer.name,
            uid_root=f"{self.customer.arc}.3.{self.run}.{self.count}",
            at=now(),
            seed=self.count,
        )

    def write(self, folder: Path, shape: Shape, objects: int) -> Folder:
        """One study with so many objects."""
        return write(folder, self.order(), shape, objects)


def write(folder: Path, order: Order, shape: Shape, objects: int) -> Folder:
    folder.mkdir(parents=True)
    pixels = phantoms.head_ct(0.0, np.random.default_rng(order.seed), shape.size)
    for number in range(1, objects + 1):
        save(slice_of(order, number, pixels), folder / f"{number:06}.dcm")
    return Folder(folder, order.study_uid, objects)


def slice_of(order: Order, number: int, pixels: phantoms.Pixels) -> Dataset:
    """A CT Image as a modality sends it."""
    series = Series(order, "CT", EXAMINATIONS["ct"][0].description, name="Aksiaali 1 mm")
    dataset = instance(series, CT, number)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.KVP, dataset.ConvolutionKernel, dataset.AcquisitionNumber = 120, "H40", 1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = -1024, 1, "HU"
    dataset.WindowCenter, dataset.WindowWidth = 40, 400
    put_plane(dataset, series, position=float(number), spacing=0.45, thickness=1.0)
    put_grey(dataset, pixels)
    return dataset


def save(dataset: Dataset, path: Path | BinaryIO) -> None:
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)


def write_large(path: Path, order: Order, megabytes: int) -> Folder:
    """A study of one object of about so many million bytes: a slice of many rows."""
    path.mkdir(parents=True)
    columns = 8192
    rows = min(megabytes * 10**6 // (2 * columns), 65534)  # Rows is a US
    save(slice_of(order, 1, np.zeros((rows, columns), np.uint16)), path / "large.dcm")
    return Folder(path, order.study_uid, 1)


def objects_in(folders: Sequence[Folder]) -> int:
    return sum(folder.objects for folder in folders)
