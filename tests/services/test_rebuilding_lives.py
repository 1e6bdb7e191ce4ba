"""Studies that lived through whatever came, wiped from the index, are what they were (AR-10)."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from pydicom.dataset import Dataset

from archive.errors import ArchiveError
from archive.models import RejectedObject, Rejection, RetentionHold, Study
from archive.services import (
    commitment,
    committed,
    corrections,
    overlays,
    rebuilding,
    rejection_notes,
    rejections,
    retention_holds,
)
from archive.values import uid_from_uuid
from tests import cast, notes, persons
from tests.cast import MATTI
from tests.notes import QUALITY, RETENTION, SAFETY, WORKLIST, note
from tests.rebuilding import made, nothing, rows, wipe
from tests.services.test_corrections import NEW_PATIENT, corrected
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_rejections import ARCHIVIST

pytestmark = pytest.mark.usefixtures("db", "own_vault")

Act = Callable[["Life"], object]
# Each came out otherwise while versions were taken in before all notes, and these before what had
# not come by then.
SEEDS = (1010, 1012, 1017, 1018, 1019, 1026, 1037, 1042, 1047, 1051, 1075, 1100, 1105)


class Life:
    """Two studies of three objects each, and what may befall them, by chance."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.studies = [made(number, 3) for number in (1, 2)]

    def one_of(self, found: Any) -> Any:
        return self.random.choice(list(found))

    def some_of(self, these: list[Any]) -> list[Any]:
        return self.random.sample(these, self.random.randint(1, len(these)))

    def store(self) -> None:
        cast.store(*self.some_of(self.one_of(self.studies)))

    def correct(self) -> None:
        objects: list[Dataset] = self.one_of(self.studies)
        number = objects[0].AccessionNumber
        change: dict[str, str] = self.random.choice(
            [
                {"AccessionNumber": f"X{self.random.randint(1, 2)}"},
                {**NEW_PATIENT, "AccessionNumber": number},
                {**NEW_PATIENT, "AccessionNumber": "X3"},
                {"AccessionNumber": number, "StudyDescription": "AA1AD Toinen"},
            ]
        )
        few = self.random.sample(objects, self.random.choice([1, 3, 3]))
        cast.store(*(corrected(each, **change) for each in few))

    def note(self) -> None:
        named = self.random.sample([each for study in self.studies for each in study], 3)
        title = self.random.choice([QUALITY, SAFETY, SAFETY, WORKLIST, RETENTION])
        notes.send(note(title, *self.some_of(named)))

    def reject(self) -> None:
        study = self.one_of(Study.objects.order_by("study_instance_uid"))
        ids = list(study.instances.order_by("sop_instance_uid").values_list("id", flat=True))
        title = self.random.choice([QUALITY, SAFETY, WORKLIST])
        rejection_notes.reject(ARCHIVIST, study, self.some_of(ids), title, reason="wrong")

    def revoke(self) -> None:
        rejection = self.one_of(Rejection.objects.order_by("made_at"))
        named = RejectedObject.objects.filter(rejection=rejection).order_by("id")
        ids = [self.one_of(named.values_list("id", flat=True))]
        rejections.revoke(
            ARCHIVIST, rejection, reason="was right", object_ids=self.random.choice([None, ids])
        )

    def lay_over(self) -> None:
        studies = self.some_of(list(Study.objects.order_by("study_instance_uid")))
        given: dict[str, str] = self.random.choice(
            [
                NEW_PATIENT,
                {"PatientID": MATTI},
                {"StudyDescription": "AA1AD P"},
                {"AccessionNumber": "L1"},
            ]
        )
        lay_over(*studies, **given)

    def undo(self) -> None:
        last = overlays.last_in_force(self.one_of(Study.objects.order_by("study_instance_uid")))
        if last is not None:
            overlays.undo(ARCHIVIST, last, reason="was right")

    def hold(self) -> None:
        study = self.one_of(Study.objects.order_by("study_instance_uid"))
        retention_holds.hold_study(
            persons.staff(), study, reason=f"claim {self.random.random()}", until=None
        )

    def release(self) -> None:
        held = self.one_of(RetentionHold.objects.order_by("placed_at"))
        retention_holds.release(persons.staff(), held.id, reason="ended")

    def commit(self) -> None:
        objects = self.one_of(self.studies)
        references = [(cast.CT, str(each.SOPInstanceUID)) for each in objects]
        asked = commitment.request(
            cast.peer(), transaction_uid=uid_from_uuid(), references=references
        )
        commitment.result(asked)
        commitment.reported(asked, same_association=True)

    def go_on(self) -> str:
        """Whatever comes next, and its name; what is refused changes nothing."""
        act: Act = self.random.choices(list(ACTS), list(ACTS.values()))[0]
        try:
            act(self)
        except (ArchiveError, IndexError, AssertionError) as refusal:  # nothing to choose from
            return f"{act.__name__}: {type(refusal).__name__}"
        finally:
            settle()
        return act.__name__


ACTS: dict[Act, int] = {
    Life.store: 2,
    Life.correct: 3,
    Life.note: 2,
    Life.reject: 1,
    Life.revoke: 2,
    Life.lay_over: 2,
    Life.undo: 1,
    Life.hold: 1,
    Life.release: 1,
    Life.commit: 1,
}


def settle() -> None:
    """As jobs do, a moment later."""
    for study in Study.objects.all():
        corrections.settle(study.id)
        committed.tell(study.id)


def told() -> dict[str, Any]:
    studies = Study.objects.select_related("overlay")
    holds = RetentionHold.objects.values_list(
        "study__study_instance_uid", "reason", "release_reason"
    )
    return {
        **rows(),
        "laid over": sorted(
            (each.study_instance_uid, sorted(each.overlay.values.items() if each.overlay else ()))
            for each in studies
        ),
        "holds": sorted(holds),
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_befell_studies_is_made_again(
    seed: int, configure: Any, django_capture_on_commit_callbacks: Any
) -> None:
    configure(QUIET_SECONDS="0")
    notes.allow(metadata=True)
    life = Life(seed)
    with django_capture_on_commit_callbacks(execute=True):  # records of holds
        cast.store(*life.some_of(life.studies[0]))
        lived = [life.go_on() for _ in range(12)]
    before = told()
    rebuilding.rebuild(nothing)
    assert told() == before, f"made again upon what is there: {lived}"
    RetentionHold.objects.all().delete()
    wipe()
    rebuilding.rebuild(nothing)
    settle()
    assert told() == before, f"made again of nothing: {lived}"
