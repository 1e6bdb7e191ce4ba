"""An ECG in millivolts, whatever its units, sensitivity and multiplex groups (PS3.3 C.10.9)."""

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

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
    assert recording.seconds == 2.5
    first, samples = recording.leads[2].between(1.0, 2.0)
    assert (first, len(samples)) == (1.5, 1)


def test_what_is_no_voltage_is_left_out_and_nothing_else_is_refused() -> None:
    with pytest.raises(Unsupported):
        read(group("mmHg"))
    with pytest.raises(Unsupported):
        read()
    with pytest.raises(Unsupported):
        read(group(WaveformSampleInterpretation="MB"))
    with pytest.raises(Unsupported):
        read(group(SamplingFrequency=0))


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
