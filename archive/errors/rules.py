"""What can go wrong with rows of law and lists: content policy, study codes, take-over; under the
families of `archive.errors`.

    Malformed      ListUnreadable
    Unacceptable   PolicyUnfit, ListTooLarge, CodeListFaulty, AnswersTooMany
    Conflict       PolicyBeganThen, CodesChanged, CodesApplied, TakeoverRuns

`facts["field"]`, where there is one, names the field the message belongs to.
"""

from enum import StrEnum

from archive.errors.base import Conflict, Malformed, Unacceptable


class Unread(StrEnum):
    """`facts["why"]` of a ListUnreadable; behind each what else the facts then tell."""

    NO_HEADING = "no-heading"
    MISSING = (
        "missing"  # `missing`: columns by comma, any one of those by bar; `found`: what is there
    )
    TWICE = "twice"  # `found`: the columns that mean the same
    NOT_UTF8 = "not-utf8"
    NOT_CSV = "not-csv"  # `line`
    EMPTY = "empty"


class ListUnreadable(Malformed):
    code = "LIST"
    comment = "list is no CSV in UTF-8 with the columns asked for"


class PolicyUnfit(Unacceptable):
    code = "POLICY"
    comment = "row of the content policy is not acceptable"


class ListTooLarge(Unacceptable):
    code = "LIST-SIZE"
    comment = "list is too large"


class CodeListFaulty(Unacceptable):
    code = "CODES-FAULTY"
    comment = "list of codes has faulty lines"


class AnswersTooMany(Unacceptable):
    code = "TAKEOVER-MANY"
    comment = "system names more studies on one day than can be taken"


class PolicyBeganThen(Conflict):
    code = "POLICY-DAY"
    comment = "a version of the content type began on that day"


class CodesChanged(Conflict):
    code = "CODES-CHANGED"
    comment = "study codes have been changed since the list was shown"


class CodesApplied(Conflict):
    code = "CODES-APPLIED"
    comment = "list of codes was applied before"


class TakeoverRuns(Conflict):
    code = "TAKEOVER-RUNS"
    comment = "take-over is being compared"
