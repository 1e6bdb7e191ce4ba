"""Advice on messages about persons, on merges, and on what waits for a second person."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors import persons as errors
from portal.advice.kinds import CORRECT_AND_SEND, Advice, Move

COMPARE = _(
    "Compare the message with the conformance statement together with its sender’s supplier."
)
OWN_COMPARE = _("Have the message compared with the conformance statement by your system supplier.")
ASK_SUPPORT = _("Contact technical support and quote this case number.")
NOTHING_CHANGED = _("Nothing was changed. See from the message which ids it names.")

ADVICE: dict[type[ArchiveError], Advice] = {
    # --- Malformed ---
    errors.FrameBroken: Advice(
        _("Connection brought no whole message"),
        _("Bytes came that are no whole MLLP frame: cut off, never ended, or not MLLP at all."),
        _("Check with the customer that its system speaks MLLP, with or without TLS as we do."),
        _("Your system’s connection brought bytes that are no whole HL7 message."),
        _("Check that your system speaks MLLP to this port, and its time limits."),
        Move.SENDER,
    ),
    errors.MessageUnreadable: Advice(
        _("HL7 header cannot be read"),
        _("The header’s separators or the message’s characters are not what the standard allows."),
        COMPARE,
        _("Your system’s HL7 message has a header that cannot be read."),
        OWN_COMPARE,
        Move.SENDER,
    ),
    errors.MessageTooLong: Advice(
        _("HL7 message is too long"),
        _("The message is longer than the listener takes, so the connection was closed."),
        _("Ask the customer not to send documents or images inside messages about persons."),
        _("Your system sent an HL7 message that is too long."),
        _("Have embedded documents left out of messages about persons."),
        Move.SENDER,
    ),
    errors.SegmentMissing: Advice(
        _("HL7 segment is missing"),
        _("A segment that the event demands is missing or stands in the wrong order."),
        COMPARE,
        _("An HL7 message of your system lacks a segment or has it in the wrong order."),
        OWN_COMPARE,
        Move.SENDER,
    ),
    errors.FieldMissing: Advice(
        _("HL7 field is missing"),
        _("A field that the event demands is empty; the case’s facts name it."),
        COMPARE,
        _("An HL7 message of your system lacks a field that it must have."),
        OWN_COMPARE,
        Move.SENDER,
    ),
    errors.FieldUnreadable: Advice(
        _("HL7 field cannot be read"),
        _("A field is not of its data type, a day for example; the case’s facts name it."),
        COMPARE,
        _("A field of your system’s HL7 message cannot be read."),
        OWN_COMPARE,
        Move.SENDER,
    ),
    # --- Unacceptable ---
    errors.CharacterSetUnknown: Advice(
        _("Character set is not supported"),
        _("MSH-18 names a character set that is not taken here."),
        _("Tell the customer the character sets of the conformance statement."),
        _("Your system’s HL7 message is in a character set that is not taken here."),
        _("Have messages sent in UNICODE UTF-8, and MSH-18 set so."),
        Move.SENDER,
    ),
    errors.TableValueUnknown: Advice(
        _("HL7 code is unknown"),
        _("A field has a value that its table does not have; the case’s facts name the field."),
        COMPARE,
        _("A field of your system’s HL7 message has a code that does not exist."),
        OWN_COMPARE,
        Move.SENDER,
    ),
    errors.PatientIdForeign: Advice(
        _("Temporary id of another organisation"),
        _("The object carries a temporary patient id that another organisation has issued."),
        CORRECT_AND_SEND,
        _("The patient has a temporary id of another organisation."),
        _(
            "Give the patient the personal identity code or a temporary id of your own, and send "
            "again."
        ),
        Move.SENDER,
    ),
    errors.OfficialIdRetired: Advice(
        _("Merge into a temporary id"),
        _("The merge would retire a personal identity code in favour of a temporary id."),
        _("The merge is the wrong way round: the customer corrects and sends it again."),
        _("Your system asked to retire a personal identity code in favour of a temporary id."),
        _("Send the merge the other way round: the temporary id is the one that is retired."),
        Move.SENDER,
    ),
    # --- Unsupported ---
    errors.MessageTypeUnknown: Advice(
        _("HL7 message type is not taken"),
        _("Only ADT messages are taken here."),
        _("Have the customer stop sending other messages to this port."),
        _("Your system sent an HL7 message that this service does not take."),
        _("Send only ADT messages A08, A31, A40 and A47 here."),
        Move.SENDER,
    ),
    errors.EventUnknown: Advice(
        _("HL7 event is not taken"),
        _("Of ADT messages only A08, A31, A40 and A47 are taken here."),
        _("Have the customer stop sending other events to this port."),
        _("Your system sent an HL7 event that this service does not take."),
        _("Send only ADT messages A08, A31, A40 and A47 here."),
        Move.SENDER,
    ),
    errors.ProcessingIdWrong: Advice(
        _("Processing id does not fit the environment"),
        _("MSH-11 is not one of the environment that MSH-5 names."),
        _("Find out whether a test system sends to production."),
        _("The processing id of your message does not fit the environment it was sent to."),
        _("Send to production with P in MSH-11, and test messages to the test environment."),
        Move.SENDER,
    ),
    errors.VersionUnsupported: Advice(
        _("HL7 version is not taken"),
        _("MSH-12 names a version that is not taken here."),
        _("Tell the customer the versions of the conformance statement."),
        _("Your system’s message is of an HL7 version that is not taken here."),
        _("Set your system to HL7 version 2.5."),
        Move.SENDER,
    ),
    # --- NotFound ---
    errors.PatientUnknown: Advice(
        _("Patient is not known"),
        _("The sender has no material of this patient here, so there is nothing to update."),
        _("Nothing needs doing, unless the customer’s studies should be here. Then process again."),
        _("No material of this patient is archived for your organisation."),
        _("Nothing to do, unless studies of this patient should be here: then send those first."),
        Move.NOBODY,
    ),
    # --- Conflict ---
    errors.MergeSelf: Advice(
        _("Merge of an id into itself"),
        _("The message names the same id as retired and as surviving."),
        COMPARE,
        _("Your system asked to merge an id into itself."),
        OWN_COMPARE,
        Move.SENDER,
    ),
    errors.MergeInverse: Advice(
        _("Merge the other way round"),
        _("The surviving id was merged into the retired one earlier; that merge stands."),
        _("Find out with the customer which id survives. An archivist can undo the earlier merge."),
        _("Your system asked for a merge that is the inverse of an earlier one."),
        _("Find out which id survives, and tell technical support if the earlier merge is wrong."),
        Move.SENDER,
    ),
    errors.MergeCircular: Advice(
        _("Merge would close a circle"),
        _("Over other merges the surviving id leads back to the retired one."),
        _(
            "Find out with the customer which id survives. An archivist can undo the earlier "
            "merges."
        ),
        _("Your system asked for a merge that contradicts earlier ones."),
        _("Find out which id survives, and tell technical support if an earlier merge is wrong."),
        Move.SENDER,
    ),
    errors.MergedElsewhere: Advice(
        _("Id was merged into another person"),
        _("The retired id belongs to another person by an earlier merge; that merge stands."),
        _("Find out with the customer whose the id is. An archivist can undo the earlier merge."),
        _("Your system asked to merge an id that was merged into another person earlier."),
        _("Find out whose the id is, and tell technical support if the earlier merge is wrong."),
        Move.SENDER,
    ),
    errors.IdInUse: Advice(
        _("New id is in use"),
        _("The id cannot be changed to one under which material is archived."),
        _("If both are one person, the customer sends a merge (A40) instead."),
        _("Your system asked to change an id to one that is in use."),
        _("If both are one person, send a merge (A40) instead."),
        Move.SENDER,
    ),
    errors.UpdateOutdated: Advice(
        _("Message is out of date"),
        _("A later message has changed the same person, so this one is not processed again."),
        _("Resolve the case: what came later holds."),
        _("A later message of yours has changed the same person."),
        _("Nothing to do."),
        Move.SUPPORT,
    ),
    errors.MergeUndone: Advice(
        _("Merge has been undone"),
        _("Somebody has undone this merge meanwhile."),
        NOTHING_CHANGED,
        _("The merge has been undone already."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    errors.MessageDone: Advice(
        _("Message has been done"),
        _("The message went through meanwhile, so it is not processed again."),
        NOTHING_CHANGED,
        _("The message has gone through."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    errors.BirthContradicts: Advice(
        _("Day of birth contradicts the personal identity code"),
        _(
            "Images, or a message about a person, tell another day of birth than the patient’s "
            "personal identity code. They may be another person’s. Everything was taken and is "
            "given out as ever."
        ),
        _(
            "Find out with the customer whose the images are. Another person’s are corrected or "
            "rejected; a wrong day alone is corrected on the study’s page or by a new message."
        ),
        _(
            "Your images, or a message of yours about a person, tell another day of birth than the "
            "patient’s personal identity code."
        ),
        _(
            "Check whose the images are. Correct the study, or reject it and send it under its own "
            "patient; where only the day is wrong, correct that. The case closes by itself."
        ),
        Move.SENDER,
    ),
    errors.SecondAsked: Advice(
        _("A request is open already"),
        _("This waits for a second person already."),
        _("Wait for the decision, or have the open request refused."),
        _("This waits for a decision already."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    errors.SecondDecided: Advice(
        _("Decided already"),
        _("Somebody has decided this request meanwhile."),
        _("See the decision. Ask again if it is still needed."),
        _("This has been decided."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    # --- Refused ---
    errors.SenderUnknown: Advice(
        _("Unknown HL7 sender refused"),
        _("MSH-3 and MSH-4 name no sender of this environment."),
        _("If it is a customer’s new system, add the connection. If not, nothing needs doing."),
        _("A system with an unknown sending application or facility tried to send."),
        _("If the system is yours, add it to your connections."),
        Move.SUPPORT,
    ),
    errors.SenderAddressWrong: Advice(
        _("Wrong address of an HL7 sender"),
        _("A known sender came from an address or with a certificate that is not its own."),
        _("Ask the customer whether either has changed. If not, treat it as a security event."),
        _("Messages in your system’s name came from an address that is not registered for it."),
        _(
            "If the address has changed, change your connection. If not, find out who used the "
            "name."
        ),
        Move.SUPPORT,
    ),
    errors.ReceiverUnknown: Advice(
        _("HL7 receiver is not ours"),
        _("MSH-5 or MSH-6 names a receiver that this archive is not."),
        _("Tell the customer the receiving applications of production and test."),
        _("Your system’s messages name a receiver that this archive is not."),
        _(
            "Set receiving application and facility in your system as the conformance statement "
            "says."
        ),
        Move.SENDER,
    ),
    errors.MergeUnauthorised: Advice(
        _("Merge is not the sender’s to make"),
        _(
            "The retired id is a temporary one of another issuer, or a personal identity code "
            "under which the sender alone has no material."
        ),
        _("Find out with the customer what is right. An archivist can merge after that."),
        _("The retired id is not your organisation’s to retire."),
        ASK_SUPPORT,
        Move.SUPPORT,
    ),
    errors.SamePerson: Advice(
        _("A second person is needed"),
        _("Who asks for this cannot grant it."),
        _("Have another archivist decide."),
        _("Who asks for this cannot grant it."),
        _("Have somebody else decide."),
        Move.SUPPORT,
    ),
}
