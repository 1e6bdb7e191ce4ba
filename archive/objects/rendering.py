"""One frame as a picture for a person's eye: modality and VOI transformation, grey or colour,
bounded in size (PS3.4 annex N in outline; a preview, not a diagnostic presentation).
"""

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

from archive.errors import NotFound, Unsupported

Pixels = NDArray[np.integer[Any]]

EDGE = 1024  # pixels of the longer side
PERCENTILES = (0.5, 99.5)  # of grey values, when the object names no window


def frames(dataset: Dataset) -> int:
    """How many frames there are to see; 0 without pixels."""
    if "PixelData" not in dataset:
        return 0
    return max(int(dataset.get("NumberOfFrames") or 1), 1)


def png(dataset: Dataset, frame: int = 1, *, edge: int = EDGE) -> bytes:
    """Frame numbers begin at 1. Raises NotFound, Unsupported (a transfer syntax or photometric
    interpretation that cannot be shown).
    """
    return _encoded(dataset, frame, edge, "PNG")


def jpeg(dataset: Dataset, frame: int = 1, *, edge: int = EDGE) -> bytes:
    """As `png`, smaller."""
    return _encoded(dataset, frame, edge, "JPEG")


def _encoded(dataset: Dataset, frame: int, edge: int, kind: str) -> bytes:
    if not 1 <= frame <= frames(dataset):
        raise NotFound("the object has no such frame")
    try:
        shown = _shown(dataset, pixel_array(dataset, index=frame - 1))
    except (ValueError, RuntimeError, NotImplementedError, AttributeError, KeyError, TypeError):
        raise Unsupported("the pixels cannot be shown") from None
    picture = Image.fromarray(shown)
    picture.thumbnail((edge, edge))
    buffer = BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def _shown(dataset: Dataset, pixels: Pixels) -> NDArray[np.uint8]:
    """Eight bits a sample. Luminance and chrominance come as RGB from pydicom."""
    photometric = str(dataset.PhotometricInterpretation)
    if photometric in ("MONOCHROME1", "MONOCHROME2"):
        return _grey(dataset, pixels, inverted=photometric == "MONOCHROME1")
    if photometric == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
    wide = max(pixels.dtype.itemsize * 8 - 8, 0)
    shown: NDArray[np.uint8] = np.right_shift(pixels, wide).astype(np.uint8)
    return shown


def _grey(dataset: Dataset, pixels: Pixels, *, inverted: bool) -> NDArray[np.uint8]:
    values = apply_modality_lut(pixels, dataset)
    if dataset.get("WindowWidth") or dataset.get("VOILUTSequence"):
        values = apply_voi_lut(values, dataset).astype(np.float64)
        low, high = float(values.min()), float(values.max())
    else:
        low, high = (float(each) for each in np.percentile(values, PERCENTILES))
    span = max(high - low, 1e-9)
    scaled = np.clip((values.astype(np.float64) - low) / span, 0, 1)
    return ((1 - scaled if inverted else scaled) * 255).astype(np.uint8)
