"""An ECG in millivolts, whatever its units, sensitivity and multiplex groups (PS3.3 C.10.9)."""

from io import BytesIO

import numpy as np
import pytest
from pydicom import dcmread, dcmwrite
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from archive.errors import Unsupported
from archive.objects import waveform
from archive.simulation.modules import code


def group(unit: str = "uV", sensitivity: float = 2.5, **columns: object) -> Dataset:
    made = Dataset()
    samples = np.array([[0, 400], [400, -400]], dtype="<i2")
    made.WaveformOriginality = "ORIGINAL"
    made.NumberOfWaveformChannels, made.NumberOfWaveformSamples = 2, len(samples)
    made.SamplingFrequency = 2
    made.WaveformBitsAllocated, made.WaveformSampleInterpretation = 16, "SS"
    made.ChannelDefinitionSequence = [channel("Lead II (Einthoven)", unit, sensitivity)] * 2
    made.WaveformData = samples.tobytes()
    made["WaveformData"].VR = "OW"
    for name, value in columns.items():
        setattr(made, name, value)
    return made


def channel(name: str, unit: str, sensitivity: float) -> Dataset:
    made = Dataset()
    made.ChannelSourceSequence = [code("2:2", "MDC", name)]
    made.ChannelSensitivity, made.ChannelBaseline = sensitivity, 0
    made.ChannelSensitivityCorrectionFactor = 1
    made.ChannelSensitivityUnitsSequence = [code(unit, "UCUM", unit)]
    made.FilterLowFrequency, made.FilterHighFrequency = 0.05, 150
    made.WaveformBitsStored = 16
    return made


def read(*groups: Dataset) -> waveform.Recording:
    made = Dataset()
    made.WaveformSequence = list(groups)
    return waveform.read(made)


@pytest.mark.parametrize(
    ("unit", "sensitivity", "millivolts"), [("uV", 2.5, 1.0), ("mV", 0.0025, 1.0), ("V", 1e-6, 0.4)]
)
def test_samples_become_millivolts(unit: str, sensitivity: float, millivolts: float) -> None:
    first, second = read(group(unit, sensitivity)).leads
    assert first.label == "II"
    assert first.samples == pytest.approx([0, millivolts])
    assert second.samples == pytest.approx([millivolts, -millivolts])


def test_a_group_that_began_later_stands_later() -> None:
    recording = read(group(), group(MultiplexGroupTimeOffset=1500))
    assert [lead.offset for lead in recording.leads] == [0, 0, 1.5, 1.5]
    first, samples = recording.leads[2].between(1.0, 2.0)
    assert (first, len(samples)) == (1.5, 1)


def test_what_is_no_voltage_is_left_out_and_nothing_else_is_refused() -> None:
    with pytest.raises(Unsupported):
        read(group("mmHg"))
    with pytest.raises(Unsupported):
        read()


@pytest.mark.parametrize(
    "columns",
    [
        {"WaveformSampleInterpretation": "MB", "WaveformBitsAllocated": 8},
        {"WaveformBitsAllocated": 8},
        {"SamplingFrequency": 0},
        {"NumberOfWaveformSamples": 0},
        {"NumberOfWaveformSamples": 3},
        {"NumberOfWaveformChannels": 1},
        {"WaveformData": None},
    ],
    ids=str,
)
def test_samples_that_cannot_be_told_are_not_drawn(columns: dict[str, object]) -> None:
    with pytest.raises(Unsupported):
        read(group(**columns))


def test_what_is_left_empty_counts_for_nothing_and_raw_counts_are_no_volts() -> None:
    odd = group()
    odd.ChannelDefinitionSequence = [channel("II", "uV", 2.5), channel("III", "uV", 2.5)]
    first, second = odd.ChannelDefinitionSequence
    first.ChannelBaseline = first.ChannelSensitivityCorrectionFactor = None
    second.ChannelSensitivity = None
    (only,) = read(odd).leads
    assert only.samples == pytest.approx([0, 1.0])


def test_what_pads_is_no_signal() -> None:
    padding = np.array([400], dtype="<i2").tobytes()
    first, second = read(group(WaveformPaddingValue=padding)).leads
    assert np.isnan(first.samples).tolist() == [False, True]
    assert np.isnan(second.samples).tolist() == [True, False]


def test_big_endian_samples_are_the_same() -> None:
    made = Dataset()
    made.WaveformSequence = [group()]
    little = waveform.read(made)
    swapped = np.frombuffer(made.WaveformSequence[0].WaveformData, "<i2").astype(">i2").tobytes()
    made.WaveformSequence[0].WaveformData = swapped
    stored = BytesIO()
    dcmwrite(stored, made, implicit_vr=False, little_endian=False)
    again = read_dataset(BytesIO(stored.getvalue()), is_implicit_VR=False, is_little_endian=False)
    for was, now in zip(little.leads, waveform.read(again).leads, strict=True):
        assert now.samples == pytest.approx(was.samples)


@pytest.mark.parametrize(
    ("number", "meaning", "label"),
    [
        ("2:62", "aVR, augmented voltage, right", "aVR"),
        ("9:9", "aVR, augmented voltage, right", "aVR"),
        ("9:9", "Lead V3R", "V3R"),
        ("2:8", "jotain", "V6"),
    ],
)
def test_leads_have_their_usual_names(number: str, meaning: str, label: str) -> None:
    made = channel("", "uV", 1)
    made.ChannelSourceSequence = [code(number, "MDC", meaning)]
    odd = group()
    odd.ChannelDefinitionSequence = [made, made]
    assert {lead.label for lead in read(odd).leads} == {label}


def test_filters_and_annotations_are_told() -> None:
    made = Dataset()
    made.WaveformSequence = [group()]
    rate, remark = Dataset(), Dataset()
    rate.ConceptNameCodeSequence = [code("2:16016", "MDC", "Ventricular Heart Rate")]
    rate.NumericValue, rate.MeasurementUnitsCodeSequence = 72, [code("/min", "UCUM", "per minute")]
    remark.UnformattedTextValue = "Sinusrytmi"
    made.WaveformAnnotationSequence = [rate, remark]
    recording = waveform.read(made)
    assert recording.band == (0.05, 150.0)
    assert [(note.label, note.value) for note in recording.notes] == [
        ("Ventricular Heart Rate", "72 /min"),
        ("", "Sinusrytmi"),
    ]


def test_a_device_of_the_world_is_read() -> None:
    path = get_testdata_file("waveform_ecg.dcm")
    recording = waveform.read(dcmread(path))
    assert {"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V6"} <= {
        lead.label for lead in recording.leads
    }
    assert all(0.2 < np.nanmax(np.abs(lead.samples)) < 5 for lead in recording.leads)


@pytest.mark.parametrize(
    "columns",
    [
        {"SamplingFrequency": "0.0000001"},
        {"SamplingFrequency": "1e-300"},
        {"SamplingFrequency": "1e300"},
        {"MultiplexGroupTimeOffset": "1e400"},
        {"ChannelDefinitionSequence": "one a million years later"},
    ],
)
def test_times_that_no_recording_takes_are_not_drawn(columns: dict[str, object]) -> None:
    """A sheet holds ten seconds, so each of these would be sheets without end."""
    if "ChannelDefinitionSequence" in columns:
        later = channel("Lead II", "uV", 2.5)
        later.ChannelTimeSkew = "1e12"
        columns = {"ChannelDefinitionSequence": [channel("Lead I", "uV", 2.5), later]}
    with pytest.raises(Unsupported):
        read(group(**columns))
