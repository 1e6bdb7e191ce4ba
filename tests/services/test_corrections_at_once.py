"""Two associations correct the same object in the same moment (AR-7)."""

from functools import partial

import pytest
from pydicom.dataset import Dataset

from archive import errors, locks
from archive.models import Correction, CorrectionState, Instance, Study
from archive.services import corrections
from tests import cast, meanwhile, notes
from tests.cast import VENLA, dataset
from tests.services.test_corrections import NEW_PATIENT, corrected, served, settle, whose
from tests.services.test_registration import stored

pytestmark = pytest.mark.usefixtures("fresh_database")


def correct_patient(study: Study, made: Dataset) -> None:
    cast.store(corrected(made, **NEW_PATIENT))
    settle(study)


def test_what_was_compared_with_a_version_that_another_has_followed_is_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the object in force would say the patient whom its study has no more."""
    notes.allow(metadata=True)
    made = dataset()
    study = stored(made)
    other = corrected(made, ReferringPhysicianName="Lääkäri^Liisa")
    with monkeypatch.context() as patched:
        meanwhile.once_before(patched, locks, "hold", partial(correct_patient, study, made))
        with pytest.raises(errors.StorageGone):
            cast.store(other)
    assert (whose(study), served(made).PatientID) == (VENLA, VENLA)
    assert Instance.objects.get().version == 2
    cast.store(other)  # its word, and the later one
    settle(study)
    assert whose(study) == served(made).PatientID


def test_two_workers_who_find_the_same_correction_whole_leave_it_in_force(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when the first one's lease ran out while its machine stood still."""
    notes.allow(metadata=True)
    made = dataset()
    study = stored(made)
    cast.store(corrected(made, **NEW_PATIENT))
    with monkeypatch.context() as patched:
        meanwhile.once_before(patched, corrections, "_settle", partial(settle, study))
        settle(study)
    assert (whose(study), served(made).PatientID) == (VENLA, VENLA)
    assert Correction.objects.get().state == CorrectionState.IN_FORCE
