"""Advice on rejections and corrections."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors import corrections as errors
from portal.advice.kinds import Advice, Move

ADVICE: dict[type[ArchiveError], Advice] = {
    errors.NothingToReject: Advice(
        _("Rejection of what is not archived"),
        _("The rejection note names an object that is not in the customer’s register."),
        _(
            "Find out with the customer what was to be rejected: whether it was ever stored, and "
            "in which environment."
        ),
        _("Your system rejected an object that is not archived for your organisation."),
        _("Check the identifiers in the note, and that it went to the right environment."),
        Move.SENDER,
    ),
    errors.RejectionNoteReused: Advice(
        _("Rejection note’s identifier was used before"),
        _("A rejection note with this SOP Instance UID is kept already, with other content."),
        _("Ask the customer’s system supplier: each note must have an identifier of its own."),
        _("Your system used the identifier of an earlier rejection note."),
        _("Have the note made again under a new identifier."),
        Move.SENDER,
    ),
    errors.RejectedBefore: Advice(
        _("Rejected object sent again"),
        _("The object was rejected earlier, so it is not taken in again."),
        _(
            "If the rejection was a mistake, an archivist revokes it on the study’s page; else "
            "tell the customer to stop sending the object."
        ),
        _("Your system sent an object that your organisation has rejected."),
        _("Make a corrected object under new identifiers, or ask for the rejection’s revocation."),
        Move.SENDER,
    ),
    errors.RejectionClassConflict: Advice(
        _("Rejection note names another class"),
        _("The object is archived under another SOP class than the rejection note says."),
        _("Ask the customer’s system supplier: the note was made from wrong data."),
        _("Your system’s rejection note names an object with a wrong type."),
        _("Have the note made again from the object as it was sent."),
        Move.SENDER,
    ),
    errors.RejectedAlready: Advice(
        _("Object is rejected already"),
        _("The note rejects what an earlier note has rejected, and not more strictly."),
        _("Nothing needs doing, unless the reason of the first rejection was wrong: then revoke."),
        _("The object had been rejected already."),
        _("Nothing to do, unless the first rejection was made for a wrong reason."),
        Move.NOBODY,
    ),
    errors.RejectionOfAnother: Advice(
        _("Rejection note names another patient"),
        _(
            "The note rejects objects of a study that is not, and never was, of the patient whom "
            "the note names. Nothing was hidden."
        ),
        _(
            "Find out with the customer which is wrong, the patient in the note or the objects it "
            "names. What is to be hidden at once an archivist rejects on the study’s page."
        ),
        _("Your rejection note names another patient than the study that it rejects."),
        _(
            "Check which images were to be rejected, and have the note made again with their "
            "patient. Until then the images are shown."
        ),
        Move.SENDER,
    ),
    errors.RejectionEnded: Advice(
        _("Rejection note that has ended came again"),
        _(
            "Objects that the note rejected are shown: its rejection was revoked, or they were "
            "another patient’s. The same note does not hide them again."
        ),
        _("Find out with the customer whether the objects are to be hidden after all."),
        _("Your system sent a rejection note again whose rejection holds no more."),
        _("If the objects are to be hidden after all, have a new note made."),
        Move.SENDER,
    ),
    errors.CorrectionIncomplete: Advice(
        _("Study is corrected in part"),
        _(
            "Some objects came again with another patient or order, the others did not; until all "
            "have, the study is shown as it was."
        ),
        _("Ask the customer to send the whole study again, or correct it on its page."),
        _("Only a part of a study was corrected; until all of it is, the study stays as it was."),
        _("Send all objects of the study again with the corrected data."),
        Move.SENDER,
    ),
    errors.CorrectionOutdated: Advice(
        _("Study has changed since"),
        _("Another correction of the study came in between."),
        _("Open the study again and begin from what it says now."),
        _("The study was changed in between."),
        _("Begin again from what the study says now."),
        Move.US,
    ),
    errors.OthersObjects: Advice(
        _("Objects would name another patient than their study"),
        _(
            "Objects that were rejected while the study was corrected, or that came after its "
            "correction, name another patient than the study would then be of. Nothing was done."
        ),
        _(
            "To take the correction back, correct the study to its former patient instead, or "
            "reject what came since first. To give rejected objects back, undo the correction, "
            "give them back, and correct the study on its page."
        ),
        _("Objects would have named another patient than their study."),
        _("Nothing to do: technical support deals with it."),
        Move.US,
    ),
    errors.StudyOfTwo: Advice(
        _("Study names two persons"),
        _(
            "A merge of two patient ids was undone, and objects that came while they were one name "
            "the other person. They are still shown in this study."
        ),
        _(
            "Find out with the customer whose the objects are. Reject those that are another’s "
            "(113038) for the customer to send again under new identifiers, or correct the study."
        ),
        _("Images that name another person stand in a study since a merge of ids was undone."),
        _(
            "Check whose the images are. Reject those that are another’s and send them again under "
            "new identifiers."
        ),
        Move.SUPPORT,
    ),
    errors.RegisterFixed: Advice(
        _("Correction names another register"),
        _(
            "The object came again with another controller in Issuer of Accession Number, which "
            "would put its study into another of the sender’s registers. A correction does not "
            "move a study, so nothing was changed."
        ),
        _(
            "Tell the customer to reject the study as wrong (113038) and to send it again under "
            "new identifiers, with the right controller."
        ),
        _(
            "Your system sent an object again with another data controller. A study that is "
            "archived stays in its register."
        ),
        _(
            "If the register is wrong, reject the study (113038) and send it again under new "
            "identifiers. If not, send the correction with the controller as it was."
        ),
        Move.SENDER,
    ),
    errors.RetentionRejectionUnauthorised: Advice(
        _("Rejection for ended retention is not allowed"),
        _("The customer may not end retention by a note; the archive does that by its rules."),
        _("If it has been agreed on, allow it for the customer under Corrections."),
        _("Your organisation has not agreed that its system ends retention by notes."),
        _("Contact technical support if your system should do so."),
        Move.SUPPORT,
    ),
    errors.RetentionNotEnded: Advice(
        _("Retention has not ended"),
        _("The note would end the retention of objects that must still be kept."),
        _("Tell the customer until when the study must be kept."),
        _("Your system tried to end the retention of a study that must still be kept."),
        _("Check the rules of retention in your system."),
        Move.SENDER,
    ),
}
