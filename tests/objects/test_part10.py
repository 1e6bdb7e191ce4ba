"""The head of a file: 1024 bytes whatever it says, readable by everybody, enough to rebuild the
index.
"""

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pydicom
import pytest

from archive import errors
from archive.objects.part10 import PREFIX_LENGTH, FileMeta, prefix, read_prefix
from tests.objects.samples import EXPLICIT, data_sets

META = FileMeta(
    sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
    sop_instance_uid="2.25.1",
    transfer_syntax_uid=EXPLICIT,
    source_aet="ESIM_PACS",
    receiving_aet="KANTA",
    environment="production",
    controller_oid="1.2.246.10.90000001.19.0",
    received_at=datetime(2026, 11, 22, 4, 5, 6, 789, UTC),
    digest_algorithm="blake3",
)
LONGEST = FileMeta(
    *("1." + "2" * 62,) * 3,
    *("A" * 16, "B" * 16, "production", "1." + "3" * 62, META.received_at, "blake3"),
)


@pytest.mark.parametrize("meta", [META, LONGEST])
def test_what_was_written_is_read_again_and_has_the_fixed_length(meta: FileMeta) -> None:
    assert len(prefix(meta)) == PREFIX_LENGTH
    assert read_prefix(prefix(meta)) == meta


def test_a_file_that_does_not_say_is_named_by_what_was_used_before() -> None:
    said = prefix(META).replace(b', "digest": "blake3"', b" " * 20)
    assert read_prefix(said) == replace(META, digest_algorithm="sha256")


def test_pydicom_reads_the_file() -> None:
    dataset = pydicom.dcmread(BytesIO(prefix(META) + data_sets()["CT_small.dcm"][0]))
    assert dataset.file_meta.SourceApplicationEntityTitle == "ESIM_PACS"
    assert dataset.file_meta.ReceivingApplicationEntityTitle == "KANTA"
    assert dataset.PatientID == "1CT1"
    assert dataset.pixel_array.shape == (128, 128)


@pytest.mark.skipif(not shutil.which("dcmdump"), reason="dcmtk is not installed")
def test_dcmdump_reads_the_file(tmp_path: Path) -> None:
    file = tmp_path / "object.dcm"
    file.write_bytes(prefix(META) + data_sets()["CT_small.dcm"][0])
    shown = subprocess.run(
        ["dcmdump", "-E", file], capture_output=True, text=True, check=True, timeout=20
    )
    assert "[ESIM_PACS]" in shown.stdout and "[1CT1]" in shown.stdout


@pytest.mark.parametrize(
    "broken", [b"", bytes(2000), prefix(META)[:900], prefix(META).replace(b"register", b"rregiste")]
)
def test_a_foreign_or_damaged_head_is_refused(broken: bytes) -> None:
    with pytest.raises(errors.DatasetUnreadable):
        read_prefix(broken)


def test_a_value_longer_than_its_kind_allows_is_refused() -> None:
    with pytest.raises(ValueError, match="64"):
        prefix(replace(META, sop_class_uid="1" * 65))
