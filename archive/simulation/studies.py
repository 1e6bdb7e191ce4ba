"""Synthetic studies: CT, CR, US, MR, a resting ECG and the report of a stress ECG."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from archive.simulation import heartbeat, pdf, phantoms
from archive.simulation.modules import (
    Order,
    Series,
    code,
    encode,
    instance,
    put_colour,
    put_grey,
    put_plane,
)
from archive.simulation.world import Patient

CT, MR, CR, US, US_FRAMES, ECG, PDF = "2", "4", "1", "6.1", "3.1", "9.1.1", "104.1"


@dataclass(frozen=True, slots=True)
class Examination:
    """A name of the study code list; code empty where the code is not known yet (ECG)."""

    code: str
    name: str
    modality: str

    @property
    def description(self) -> str:
        return f"{self.code} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class SyntheticStudy:
    """One study as its modality would send it."""

    patient: Patient = field(repr=False)
    accession: str
    study_uid: str
    code: str
    name: str
    modality: str
    datasets: tuple[Dataset, ...] = field(repr=False)


EXAMINATIONS = {
    "ct": (Examination("AA1AD", "Pään TT", "CT"), Examination("JN3AD", "Vatsan TT", "CT")),
    "cr": (Examination("GD1AA", "Keuhkojen (thorax) röntgen", "CR"),),
    "us": (Examination("JN3AE", "Vatsan ultraääni", "US"),),
    "mr": (Examination("AA1BG", "Pään laaja MT", "MR"),),
    "ecg": (Examination("", "EKG, 12-kytkentäinen lepo", "ECG"),),
    "pdf": (Examination("", "Rasitus-EKG, lausuntoraportti", "ECG"),),
}
KINDS = tuple(EXAMINATIONS)


def make(kind: str, order: Order) -> SyntheticStudy:
    """A study of that kind: the same pixels and signals for the same seed, UIDs from the order."""
    choices = EXAMINATIONS[kind]
    examination = choices[order.seed % len(choices)]
    datasets = tuple(_MAKERS[kind](order, examination, np.random.default_rng(order.seed)))
    return SyntheticStudy(
        patient=order.patient,
        accession=order.accession,
        study_uid=order.study_uid,
        code=examination.code,
        name=examination.name,
        modality=examination.modality,
        datasets=datasets,
    )


def _ct(order: Order, examination: Examination, random: np.random.Generator) -> Iterator[Dataset]:
    series = Series(order, "CT", examination.description, name="Aksiaali 5 mm")
    head = (phantoms.head_ct, "HEAD")
    slice_at, region = head if examination.code.startswith("AA") else (phantoms.belly_ct, "ABDOMEN")
    syntaxes = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless)
    for number, pixels in enumerate(_slices(slice_at, 20, 40, random), start=1):
        dataset = instance(series, CT, number)
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.PatientPosition, dataset.BodyPartExamined = "HFS", region
        dataset.KVP, dataset.XRayTubeCurrent, dataset.ExposureTime = 120, 220, 1000
        dataset.ConvolutionKernel, dataset.AcquisitionNumber = "H40", 1
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = -1024, 1, "HU"
        dataset.WindowCenter, dataset.WindowWidth = 40, 400
        put_plane(dataset, series, position=number * 5.0, spacing=0.9, thickness=5.0)
        put_grey(dataset, pixels)
        encode(dataset, syntaxes[order.seed % 3])
        yield dataset


def _mr(order: Order, examination: Examination, random: np.random.Generator) -> Iterator[Dataset]:
    for series_number, name in ((1, "T2 TSE aksiaali"), (2, "T2 FLAIR aksiaali")):
        series = Series(order, "MR", examination.description, series_number, name)
        for number, pixels in enumerate(_slices(phantoms.head_mr, 10, 16, random), start=1):
            dataset = instance(series, MR, number)
            dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "SE"]
            dataset.PatientPosition, dataset.BodyPartExamined = "HFS", "HEAD"
            dataset.ScanningSequence, dataset.SequenceVariant = "SE", "SK"
            dataset.ScanOptions, dataset.MRAcquisitionType = "", "2D"
            dataset.RepetitionTime, dataset.EchoTime, dataset.EchoTrainLength = 4200, 96, 15
            dataset.MagneticFieldStrength = 1.5
            put_plane(dataset, series, position=number * 6.0, spacing=0.9, thickness=5.0)
            put_grey(dataset, pixels)
            encode(dataset, JPEG2000Lossless if order.seed % 2 else ExplicitVRLittleEndian)
            yield dataset


def _cr(order: Order, examination: Examination, random: np.random.Generator) -> Iterator[Dataset]:
    series = Series(order, "CR", examination.description, name="Thorax")
    views = (("PA", phantoms.chest_frontal), ("LL", phantoms.chest_lateral))
    for number, (view, picture) in enumerate(views, start=1):
        dataset = instance(series, CR, number)
        dataset.ImageType = ["ORIGINAL", "PRIMARY"]
        dataset.BodyPartExamined, dataset.ViewPosition = "CHEST", view
        dataset.PatientOrientation = ["L", "F"] if view == "PA" else ["A", "F"]
        dataset.ImagerPixelSpacing = [0.4, 0.4]
        dataset.WindowCenter, dataset.WindowWidth = 1500, 2800
        put_grey(dataset, picture(random))
        encode(dataset, JPEG2000Lossless if order.seed % 2 else ImplicitVRLittleEndian)
        yield dataset


def _us(order: Order, examination: Examination, random: np.random.Generator) -> Iterator[Dataset]:
    series = Series(order, "US", examination.description, name="Ylävatsa")
    for number, (ending, count) in enumerate(((US, 1), (US, 1), (US_FRAMES, 10)), start=1):
        dataset = instance(series, ending, number)
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "ABDOMINAL"]
        dataset.PatientOrientation, dataset.Laterality = "", ""
        frames = np.stack([phantoms.sector(frame, random) for frame in range(count)])
        put_colour(dataset, frames)
        encode(dataset, ExplicitVRLittleEndian if order.seed % 2 else RLELossless)
        yield dataset


def _ecg(order: Order, examination: Examination, random: np.random.Generator) -> Iterator[Dataset]:
    """12-Lead ECG, PS3.3 A.34.3: one multiplex group of ten seconds."""
    dataset = instance(Series(order, "ECG", examination.description, name="Lepo-EKG"), ECG, 1)
    dataset.AcquisitionDateTime = dataset.StudyDate + dataset.StudyTime
    dataset.AcquisitionContextSequence = []
    samples = heartbeat.recording(order.seed)
    group = Dataset()
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels = len(heartbeat.LEADS)
    group.NumberOfWaveformSamples = samples.shape[0]
    group.SamplingFrequency = heartbeat.FREQUENCY
    group.MultiplexGroupLabel = "RHYTHM"
    group.ChannelDefinitionSequence = [_channel(*lead) for lead in heartbeat.LEADS]
    group.WaveformBitsAllocated = 16
    group.WaveformSampleInterpretation = "SS"
    group.WaveformData = samples.tobytes()
    group["WaveformData"].VR = "OW"
    dataset.WaveformSequence = [group]
    yield dataset


def _channel(lead: str, value: str) -> Dataset:
    channel = Dataset()
    channel.ChannelSourceSequence = [code(value, "MDC", lead)]
    channel.ChannelSensitivity = heartbeat.MICROVOLTS_PER_STEP
    channel.ChannelSensitivityUnitsSequence = [code("uV", "UCUM", "microvolt")]
    channel.ChannelSensitivityCorrectionFactor = 1
    channel.ChannelBaseline = 0
    channel.ChannelSampleSkew = 0
    channel.WaveformBitsStored = 16
    channel.FilterLowFrequency, channel.FilterHighFrequency = 0.05, 150
    return channel


def _pdf(order: Order, examination: Examination, random: np.random.Generator) -> Iterator[Dataset]:
    """Encapsulated PDF, PS3.3 A.45.1."""
    dataset = instance(Series(order, "ECG", examination.description, name="Raportti"), PDF, 1)
    rate = 140 + int(random.integers(0, 40))
    document = pdf.page(
        "Rasitus-EKG",
        (
            "Polkupyöräergometri, kuorma 40 W, +40 W / 4 min",
            f"Suurin syke {rate}/min",
            "Ei iskemiaa.",
        ),
    )
    dataset.AcquisitionDateTime = dataset.StudyDate + dataset.StudyTime
    dataset.ConversionType = "WSD"
    dataset.BurnedInAnnotation = "NO"
    dataset.DocumentTitle = "Rasitus-EKG"
    dataset.ConceptNameCodeSequence = []
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocumentLength = len(document)
    dataset.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
    yield dataset


def _slices(
    slice_at: Callable[[float, np.random.Generator], phantoms.Pixels],
    fewest: int,
    most: int,
    random: np.random.Generator,
) -> list[phantoms.Pixels]:
    return phantoms.volume(slice_at, int(random.integers(fewest, most + 1)), random)


_MAKERS: dict[str, Callable[[Order, Examination, np.random.Generator], Iterator[Dataset]]] = {
    "ct": _ct,
    "cr": _cr,
    "us": _us,
    "mr": _mr,
    "ecg": _ecg,
    "pdf": _pdf,
}
