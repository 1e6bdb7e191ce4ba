"""What the files of objects say of themselves: damage there is found while the index can mend it
(AR-10).
"""

from pathlib import Path

import pytest

from archive import vault
from archive.models import Case, Environment, Rejection
from archive.objects.part10 import FileMeta, read_prefix
from archive.services import rebuilding
from archive.vault import DATA_OFFSET
from tests import cast
from tests.cast import dataset
from tests.notes import SAFETY, note, send
from tests.rebuilding import a_life, nothing, rows, wipe
from tests.services.test_integrity import go_round, one
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db", "own_vault")


def harm(path: Path, what: bytes, instead: bytes) -> None:
    content = path.read_bytes()
    assert content.count(what, 0, DATA_OFFSET)
    harmed = content[:DATA_OFFSET].replace(what, instead, 1)
    path.chmod(0o600)
    path.write_bytes(harmed + content[DATA_OFFSET:])


def said(path: Path) -> FileMeta:
    return read_prefix(path.read_bytes()[:DATA_OFFSET])


HARMS = (
    (b"1.2.246.10.9", b"1.2.246.10.8"),  # the register's controller
    (b'"received": "2', b'"received": "3'),
    (b'"environment"', b'"emvironment"'),
    (b"DICM", b"DICL"),
    (b"1.2.840.10008.1.2", b"1.2.840.10008.1.3"),  # the transfer syntax
    (b'"digest": "blake3"', b'"digest": "blake2"'),
)


@pytest.mark.parametrize(("what", "instead"), HARMS)
def test_a_flipped_bit_of_a_head_is_mended_in_the_next_round(what: bytes, instead: bytes) -> None:
    made = dataset()
    cast.store(made)
    path = file_of("production", bytes(one(made).digest))
    before = path.read_bytes()
    harm(path, what, instead)
    done = go_round()
    assert path.read_bytes() == before
    assert (done.checked, done.found, Case.objects.count()) == (1, 0, 0)


def test_an_index_that_is_lost_after_the_round_comes_back_whole() -> None:
    made = dataset()
    cast.store(made)
    harm(file_of("production", bytes(one(made).digest)), b"1.2.246.10.9", b"1.2.246.10.8")
    before = rows()
    go_round()
    wipe()
    rebuilding.rebuild(nothing, Environment.values)
    assert rows()["instances"] == before["instances"]


def test_an_object_has_the_name_that_its_data_set_tells() -> None:
    """Where the index is lost before the round."""
    made = dataset()
    cast.store(made)
    uid, before = made.SOPInstanceUID.encode(), rows()
    other = uid[:-1] + (b"1" if uid[-1:] != b"1" else b"2")
    harm(file_of("production", bytes(one(made).digest)), uid, other)
    wipe()
    rebuilding.rebuild(nothing, Environment.values)
    assert rows()["instances"] == before["instances"]


def test_the_note_that_hides_an_object_is_mended_as_well() -> None:
    made = dataset()
    cast.store(made)
    send(note(SAFETY, made))
    path = file_of("production", bytes(Rejection.objects.get().digest))
    before = said(path)
    harm(path, b"DICM", b"DICL")
    go_round()
    mended = said(path)
    assert (mended.sop_instance_uid, mended.controller_oid, mended.source_aet) == (
        before.sop_instance_uid,
        before.controller_oid,
        before.source_aet,
    )


def test_heads_that_are_as_they_were_written_are_left_alone(own_vault: Path) -> None:
    """Of corrected, rejected and damaged objects, of notes and of manifests too."""
    a_life()
    vault.give_files("production", quiet_seconds=0)
    before = {path: path.stat().st_mtime_ns for path in own_vault.glob("production/??/*.dcm")}
    go_round()
    after = {path: path.stat().st_mtime_ns for path in own_vault.glob("production/??/*.dcm")}
    assert len(before) > 10
    assert [path for path, at in before.items() if after.get(path, at) != at] == []
