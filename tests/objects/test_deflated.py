"""Deflated data sets that become large are inflated no further than the settings allow."""

import tracemalloc
import zlib
from dataclasses import replace
from io import BytesIO

import pytest
from pydicom import dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from archive import errors
from archive.config import settings
from archive.objects import (
    coercion,
    deflated,
    key_objects,
    manifest,
    marks,
    sameness,
    transcoding,
)
from archive.objects.opened import opened
from tests.cast import EXPLICIT, dataset
from tests.objects import samples
from tests.objects.samples import DEFLATED
from tests.objects.test_manifest import CONTENT, decoded

LIMIT = 1 << 20
MANY = 24 << 20  # bytes that a bomb becomes


@pytest.fixture(autouse=True)
def _limited(monkeypatch: pytest.MonkeyPatch) -> None:
    known = replace(settings(), inflated_max_bytes=LIMIT)
    monkeypatch.setattr(deflated, "settings", lambda: known)


@pytest.fixture(scope="module")
def bomb() -> bytes:
    data = samples.encoded(dataset(PixelData=bytes(MANY)), DEFLATED)
    assert len(data) < 64 << 10
    return data


def test_a_bomb_is_refused_by_everything_that_inflates_and_costs_no_more_than_the_limit(
    bomb: bytes,
) -> None:
    readers = (
        lambda: deflated.require_whole(bomb, DEFLATED),
        lambda: opened(bomb, DEFLATED),
        lambda: transcoding.convert(bomb, DEFLATED, EXPLICIT),
        lambda: coercion.coerced(bomb, DEFLATED, {}, []),
    )
    for read in readers:
        tracemalloc.start()
        with pytest.raises(errors.InflatesTooFar) as refused:
            read()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert refused.value.facts == {"limit": str(LIMIT)}
        assert most < MANY // 4
    assert not sameness.same_content(bomb, DEFLATED, bomb[:-1], DEFLATED)
    assert marks.read(bomb, DEFLATED) == marks.Mark()
    with pytest.raises(errors.DatasetUnreadable):
        key_objects.read(bomb, DEFLATED)


def test_what_stays_under_the_limit_is_whole() -> None:
    made = dataset(PixelData=bytes(LIMIT // 2))
    data = samples.encoded(made, DEFLATED)
    for padding in (b"", b"\0"):  # PS3.5 A.5: to an even length
        deflated.require_whole(data + padding, DEFLATED)
        assert deflated.plain(data + padding, DEFLATED) == samples.encoded(made, EXPLICIT)
    assert deflated.plain(data, EXPLICIT) is data
    with pytest.raises(errors.InflatesTooFar):
        deflated.plain(data, DEFLATED, most=LIMIT // 4)


def test_one_as_large_as_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    for size, taken in ((LIMIT, True), (LIMIT + 1, False)):
        stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        data = stream.compress(bytes(size)) + stream.flush()
        for read in (deflated.require_whole, deflated.plain):
            if taken:
                read(data, DEFLATED)
                continue
            with pytest.raises(errors.InflatesTooFar):
                read(data, DEFLATED)


def test_one_that_is_cut_off_or_damaged_is_unreadable() -> None:
    data = samples.encoded(dataset(), DEFLATED)
    for broken in (data[:-3], b"", b"\xff" * 40):
        for read in (deflated.require_whole, deflated.plain):
            with pytest.raises(errors.DatasetUnreadable):
                read(broken, DEFLATED)


def test_a_manifest_that_came_deflated_is_read_and_a_bomb_is_not() -> None:
    made = decoded()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = UID(DEFLATED)
    assert len(manifest.read(_file(made))) == sum(len(each[2]) for each in CONTENT.series)
    made.add_new(0x7FE00010, "OB", bytes(MANY))
    with pytest.raises(errors.InflatesTooFar):
        manifest.read(_file(made))


def _file(made: object) -> bytes:
    buffer = BytesIO()
    dcmwrite(buffer, made, enforce_file_format=True)  # type: ignore[arg-type]
    return buffer.getvalue()
