"""One frame as a picture for a person's eye: modality and VOI transformation, grey or colour,
bounded in size (PS3.4 annex N in outline; a preview, not a diagnostic presentation).
"""

from dataclasses import dataclass
from io import BytesIO
from math import ceil, floor, isfinite
from struct import error as StructError
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.multival import MultiValue
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

from archive.errors import NotFound, Unsupported
from archive.errors.web import NotAcceptable
from archive.objects import codestreams
from archive.objects.transcoding import frame_count

# What pydicom and numpy raise at pixels, tables and windows that are not what they should be.
_UNREADABLE = (
    *(ValueError, RuntimeError, NotImplementedError, AttributeError, LookupError, TypeError),
    *(ArithmeticError, StructError),
)
Pixels = NDArray[np.integer[Any]]

EDGE = 1024  # pixels of the longer side
# Of a frame, pixels times samples: twice the largest radiographs. Each takes some 30 bytes on its
# way to a picture, and a few kilobytes may say that they are four thousand million.
MOST_SAMPLES = 64_000_000
PERCENTILES = (0.5, 99.5)  # of grey values, when the object names no window


def frames(dataset: Dataset) -> int:
    """How many frames there are to see; 0 without pixels."""
    if "PixelData" not in dataset:
        return 0
    return frame_count(dataset)


def png(dataset: Dataset, frame: int = 1, *, edge: int = EDGE) -> bytes:
    """Frame numbers begin at 1. Raises NotFound, Unsupported (a transfer syntax or photometric
    interpretation that cannot be shown).
    """
    return _encoded(dataset, frame, "PNG", box=(edge, edge))


def jpeg(dataset: Dataset, frame: int = 1, *, edge: int = EDGE) -> bytes:
    """As `png`, smaller."""
    return _encoded(dataset, frame, "JPEG", box=(edge, edge))


