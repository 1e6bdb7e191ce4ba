"""An ECG as numbers: leads in millivolts over time, out of the Waveform Module (PS3.3 C.10.9)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from archive.errors import Unsupported

MILLIVOLTS = {"mV": 1.0, "uV": 1e-3, "nV": 1e-6, "V": 1e3}  # UCUM units of Channel Sensitivity
MAX_SAMPLES = 20_000_000  # of a group: a day of twelve leads at 20 Hz, or ten minutes at 2.5 kHz
MAX_LEADS = 512
HIGHEST = 1_000_000.0  # Hz
LONGEST = 14 * 86_400.0  # seconds of all groups: no recorder is worn for longer
# Waveform Sample Interpretation, PS3.3 C.10.9.1.5; companded ones (MB, AB) are not drawn.
KINDS = {"SB": "i1", "UB": "u1", "SS": "i2", "US": "u2", "SL": "i4", "UL": "u4"}
# ISO/IEEE 11073-10101 codes of the twelve leads, as PS3.16 CID 3001 has them.
LEADS = {
    **{"2:1": "I", "2:2": "II", "2:61": "III", "2:62": "aVR", "2:63": "aVL", "2:64": "aVF"},
    **{f"2:{number + 2}": f"V{number}" for number in range(1, 7)},
}


@dataclass(frozen=True, slots=True)
class Lead:
    """One channel: samples in mV at `frequency` Hz, NaN where the device had none, beginning
    `offset` seconds after the first.
    """

    label: str
    samples: NDArray[np.float64]
    frequency: float
    offset: float = 0.0
    group: str = ""  # what the device calls its group: RHYTHM, MEDIAN BEAT

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
    """All leads of an object by its multiplex groups, in its own order: of one moment, of moments
    that follow each other, or a recording and its average beat. `band` is the filters' (low, high),
    Hz or None.
    """

    groups: tuple[tuple[Lead, ...], ...]
    band: tuple[float | None, float | None]
    notes: tuple[Note, ...]

    @property
    def leads(self) -> tuple[Lead, ...]:
        return tuple(lead for group in self.groups for lead in group)


def span(leads: Sequence[Lead]) -> tuple[float, float]:
    """When the first of them begins, and the last ends."""
    return min(lead.offset for lead in leads), max(lead.offset + lead.seconds for lead in leads)


def read(dataset: Dataset) -> Recording:
    """Raises Unsupported when the samples are of a kind that is not drawn."""
    groups = list(dataset.get("WaveformSequence") or ())
    order = ">" if dataset.original_encoding[1] is False else "<"
    try:
        drawn = [leads for group in groups if (leads := tuple(_leads(group, order)))]
    except (ValueError, TypeError, AttributeError):
        raise Unsupported("waveform cannot be decoded") from None
    if not drawn:
        raise Unsupported("object holds no waveform in volts")
    if sum(map(len, drawn)) > MAX_LEADS:
        raise Unsupported("object has too many leads to be drawn")
    if not sum(end - start for start, end in map(span, drawn)) <= LONGEST:  # or it is no number
        raise Unsupported("waveform tells no times that a recording can have taken")
    channels = [channel for group in groups for channel in _channels(group)]
    return Recording(tuple(drawn), _band(channels), tuple(_notes(dataset)))


def _channels(group: Dataset) -> Sequence[Dataset]:
    return list(group.get("ChannelDefinitionSequence") or ())


def _leads(group: Dataset, order: str) -> Iterator[Lead]:
    """Raises Unsupported, ValueError, TypeError, AttributeError."""
    channels = _channels(group)
    frequency = float(group.get("SamplingFrequency") or 0)
    if not channels or frequency <= 0:
        raise Unsupported("waveform has no channels or no frequency")
    if len(channels) > MAX_LEADS or frequency > HIGHEST:
        raise Unsupported("waveform has too many channels to be drawn, or no frequency of an ECG")
    columns = _columns(group, len(channels), order)
    began = float(group.get("MultiplexGroupTimeOffset") or 0) / 1000
    named = str(group.get("MultiplexGroupLabel") or "")
    for number, channel in enumerate(channels):
        factor = _millivolts(channel)
        if factor is not None:
            raw = columns[:, number]
            samples = (raw * _sensitivity(channel) + _float(channel, "ChannelBaseline")) * factor
            skew = _float(channel, "ChannelSampleSkew") / frequency
            skew = skew or _float(channel, "ChannelTimeSkew")
            yield Lead(_label(channel, number), samples, frequency, began + skew, named)


def _columns(group: Dataset, channels: int, order: str) -> NDArray[np.float64]:
    """What was sampled, a channel a column; NaN for what pads. Raises Unsupported, ValueError."""
    samples = int(group.get("NumberOfWaveformSamples") or 0)
    kind = KINDS.get(str(group.get("WaveformSampleInterpretation", "")))
    if kind is None or int(group.WaveformBitsAllocated) != 8 * int(kind[1]):
        raise Unsupported("waveform samples are of a kind that is not drawn")
    if samples <= 0 or samples * channels > MAX_SAMPLES:
        raise Unsupported("waveform is empty, or too long to be drawn")
    if int(group.NumberOfWaveformChannels) != channels:
        raise Unsupported("waveform describes other channels than it has")
    stored = np.dtype(order + kind)
    raw = np.frombuffer(group.WaveformData, stored, samples * channels)
    columns = raw.reshape(samples, channels).astype(np.float64)
    padding = group.get("WaveformPaddingValue")
    if isinstance(padding, bytes) and len(padding) >= stored.itemsize:
        columns[columns == float(np.frombuffer(padding, stored, 1)[0])] = np.nan
    return columns


def _sensitivity(channel: Dataset) -> float:
    """Of a step of the samples, corrected, in the channel's unit (PS3.3 C.10.9.1.4.1)."""
    return _float(channel, "ChannelSensitivity") * (
        _float(channel, "ChannelSensitivityCorrectionFactor") or 1
    )


def _float(channel: Dataset, keyword: str) -> float:
    return float(channel.get(keyword) or 0)


def _millivolts(channel: Dataset) -> float | None:
    """What a unit of the channel is in mV; None for a pressure, a respiration or raw counts."""
    units = channel.get("ChannelSensitivityUnitsSequence")
    if not units or not _float(channel, "ChannelSensitivity"):
        return None
    return MILLIVOLTS.get(str(units[0].get("CodeValue", "")))


def _label(channel: Dataset, number: int) -> str:
    """By its code; else `Lead I (Einthoven)` is I, and `aVR, augmented voltage, right` aVR. A
    channel without a source has its own label or its number.
    """
    sources = channel.get("ChannelSourceSequence")
    source = sources[0] if sources else Dataset()
    if source.get("CodingSchemeDesignator") == "MDC" and source.get("CodeValue") in LEADS:
        return LEADS[source.CodeValue]
    said = str(source.get("CodeMeaning") or channel.get("ChannelLabel") or "")
    return re.split(r"[(,]", said.removeprefix("Lead"))[0].strip() or str(number + 1)


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
