"""What can go wrong with persons: their ids, merges and names, the messages that tell of them, and
what waits for a second person. Under the families of `base`.

    Malformed      FrameBroken, MessageUnreadable, MessageTooLong, SegmentMissing, FieldMissing,
                   FieldUnreadable
    Unacceptable   CharacterSetUnknown, TableValueUnknown, PatientIdForeign, OfficialIdRetired
    Unsupported    MessageTypeUnknown, EventUnknown, ProcessingIdWrong, VersionUnsupported
    NotFound       PatientUnknown
    Conflict       MergeSelf, MergeInverse, MergeCircular, MergedElsewhere, IdInUse,
                   UpdateOutdated, MergeUndone, MessageDone, SecondAsked,
                   SecondDecided, BirthContradicts
    Refused        SenderUnknown, SenderAddressWrong, ReceiverUnknown, MergeUnauthorised, SamePerson

`facts["place"]`, where there is one, names segment, sequence and field of the message: `PID^1^3`.
"""

from archive.errors.base import Conflict, Malformed, NotFound, Refused, Unacceptable, Unsupported

# --- Malformed ------------------------------------------------------------------------------------


class FrameBroken(Malformed):
    code = "MLLP"
    comment = "bytes are no whole MLLP frame"


class MessageUnreadable(Malformed):
    code = "HL7-MSH"
    comment = "message header cannot be read"


class MessageTooLong(Malformed):
    code = "HL7-SIZE"
    comment = "message is too long"


class SegmentMissing(Malformed):
    code = "HL7-SEGMENT"
    comment = "a segment is missing or out of order"


class FieldMissing(Malformed):
    code = "HL7-FIELD"
    comment = "a required field is missing"


class FieldUnreadable(Malformed):
    code = "HL7-TYPE"
    comment = "a field is not of its data type"


# --- Unacceptable ---------------------------------------------------------------------------------


class CharacterSetUnknown(Unacceptable):
    code = "HL7-CHARSET"
    comment = "character set is not supported"


class TableValueUnknown(Unacceptable):
    code = "HL7-TABLE"
    comment = "a value is not in its table"


class PatientIdForeign(Unacceptable):
    code = "A777"
    comment = "temporary patient id of another organisation"
    offending = (0x00100020,)


class OfficialIdRetired(Unacceptable):
    code = "HL7-OFFICIAL"
    comment = "a personal identity code never yields to a temporary id"


# --- Unsupported ----------------------------------------------------------------------------------


class MessageTypeUnknown(Unsupported):
    code = "HL7-TYPE-UNKNOWN"
    comment = "message type is not supported"


class EventUnknown(Unsupported):
    code = "HL7-EVENT-UNKNOWN"
    comment = "event is not supported"


class ProcessingIdWrong(Unsupported):
    code = "HL7-PROCESSING"
    comment = "processing id is not of this environment"


class VersionUnsupported(Unsupported):
    code = "HL7-VERSION"
    comment = "HL7 version is not supported"


# --- NotFound -------------------------------------------------------------------------------------


class PatientUnknown(NotFound):
    code = "HL7-PATIENT"
    comment = "patient is not known here"


# --- Conflict -------------------------------------------------------------------------------------


class MergeSelf(Conflict):
    code = "MERGE-SELF"
    comment = "an id cannot be merged into itself"


class MergeInverse(Conflict):
    code = "MERGE-INVERSE"
    comment = "the surviving id was merged into the retired one"


class MergeCircular(Conflict):
    code = "MERGE-CIRCULAR"
    comment = "the merge would close a circle"


class MergedElsewhere(Conflict):
    code = "MERGE-ELSEWHERE"
    comment = "the retired id was merged into another person"


class IdInUse(Conflict):
    code = "ID-IN-USE"
    comment = "the new id is in use; merge instead"


class UpdateOutdated(Conflict):
    code = "OUTDATED"
    comment = "a later message has changed the same person"


class MergeUndone(Conflict):
    code = "MERGE-UNDONE"
    comment = "the merge has been undone"


class MessageDone(Conflict):
    code = "MESSAGE-DONE"
    comment = "the message has been done"


class SecondAsked(Conflict):
    code = "SECOND-ASKED"
    comment = "this waits for a second person already"


class SecondDecided(Conflict):
    code = "SECOND-DECIDED"
    comment = "this has been decided"


class BirthContradicts(Conflict):
    code = "BIRTH"
    comment = "day of birth is another than the personal identity code says"


# --- Refused --------------------------------------------------------------------------------------


class SenderUnknown(Refused):
    code = "HL7-SENDER"
    comment = "sending application and facility are nobody's here"


class SenderAddressWrong(Refused):
    code = "HL7-ADDRESS"
    comment = "sender comes from another address"


class ReceiverUnknown(Refused):
    code = "HL7-RECEIVER"
    comment = "receiving application or facility is not ours"


class MergeUnauthorised(Refused):
    code = "MERGE-RIGHT"
    comment = "the retired id is not this sender's to retire"


class SamePerson(Refused):
    code = "SECOND-SAME"
    comment = "who asked cannot grant"
