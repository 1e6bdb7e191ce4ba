"""A resting 12-lead ECG: beats as sums of bell curves, limb leads by Einthoven and Goldberger."""

import numpy as np
from numpy.typing import NDArray

FREQUENCY, SECONDS = 500, 10
MICROVOLTS_PER_STEP = 2.5

# Lead, its code in ISO/IEEE 11073-10102 (PS3.16 CID 3001).
LEADS = (
    ("Lead I", "2:1"),
    ("Lead II", "2:2"),
    ("Lead III", "2:61"),
    ("aVR", "2:62"),
    ("aVL", "2:63"),
    ("aVF", "2:64"),
    ("V1", "2:3"),
    ("V2", "2:4"),
    ("V3", "2:5"),
    ("V4", "2:6"),
    ("V5", "2:7"),
    ("V6", "2:8"),
)

# Centre against the R peak and width, seconds, of P, Q, R, S, T.
_WAVES = ((-0.17, 0.022), (-0.03, 0.008), (0.0, 0.010), (0.03, 0.010), (0.27, 0.045))
# Heights in microvolts in the leads that are measured; the others follow from I and II.
_HEIGHTS = {
    "Lead I": (80, -40, 700, -120, 180),
    "Lead II": (140, -70, 1150, -180, 300),
    "V1": (60, 0, 220, -900, -60),
    "V2": (70, 0, 450, -1300, 350),
    "V3": (70, 0, 800, -900, 450),
    "V4": (80, -40, 1400, -500, 420),
    "V5": (80, -60, 1300, -250, 330),
    "V6": (80, -70, 1000, -120, 250),
}


def recording(seed: int) -> NDArray[np.int16]:
    """Samples in time order, a column a lead, in steps of 2.5 microvolts."""
    random = np.random.default_rng(seed)
    seconds = np.arange(FREQUENCY * SECONDS) / FREQUENCY
    peaks = _peaks(random)
    measured = {lead: _trace(seconds, peaks, heights) for lead, heights in _HEIGHTS.items()}
    for lead, trace in measured.items():
        wander = 25 * np.sin(2 * np.pi * 0.25 * seconds + len(lead))
        measured[lead] = trace + wander + random.normal(0, 8, seconds.shape)
    one, two = measured["Lead I"], measured["Lead II"]
    measured |= {
        "Lead III": two - one,
        "aVR": -(one + two) / 2,
        "aVL": one - two / 2,
        "aVF": two - one / 2,
    }
    columns = np.stack([measured[lead] for lead, _ in LEADS], axis=1)
    return np.round(columns / MICROVOLTS_PER_STEP).astype(np.int16)


def _peaks(random: np.random.Generator) -> NDArray[np.float64]:
    """Times of R peaks, with the slight irregularity of a healthy heart."""
    rate = random.uniform(58, 84)
    count = int(SECONDS * rate / 60) + 2
    return np.cumsum(random.normal(60 / rate, 0.02, count)) - 0.3


def _trace(
    seconds: NDArray[np.float64], peaks: NDArray[np.float64], heights: tuple[int, ...]
) -> NDArray[np.float64]:
    trace = np.zeros_like(seconds)
    for (centre, width), height in zip(_WAVES, heights, strict=True):
        offsets = seconds[:, None] - peaks[None, :] - centre
        trace += height * np.exp(-0.5 * (offsets / width) ** 2).sum(axis=1)
    return trace
