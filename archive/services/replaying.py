"""What befell objects after they were first archived, in the order of time: their later versions,
what was decided, and what notes were waiting for (AR-10).

Each is done again upon what stood when it happened. A rejection may have made a correction whole,
and the object it hid be shown again today.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any
from uuid import UUID

from archive.config import settings
from archive.models import Correction, CorrectionState, RejectedObject, Rejection
from archive.services import (
    corrections,
    decisions,
    filing,
    later_files,
    rejection_notes,
    rejections,
)
from archive.services.indexing import File, Places
from archive.services.later_files import Later
from archive.values import now

Record = Mapping[str, Any]


class Course:
    """What came later, each waiting for its turn among what was decided."""

    def __init__(self, places: Places) -> None:
        self.versions = 0  # files that are versions of their object now
        self._places = places
        self._waiting: list[tuple[datetime, int, Callable[[], None]]] = []
        self._turns = count()  # of what came in one moment
        self._offered: dict[UUID, dict[UUID, datetime]] = defaultdict(dict)  # since it was settled
        self._begun: set[UUID] = set()  # studies of which something was offered

    def expect(self, files: Iterable[File]) -> None:
        """Files of one object that no row names."""
        for each in later_files.of_object(list(files), self._places):
            self._wait(each.came, partial(self._offer, each))

    def expect_awaited(self, environment: str, **which: str) -> None:
        """Objects that the index had forgotten, and a note that it knows waits for: storing them
        hid them at once.
        """
        waiting = RejectedObject.objects.filter(ended_at=None, instance=None, **which)
        notes = Rejection.objects.filter(
            environment=environment, id__in=waiting.values("rejection")
        )
        for note in notes.iterator():
            self._fall_later(note, rejection_notes.came_again(note))

    def decided(self, environment: str, record: Record, at: datetime) -> bool:
        """Do a decision again, in the caller's transaction; whether it changed anything. Raises
        KeyError, TypeError, ValueError when the record is not as it was written.
        """
        of_rejections = record["kind"] in decisions.OF_REJECTIONS
        if of_rejections:  # it may put a correction in force, and owes registration before that
            filing.share_persons(environment)
        changed = decisions.replay(environment, record)
        if changed and of_rejections:
            notes = Rejection.objects.filter(environment=environment)
            self._rejected(notes.get(digest=bytes.fromhex(record["note"])), at)
        return changed

    def go_on(self, until: datetime | None = None) -> None:
        """Let come what came by then, or all that is left."""
        while self._waiting and (until is None or self._waiting[0][0] <= until):
            _, _, happen = heappop(self._waiting)
            happen()
        for study_id in list(self._offered):
            self._settle(study_id, until or now())

    def _wait(self, at: datetime, happen: Callable[[], None]) -> None:
        heappush(self._waiting, (at, next(self._turns), happen))

    def _offer(self, later: Later) -> None:
        """What an object's next version corrected is the one before, so that is put in force first:
        a study that was corrected and back differs from its original in nothing that is corrected.
        So is what the index gathered before.
        """
        study_id = later.study_id
        offered = self._offered.get(study_id, {})
        if later.instance_id in offered or study_id not in self._begun:
            self._settle(study_id, later.came)
        self._begun.add(study_id)
        if later_files.offer(later, self._places):
            self.versions += 1
            self._offered[study_id][later.instance_id] = later.came
            quiet_at = later.came + timedelta(seconds=settings().quiet_seconds)
            self._wait(quiet_at, partial(self._be_quiet, study_id, later.came))

    def _be_quiet(self, study_id: UUID, came: datetime) -> None:
        """Nothing more has come for a while, unless something has."""
        if came == max(self._offered.get(study_id, {}).values(), default=None):
            self._settle(study_id, came + timedelta(seconds=settings().quiet_seconds))

    def _settle(self, study_id: UUID, at: datetime) -> None:
        """As it was then; of objects that came after that it is asked whether they belong to the
        study as it had become. What is gathered today is looked at by its own job.
        """
        self._offered.pop(study_id, None)
        again = corrections.settle(study_id, replayed_at=min(at, now()))
        if again is not None and again <= now():
            self._wait(again, partial(self._settle, study_id, again))

    def _rejected(self, note: Rejection, at: datetime) -> None:
        """It may have made a correction whole, and awaited what had not come by then."""
        named = RejectedObject.objects.filter(rejection=note)
        gathering = Correction.objects.filter(
            study__in=named.values("instance__study"), state=CorrectionState.GATHERING
        )
        for study_id in set(gathering.values_list("study_id", flat=True)):
            self._settle(study_id, at)
        self._fall_later(note, rejection_notes.came_after(note))

    def _fall_later(self, note: Rejection, came: Iterable[tuple[UUID, datetime]]) -> None:
        for instance_id, at in came:
            self._wait(at, partial(rejections.fall_again, note, instance_id))


def take_versions(files: Iterable[File], places: Places) -> None:
    """Files of one object that no row names, taken in as when they came."""
    course = Course(places)
    course.expect(files)
    course.go_on()


def hide_awaited(environment: str, sop_instance_uid: str, places: Places) -> None:
    """An object that has been indexed again, as storing it did."""
    course = Course(places)
    course.expect_awaited(environment, sop_instance_uid=sop_instance_uid)
    course.go_on()