@dataclass(frozen=True, slots=True)
class Window:
    """Asked for in place of the object's own, PS3.3 C.11.2.1.2."""

    center: float
    width: float
    function: str = "LINEAR"

    @property
    def is_possible(self) -> bool:
        narrowest = 1.0 if self.function == "LINEAR" else 0.0
        return isfinite(self.center) and isfinite(self.width) and self.width > narrowest

    def applied(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """From 0 to 1."""
        if self.function == "SIGMOID":
            power = np.clip(-4 * (values - self.center) / self.width, -50, 50)
            shown = 1 / (1 + np.exp(power))
        elif self.function == "LINEAR_EXACT":
            shown = (values - self.center) / self.width + 0.5
        else:
            shown = (values - (self.center - 0.5)) / (self.width - 1) + 0.5
        return np.clip(shown, 0, 1)


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture, its sides as shares of the whole."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def is_possible(self) -> bool:
        return 0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1

    def of(self, width: int, height: int) -> tuple[int, int, int, int]:
        """In pixels, one at least."""
        left, top = int(self.left * width), int(self.top * height)
        right, bottom = ceil(self.right * width), ceil(self.bottom * height)
        return left, top, max(right, left + 1), max(bottom, top + 1)

    def cut(self, image: Image.Image) -> Image.Image:
        return image.crop(self.of(*image.size))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the picture in its own pixels, PS3.18 section 8.3.5.1.3: without a width or height
    as far as it goes, with a negative one turned over.
    """

    left: float = 0
    top: float = 0
    width: float | None = None
    height: float | None = None

    def cut(self, image: Image.Image) -> Image.Image:
        """Raises NotAcceptable when nothing of it lies in the picture."""
        left, right = _span(self.left, self.width, image.width)
        top, bottom = _span(self.top, self.height, image.height)
        cut = image.crop((left, top, right, bottom))
        if self.width is not None and self.width < 0:
            cut = ImageOps.mirror(cut)
        return ImageOps.flip(cut) if self.height is not None and self.height < 0 else cut


def _span(begin: float, length: float | None, most: int) -> tuple[int, int]:
    first = abs(begin)
    if first >= most:
        raise NotAcceptable("the part lies outside of the picture")
    end = most if length is None else min(first + abs(length), most)
    return floor(first), ceil(end)


def picture(
    single: Dataset,
    kind: str,
    *,
    box: tuple[int, int],
    quality: int | None = None,
    window: Window | None = None,
    region: Region | Piece | None = None,
) -> bytes:
    """PNG or JPEG of a data set of one frame. Raises Unsupported, NotAcceptable."""
    return _encoded(single, 1, kind, box=box, quality=quality, window=window, region=region)


def _encoded(
    dataset: Dataset,
    frame: int,
    kind: str,
    *,
    box: tuple[int, int],
    quality: int | None = None,
    window: Window | None = None,
    region: Region | Piece | None = None,
) -> bytes:
    if not 1 <= frame <= frames(dataset):
        raise NotFound("the object has no such frame")
    try:
        _require_bounded(dataset, frame)
        with codestreams.contained():
            pixels = pixel_array(dataset, index=frame - 1)
        shown = _shown(dataset, pixels, window)
    except _UNREADABLE:
        raise Unsupported("the pixels cannot be shown") from None
    image = Image.fromarray(shown)
    if region is not None:
        image = region.cut(image)
    image.thumbnail(box)
    buffer = BytesIO()
    image.save(buffer, kind, **({"quality": quality} if quality and kind == "JPEG" else {}))
    return buffer.getvalue()


def _require_bounded(dataset: Dataset, frame: int) -> None:
    """By what the object says, and by what its compressed frame says of itself, which is what a
    decoder makes room for. Raises Unsupported.
    """
    announced = int(dataset.Rows) * int(dataset.Columns) * int(dataset.get("SamplesPerPixel") or 1)
    if announced <= MOST_SAMPLES and dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        packed = get_frame(
            dataset.PixelData,
            frame - 1,
            extended_offsets=codestreams.extended_offsets(dataset),
            number_of_frames=frames(dataset),
        )
        announced = max(announced, codestreams.samples(packed))
    if announced > MOST_SAMPLES:
        raise Unsupported("the picture is too large to be shown")


def _shown(dataset: Dataset, pixels: Pixels, window: Window | None) -> NDArray[np.uint8]:
    """Eight bits a sample. Luminance and chrominance come as RGB from pydicom."""
    photometric = str(dataset.PhotometricInterpretation)
    if photometric in ("MONOCHROME1", "MONOCHROME2"):
        scaled = _scaled(dataset, pixels, window)
        return ((1 - scaled if photometric == "MONOCHROME1" else scaled) * 255).astype(np.uint8)
    if photometric == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
    wide = max(pixels.dtype.itemsize * 8 - 8, 0)
    shown: NDArray[np.uint8] = np.right_shift(pixels, wide).astype(np.uint8)
    return shown


def _scaled(dataset: Dataset, pixels: Pixels, window: Window | None) -> NDArray[np.float64]:
    """Grey values from 0 to 1."""
    values = apply_modality_lut(pixels, dataset)
    tables = dataset.get("VOILUTSequence")
    if window is None and tables:
        highest = (1 << int(tables[0].LUTDescriptor[2])) - 1
        whole = np.rint(values).astype(np.int64)
        looked_up: NDArray[np.float64] = apply_voi_lut(whole, dataset) / highest
        return np.clip(looked_up, 0, 1)
    chosen = window or _own_window(dataset)
    if chosen is not None:
        return chosen.applied(values.astype(np.float64))
    low, high = (float(each) for each in np.percentile(values, PERCENTILES))
    return np.clip((values.astype(np.float64) - low) / max(high - low, 1e-9), 0, 1)


def _own_window(dataset: Dataset) -> Window | None:
    """The first that the object names, PS3.3 C.11.2.1.2; none that is not possible."""
    center, width = (
        each[0] if isinstance(each, MultiValue) and each else each
        for each in (dataset.get("WindowCenter"), dataset.get("WindowWidth"))
    )
    if center is None or not width:
        return None
    found = Window(float(center), float(width), str(dataset.get("VOILUTFunction") or "LINEAR"))
    return found if found.is_possible else None
