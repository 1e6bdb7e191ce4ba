"""A note that awaits its objects is revoked in the moment in which one of them comes (AR-7)."""

from functools import partial

import pytest
from pydicom.dataset import Dataset

from archive import locks
from archive.models import Instance, RejectedObject, Rejection
from archive.services import rejections
from archive.services.sessions import Session
from tests import cast, meanwhile, notes
from tests.cast import dataset
from tests.notes import SAFETY, note
from tests.services.test_rejections import ARCHIVIST

pytestmark = pytest.mark.usefixtures("fresh_database")


def send(made: Dataset) -> None:
    session = Session(cast.peer())
    cast.send(session, made)
    session.close()


def revoke() -> None:
    rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="a slip")


def hidden_by_nothing() -> bool:
    """Whether an object is hidden and no note does so, so that nobody can give it back."""
    live = RejectedObject.objects.filter(ended_at=None).values("instance")
    return Instance.objects.exclude(rejection="").exclude(id__in=live).exists()


@pytest.mark.parametrize("is_known", [False, True])
def test_an_object_that_comes_while_its_note_is_revoked_is_not_hidden_for_ever(
    *, is_known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dataset()
    if is_known:
        send(dataset())
    notes.send(note(SAFETY, made))
    with monkeypatch.context() as patched:
        meanwhile.once_before(patched, locks, "hold", partial(send, made))
        revoke()
    assert not hidden_by_nothing()
    assert Instance.objects.get(sop_instance_uid=made.SOPInstanceUID).rejection == ""


def test_a_note_that_is_revoked_while_its_object_comes_hides_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = dataset()
    notes.send(note(SAFETY, made))
    with monkeypatch.context() as patched:
        meanwhile.once_before(patched, rejections, "_fall_on", revoke)
        send(made)
    assert not hidden_by_nothing()
    assert Instance.objects.get(sop_instance_uid=made.SOPInstanceUID).rejection == ""


def test_two_who_revoke_at_once_give_back_once_and_what_is_rejected_since_stays_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = dataset()
    send(made)
    notes.send(note(SAFETY, made))
    first = Rejection.objects.get()

    def revoke_and_reject_anew() -> None:
        rejections.revoke(ARCHIVIST, first, reason="a slip")
        notes.send(note(SAFETY, made))

    with monkeypatch.context() as patched:
        meanwhile.once_before(patched, locks, "hold", revoke_and_reject_anew)
        assert rejections.revoke(ARCHIVIST, first, reason="a slip") == 0
    assert Instance.objects.get().rejection == SAFETY
