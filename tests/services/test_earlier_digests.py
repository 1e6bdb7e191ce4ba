"""Objects that were archived under SHA-256 stay whole, known and healable under it (AR-10)."""

import hashlib
from dataclasses import replace

import pytest
from pydicom import Dataset

from archive import vault
from archive.models import Instance, InstanceVersion
from archive.services import integrity, rebuilding, serving
from tests import cast, notes
from tests.cast import dataset
from tests.rebuilding import nothing, wipe
from tests.services.test_corrections import NEW_PATIENT, corrected, settle
from tests.services.test_integrity import flip, go_round, one
from tests.services.test_rejections import registered

pytestmark = pytest.mark.usefixtures("db", "own_vault")


def as_before(made: Dataset) -> bytes:
    """Archived by a version that named objects by SHA-256; the digest."""
    row = one(made)
    data = vault.read("production", bytes(row.digest))
    meta = vault.read_meta("production", bytes(row.digest))
    with vault.Incoming("production") as incoming:
        incoming.write(data)
        kept = incoming.keep(replace(meta, digest_algorithm="sha256"))
    Instance.objects.filter(id=row.id).update(digest=kept.digest, digest_algorithm="sha256")
    vault.remove("production", bytes(row.digest))
    assert kept.digest == hashlib.sha256(data).digest()
    return kept.digest


def test_it_is_verified_given_and_the_same_when_it_comes_again() -> None:
    made = dataset()
    cast.store(made)
    digest = as_before(made)
    assert integrity.is_whole(one(made)) and go_round().found == 0
    assert serving.served(one(made)).data() == cast.encoded(made)
    cast.store(made)
    assert bytes(one(made).digest) == digest
    assert [found for found, _ in vault.every_object("production")] == [digest]


def test_it_is_healed_under_the_name_that_it_has() -> None:
    made = dataset()
    cast.store(made)
    digest = as_before(made)
    flip(digest)
    assert go_round().found == 1
    cast.store(made)
    row = one(made)
    assert (bytes(row.digest), row.digest_algorithm) == (digest, "sha256")
    assert row.damaged_at is None and vault.is_whole("production", digest)


def test_a_correction_is_known_by_the_digest_of_today_and_the_first_by_its_own() -> None:
    notes.allow(metadata=True)
    made = dataset()
    study = registered(made)
    first = as_before(made)
    cast.store(corrected(made, **NEW_PATIENT))
    settle(study)
    row = one(made)
    assert row.digest_algorithm == vault.ALGORITHM and bytes(row.digest) != first
    told = InstanceVersion.objects.order_by("number").values_list("digest_algorithm", flat=True)
    assert list(told) == ["sha256", vault.ALGORITHM]
    cast.store(corrected(made, **NEW_PATIENT))
    assert InstanceVersion.objects.count() == 2


def test_the_index_is_made_again_with_both_names() -> None:
    old, new = dataset(), dataset()
    registered(old, new)
    as_before(old)
    digests = [bytes(one(each).digest) for each in (old, new)]
    wipe()
    rebuilding.rebuild(nothing)
    assert [bytes(one(each).digest) for each in (old, new)] == digests
    assert (one(old).digest_algorithm, one(new).digest_algorithm) == ("sha256", vault.ALGORITHM)
