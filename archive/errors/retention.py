"""What can go wrong with retention and destruction; under the families of `base`.

Conflict   StudyDestroyed, NothingToDestroy, ListMoved, HeldAlready, HoldEnded,
           RuleHasEnded
NotFound   PersonUnknown
"""

from archive.errors.base import Conflict, NotFound


class StudyDestroyed(Conflict):
    """Its objects are refused when they come again, and so is anything new for it."""

    code = "A771"
    comment = "study was destroyed when its retention had ended"


class NothingToDestroy(Conflict):
    code = "RETENTION-NONE"
    comment = "no study that may be destroyed"


class ListMoved(Conflict):
    code = "RETENTION-MOVED"
    comment = "list has moved on meanwhile"


class HeldAlready(Conflict):
    """`facts`: `by` and `at`, who placed the hold that is in force and when."""

    code = "RETENTION-HELD"
    comment = "held already for the same reason"


class HoldEnded(Conflict):
    code = "RETENTION-HOLD"
    comment = "hold has ended already"


class RuleHasEnded(Conflict):
    code = "RETENTION-RULE"
    comment = "rule has ended already"


class PersonUnknown(NotFound):
    code = "RETENTION-PERSON"
    comment = "no such person in the archive"
