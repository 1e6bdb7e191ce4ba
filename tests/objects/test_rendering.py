"""Pictures of pydicom's own test files, over photometric interpretations and transfer syntaxes, and
a plain refusal of the rest.
"""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from archive.errors import NotFound, Unsupported
from archive.objects import rendering
from archive.objects.elements import EXPLICIT, Element
from archive.objects.opened import Opened

SHOWN = (
    "CT_small.dcm",
    "MR_small_RLE.dcm",
    "JPEG2000.dcm",
    "JPGExtended.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "SC_rgb_rle_16bit.dcm",
    "examples_palette.dcm",
    "examples_ybr_color.dcm",
)


def opened(name: str) -> Dataset:
    path = get_testdata_file(name)
    assert path is not None, name
    return dcmread(path)


def pixels(content: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(BytesIO(content)))


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_has_content_and_keeps_its_shape(name: str) -> None:
    dataset = opened(name)
    shown = pixels(rendering.png(dataset))
    assert shown.shape[:2] == (dataset.Rows, dataset.Columns)
    assert shown.std() > 1


def test_inverse_greys_are_inverted() -> None:
    dataset = opened("CT_small.dcm")
    plain = pixels(rendering.png(dataset)).astype(int)
    dataset.PhotometricInterpretation = "MONOCHROME1"
    assert (plain + pixels(rendering.png(dataset)) >= 254).all()


def test_the_objects_own_window_is_kept_where_no_pixel_reaches_its_ends() -> None:
    dataset = opened("CT_small.dcm")
    del dataset.RescaleIntercept
    dataset.WindowCenter, dataset.WindowWidth = [10_000, 5], [20_000, 2]
    shown = pixels(rendering.png(dataset))
    asked = rendering.Window(10_000, 20_000)
    assert (shown == pixels(rendering.picture(dataset, "PNG", box=(512, 512), window=asked))).all()
    assert shown.max() < 64  # its greatest value is 2191


def test_a_table_of_the_object_is_looked_up_and_not_stretched() -> None:
    dataset = opened("CT_small.dcm")
    table = Dataset()
    table.LUTDescriptor = [2, 0, 8]
    table["LUTDescriptor"].VR = "US"
    table.add_new("LUTData", "OW", bytes([50, 0, 100, 0]))
    dataset.VOILUTSequence = [table]
    assert set(np.unique(pixels(rendering.png(dataset)))) <= {50, 100}
    table.LUTData = b"\0\0"
    with pytest.raises(Unsupported):
        rendering.png(dataset)


def test_colours_are_the_colours() -> None:
    dataset = opened("SC_rgb_rle.dcm")
    assert (pixels(rendering.png(dataset))[5, 5] == [255, 0, 0]).all()
    converted = opened("SC_ybr_full_422_uncompressed.dcm")
    assert abs(pixels(rendering.png(converted))[5, 5].astype(int) - [254, 0, 0]).max() <= 2


def test_large_ones_are_made_small_and_frames_are_counted_from_one() -> None:
    dataset = opened("examples_ybr_color.dcm")
    count = rendering.frames(dataset)
    assert count > 1
    assert max(pixels(rendering.jpeg(dataset, count, edge=100)).shape[:2]) == 100
    for wrong in (0, count + 1):
        with pytest.raises(NotFound):
            rendering.png(dataset, wrong)


def test_what_cannot_be_shown_is_said() -> None:
    dataset = opened("CT_small.dcm")
    dataset.PixelData = b"\0\0"
    with pytest.raises(Unsupported):
        rendering.png(dataset)
    assert rendering.frames(Dataset()) == 0


@pytest.mark.filterwarnings("ignore:Invalid value for VR IS")
@pytest.mark.parametrize("told", ["abc", "1\\2", "-3"])
def test_a_number_of_frames_that_is_none_is_no_fault_of_ours(told: str) -> None:
    """The page of an object failed, and whoever asked for it over the web was told that we had."""
    dataset = opened("CT_small.dcm")
    raw = RawDataElement(Tag(0x00280008), "IS", len(told), told.encode(), 0, False, True)
    dataset[0x00280008] = raw
    assert rendering.frames(dataset) == 1
    pixels = Element(0x7FE00010, b"OW", 0, 0, False, EXPLICIT)
    assert Opened(dataset, "1.2.840.10008.1.2.1", b"", pixels).frames == 1
