"""What can go wrong in correcting; under the families of `base`.

    NotFound   NothingToReject
    Conflict   RejectionNoteReused, RejectedBefore, RejectionClassConflict, RejectedAlready,
               RejectionOfAnother, RejectionEnded, CorrectionIncomplete, CorrectionOutdated,
               OthersObjects, StudyOfTwo
    Refused    RetentionRejectionUnauthorised, RetentionNotEnded, RegisterFixed

A770 to A776 are the codes of dcm4chee-arc for rejection notes and rejected objects.
"""

from archive.errors.base import Conflict, NotFound, Refused


class NothingToReject(NotFound):
    code = "A772"
    comment = "rejection note names an object that is not here"


class RejectionNoteReused(Conflict):
    code = "A770"
    comment = "UID of the rejection note was used for another"


class RejectedBefore(Conflict):
    code = "A771"
    comment = "object was rejected and is not taken again"


class RejectionClassConflict(Conflict):
    code = "A773"
    comment = "rejection note names another SOP class"


class RejectedAlready(Conflict):
    code = "A774"
    comment = "object is rejected already"


class RejectionOfAnother(Conflict):
    code = "A778"
    comment = "rejection note names another patient than the study's"


class RejectionEnded(Conflict):
    code = "A770"
    comment = "rejection by this note has ended, send a new note"


class CorrectionIncomplete(Conflict):
    code = "HALF"
    comment = "only a part of the study has been corrected"


class CorrectionOutdated(Conflict):
    code = "OUTDATED"
    comment = "study has been changed since"


class OthersObjects(Conflict):
    code = "OTHERS"
    comment = "objects would name another patient than their study"


class StudyOfTwo(Conflict):
    code = "TWO"
    comment = "objects of the study name two persons"


class RetentionRejectionUnauthorised(Refused):
    code = "A775"
    comment = "rejection for ended retention is not authorised"


class RetentionNotEnded(Refused):
    code = "A776"
    comment = "retention has not ended"


class RegisterFixed(Refused):
    comment = "a correction moves no study to another register"
