"""An ECG as numbers: leads in millivolts over time, out of the Waveform Module (PS3.3 C.10.9)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from archive.errors import Unsupported

MILLIVOLTS = {"mV": 1.0, "uV": 1e-3, "nV": 1e-6, "V": 1e3}  # UCUM units of Channel Sensitivity
MAX_SAMPLES = 20_000_000  # of a group: a day of twelve leads at 20 Hz, or ten minutes at 2.5 kHz


@dataclass(frozen=True, slots=True)
class Lead:
    """One channel: samples in mV at `frequency` Hz, beginning `offset` seconds after the first."""

    label: str
    samples: NDArray[np.float64]
    frequency: float
    offset: float = 0.0

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.frequency

    def between(self, start: float, end: float) -> tuple[float, NDArray[np.float64]]:
        """The samples of a stretch of the recording, and when the first of them was taken."""
        first = max(round((start - self.offset) * self.frequency), 0)
        last = max(round((end - self.offset) * self.frequency), first)
        return self.offset + first / self.frequency, self.samples[first:last]


@dataclass(frozen=True, slots=True)
class Note:
    """What the device measured or remarked (Waveform Annotation Module, PS3.3 C.10.10)."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Recording:
    """All leads of an object, in its own order. `band` is the filters' (low, high), Hz or None."""

    leads: tuple[Lead, ...]
    band: tuple[float | None, float | None]
    notes: tuple[Note, ...]

    @property
    def seconds(self) -> float:
        return max(lead.offset + lead.seconds for lead in self.leads)


def read(dataset: Dataset) -> Recording:
    """Raises Unsupported when the samples are of a kind that is not drawn."""
    groups = list(dataset.get("WaveformSequence") or ())
    leads = [lead for place, group in enumerate(groups) for lead in _leads(dataset, place, group)]
    if not leads:
        raise Unsupported("object holds no waveform in volts")
    channels = [channel for group in groups for channel in _channels(group)]
    return Recording(tuple(leads), _band(channels), tuple(_notes(dataset)))


def _channels(group: Dataset) -> Sequence[Dataset]:
    return list(group.get("ChannelDefinitionSequence") or ())


def _leads(dataset: Dataset, place: int, group: Dataset) -> Iterator[Lead]:
    channels = _channels(group)
    samples = int(group.get("NumberOfWaveformSamples") or 0)
    frequency = float(group.get("SamplingFrequency") or 0)
    if not channels or frequency <= 0 or samples * len(channels) > MAX_SAMPLES:
        raise Unsupported("waveform has no channels, no frequency, or is too long to be drawn")
    try:
        # Sensitivity, its correction and the baseline are applied by pydicom (C.10.9.1.4.1).
        columns = dataset.waveform_array(place)
    except (ValueError, NotImplementedError, AttributeError, KeyError):
        raise Unsupported("waveform samples cannot be decoded") from None
    offset = float(group.get("MultiplexGroupTimeOffset") or 0) / 1000
    for number, channel in enumerate(channels):
        factor = _millivolts(channel)
        if factor is not None:
            yield Lead(_label(channel, number), columns[:, number] * factor, frequency, offset)


def _millivolts(channel: Dataset) -> float | None:
    """What a unit of the channel is in mV; None for a pressure, a respiration or raw counts."""
    units = channel.get("ChannelSensitivityUnitsSequence")
    return MILLIVOLTS.get(str(units[0].get("CodeValue", ""))) if units else None


def _label(channel: Dataset, number: int) -> str:
    """`Lead I (Einthoven)` is I; a channel without a source has its own label or its number."""
    sources = channel.get("ChannelSourceSequence")
    said = str(sources[0].get("CodeMeaning", "")) if sources else ""
    said = said or str(channel.get("ChannelLabel") or "")
    return said.removeprefix("Lead").split("(")[0].strip() or str(number + 1)


def _band(channels: Sequence[Dataset]) -> tuple[float | None, float | None]:
    """The narrowest that any channel was filtered to."""
    lows = [float(each.FilterLowFrequency) for each in channels if each.get("FilterLowFrequency")]
    highs = [
        float(each.FilterHighFrequency) for each in channels if each.get("FilterHighFrequency")
    ]
    return max(lows, default=None), min(highs, default=None)


def _notes(dataset: Dataset) -> Iterator[Note]:
    for item in dataset.get("WaveformAnnotationSequence") or ():
        names = item.get("ConceptNameCodeSequence")
        label = str(names[0].get("CodeMeaning", "")) if names else ""
        if item.get("UnformattedTextValue"):
            yield Note(label, str(item.UnformattedTextValue))
        elif label and item.get("NumericValue") is not None:
            units = item.get("MeasurementUnitsCodeSequence")
            unit = str(units[0].get("CodeValue", "")) if units else ""
            yield Note(label, f"{float(item.NumericValue):g} {unit}".strip())
