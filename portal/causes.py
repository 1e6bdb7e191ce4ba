"""What people are told about each particular cause: the rows below the families of `portal.advice`."""

from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from archive import errors
from archive.errors import ArchiveError

Text = str | Promise


class Move(Enum):
    """Whose move it is."""

    SENDER = _("the customer’s")
    US = _("ours")
    ITSELF = _("nobody’s: it is tried again by itself")
    NOBODY = _("nobody’s")
    SUPPORT = _("the support desk’s")


@dataclass(frozen=True, slots=True)
class Advice:
    """`title` names the cause in a list; the customer's texts are for the customer's own screens and mails."""

    title: Text
    cause: Text
    step: Text
    customer_cause: Text
    customer_step: Text
    move: Move


SEND_AGAIN = _("Send the study again when this is put right; the images were not kept.")
CORRECT_AND_SEND = _("The customer corrects the data in its own system and sends the study again.")

CAUSES: dict[type[ArchiveError], Advice] = {
    # --- Malformed ---
    errors.DatasetUnreadable: Advice(
        _("Image object cannot be read"),
        _("The data set cannot be parsed in the transfer syntax it was sent in."),
        _("Ask for the device and its software version; the same device usually fails every time."),
        _("An image object cannot be read in the form your system says it has."),
        _("Have the device or the archive that made the object checked, and send the study again."),
        Move.SENDER,
    ),
    errors.TransferBroken: Advice(
        _("Transfer broke off"),
        _("The sender closed the connection in the middle of an object; that object was not kept."),
        _("Wait for the sender to try again. If it repeats, check the network and the sender’s time limits."),
        _("The connection broke off in the middle of an object."),
        _("Send the study again. If it repeats, check the network and the time limits of your system."),
        Move.SENDER,
    ),
    # --- Unacceptable ---
    errors.PatientIdUntrusted: Advice(
        _("Patient identifier is not valid"),
        _("PatientID is neither a valid personal identity code nor a temporary one with a trusted issuer."),
        CORRECT_AND_SEND,
        _("The patient has no valid personal identity code, and no temporary one of your organisation."),
        _("Correct the patient’s identifier in your system and send the study again."),
        Move.SENDER,
    ),
    errors.EnvironmentMismatch: Advice(
        _("Real patient in the test environment"),
        _("The test environment takes 900-series patients only; the object was not kept."),
        _("Make sure that the customer’s system does not send production material to the test environment."),
        _("Your system sent a real patient’s data to the test environment. It was not kept."),
        _("Check to which AE title your system sends, and send production material to production."),
        Move.SENDER,
    ),
    errors.RealPatientRequired: Advice(
        _("Test patient in production"),
        _("Patients of the 900 series belong to the test environment; the object was not kept."),
        _("Tell the customer to send test patients to the test environment."),
        _("Your system sent a test patient’s data to production. It was not kept."),
        _("Send test patients to the AE title of the test environment."),
        Move.SENDER,
    ),
    errors.StudyCodeMissing: Advice(
        _("Study code is missing"),
        _("StudyDescription does not begin with a five-character study code."),
        CORRECT_AND_SEND,
        _("The study has no study code at the beginning of its description."),
        _("Set the study code in your system and send the study again."),
        Move.SENDER,
    ),
    errors.StudyCodeUnknown: Advice(
        _("Study code is not in the nomenclature"),
        _("StudyDescription begins with a code that the nomenclature does not have."),
        _("See from the case’s facts what was sent. If the code is new, load the newer nomenclature."),
        _("The study code is not in the national nomenclature."),
        _("Correct the study code in your system and send the study again."),
        Move.SENDER,
    ),
    errors.StudyCodeClosed: Advice(
        _("Study code is not valid on the day"),
        _("The code is in the nomenclature, but not valid on StudyDate."),
        CORRECT_AND_SEND,
        _("The study code was not valid on the day of the study."),
        _("Choose a code that was valid on that day, and send the study again."),
        Move.SENDER,
    ),
    errors.AccessionMissing: Advice(
        _("Accession number is missing"),
        _("Without AccessionNumber the study cannot be tied to its request and examination note."),
        CORRECT_AND_SEND,
        _("The study has no accession number, so it cannot be tied to its request."),
        _("Tie the study to its request in your system and send it again."),
        Move.SENDER,
    ),
    errors.ContentMismatch: Advice(
        _("Modality and object do not fit"),
        _("No content that may be archived has this modality with this SOP class."),
        _("See from the content policies which modalities the class may have."),
        _("The modality and the type of the object do not belong together."),
        _("Have the settings of the device checked, and send the study again."),
        Move.SENDER,
    ),
    errors.ClassMismatch: Advice(
        _("Object contradicts itself"),
        _("The SOP class or instance inside the data set is not the one in the request."),
        _("Ask the customer’s system supplier: the sender mixes up objects or rewrites their headers."),
        _("The object says another type or identity inside than outside."),
        _("Give this case number to your system supplier."),
        Move.SENDER,
    ),
    errors.MetadataInvalid: Advice(
        _("Document’s metadata is not acceptable"),
        _("The registration message was read, but its metadata lacks something or has a value that is not allowed."),
        _("See from the case’s facts which attribute it is, and tell the Patient Data Repository."),
        _("The metadata of a document was not accepted."),
        _("Have the document corrected in your patient record system; it comes here by itself."),
        Move.SENDER,
    ),
    # --- Unsupported ---
    errors.ClassNotArchived: Advice(
        _("Content is not archived yet"),
        _("No content policy allows this SOP class today."),
        _("Check the content policies. If the content may be archived from a later day, tell the customer the day."),
        _("This kind of content is not archived at present."),
        _("Keep the object in your own system until this content is taken into use."),
        Move.SENDER,
    ),
    errors.QueryUnknown: Advice(
        _("Query is unknown"),
        _("The stored query’s identifier is not one that this register answers."),
        _("Point the customer’s system supplier to the conformance statement."),
        _("Your system made a query that this register does not answer."),
        _("Compare the queries of your system with the conformance statement."),
        Move.SENDER,
    ),
    # --- NotFound ---
    errors.InstanceUnknown: Advice(
        _("Image object is not archived"),
        _("Commitment was asked for an object that is not archived for this customer."),
        _("Ask the customer to send the missing objects again and then to ask for commitment."),
        _("Your system asked for confirmation of an object that is not archived."),
        _("Send the missing objects again and ask for confirmation after that. Do not delete your own copies."),
        Move.SENDER,
    ),
    errors.DocumentsLate: Advice(
        _("Documents are late"),
        _("The images are archived, but the request or the examination note has not come from the Patient Data Repository."),
        _("Find out with the customer whether the documents were made and archived with the same accession number."),
        _("The images are archived and safe, but their request or examination note is not."),
        _("Archive the missing document in your patient record system, with the same accession number."),
        Move.SENDER,
    ),
    # --- Conflict ---
    errors.OtherContent: Advice(
        _("Same object, other content"),
        _("An object with this SOP Instance UID is archived with other content; the first one stays."),
        _("Find out whether a device reuses identifiers or the object was changed after archiving."),
        _("An object with the same identifier is archived already with other content. The first one stays."),
        _("If the new one is right, make it again under new identifiers; else nothing needs doing."),
        Move.SENDER,
    ),
    errors.PatientConflict: Advice(
        _("Study belongs to another patient"),
        _("The study is archived under another patient; the new object was not kept."),
        _("Find out with the customer which patient is right. The archived study is corrected by a correction."),
        _("The study is archived already under another patient."),
        _("Find out which patient is right and contact technical support before sending again."),
        Move.SENDER,
    ),
    errors.RelationalMismatch: Advice(
        _("Series belongs to another study"),
        _("The series is archived in another study; the new object was not kept."),
        _("Ask the customer’s system supplier: series identifiers are used twice."),
        _("The series is archived already in another study."),
        _("Have the device or system that made the series checked: its identifiers are used twice."),
        Move.SENDER,
    ),
    errors.TransactionReused: Advice(
        _("Commitment’s identifier was used before"),
        _("The Transaction UID was used for another request of this customer."),
        _("Ask the customer’s system supplier: each request needs an identifier of its own."),
        _("Your system asked for confirmation with an identifier it had used before."),
        _("Ask for confirmation again with a new identifier."),
        Move.SENDER,
    ),
    errors.CommitmentClassConflict: Advice(
        _("Commitment names another class"),
        _("The object is archived, but with another SOP class than the request names."),
        _("Ask the customer’s system supplier: the request does not match what was sent."),
        _("Your request for confirmation names an object with another type than what was archived."),
        _("Ask for confirmation again with the type that was sent."),
        Move.SENDER,
    ),
    errors.UniqueIdReused: Advice(
        _("Identifier of a submission was used before"),
        _("A submission set with this uniqueId was registered with other content."),
        _("Tell the Patient Data Repository: each submission needs an identifier of its own."),
        _("A registration message used an identifier that was used before."),
        _("Give this case number to your system supplier."),
        Move.SENDER,
    ),
    errors.HashDiffers: Advice(
        _("Same document, other content"),
        _("A document with this uniqueId is registered with another hash; the first one stays."),
        _("Tell the Patient Data Repository: a changed document must have a new identifier."),
        _("A document with the same identifier is registered already with other content."),
        _("Have the changed document archived as a new version."),
        Move.SENDER,
    ),
    errors.StudyUidDiffers: Advice(
        _("Document names another study"),
        _("The accession number is the same, but the document names another Study Instance UID than the images."),
        _("Find out with the customer which study the document belongs to; it waits until they agree."),
        _("The document and the images have the same accession number but name different studies."),
        _("Correct the document or the images in your system and send the corrected one again."),
        Move.SENDER,
    ),
    # --- Refused ---
    errors.OtherRegister: Advice(
        _("Object stands in another register"),
        _("The identifier is archived in another controller’s register. The sender was not told whose."),
        _("Find out whether the sender stores on behalf of another or reuses identifiers."),
        _("An object of this identity cannot be archived for your organisation."),
        _("Contact technical support and quote this case number."),
        Move.SUPPORT,
    ),
    errors.ControllerUnauthorised: Advice(
        _("Register of another without authorisation"),
        _("The object names another organisation as its controller, and no authorisation allows that."),
        _("Check the issuer of the accession number in the object and whether an authorisation is missing."),
        _("The study names another organisation as its data controller, and your organisation has no authorisation."),
        _("Check the organiser’s identifier in your system, or agree on the authorisation with the organiser."),
        Move.SENDER,
    ),
    errors.PeerUnknown: Advice(
        _("Unknown sender refused"),
        _("The calling AE title is nobody’s in this environment."),
        _("If it is a customer’s new system, add the connection. If not, nothing needs doing."),
        _("A system with an unknown AE title tried to connect."),
        _("If the system is yours, ask technical support to add the connection."),
        Move.SUPPORT,
    ),
    errors.PeerEnded: Advice(
        _("Former customer’s system refused"),
        _("The connection or its customer has ended."),
        _("Ask the customer to stop sending, or renew the connection if it ended by mistake."),
        _("The connection of this system has ended."),
        _("Stop sending from this system. If it should still be in use, contact technical support."),
        Move.SUPPORT,
    ),
    errors.PeerAddressWrong: Advice(
        _("Wrong address of the sender"),
        _("A known AE title called from an address that is not its own."),
        _("Ask the customer whether the address has changed. If not, treat it as a security event."),
        _("Your system’s AE title was used from an address that is not registered for it."),
        _("If the address has changed, tell technical support the new one. If not, find out who used it."),
        Move.SUPPORT,
    ),
    errors.CalledTitleUnknown: Advice(
        _("Called AE title is not ours"),
        _("The sender called an AE title that this archive does not have."),
        _("Tell the customer the AE titles of production and test."),
        _("Your system calls an AE title that the archive does not have."),
        _("Set the archive’s AE title in your system; you find it under your connections."),
        Move.SENDER,
    ),
    # --- Busy ---
    errors.TooManyAssociations: Advice(
        _("Too many connections at once"),
        _("The limit of simultaneous associations was reached; the sender was told to come back."),
        _("If it repeats, see who holds the connections and consider a higher limit."),
        _("Too many systems were connected at once."),
        _("Nothing to do if your system tries again by itself; else send again later."),
        Move.ITSELF,
    ),
    errors.StorageFull: Advice(
        _("Storage is full"),
        _("There is too little free space, so nothing is taken in."),
        _("Add space at once; senders try again by themselves."),
        _("The archive cannot take in new studies for now."),
        _("Keep your studies; they are sent again when the archive is back."),
        Move.US,
    ),
    errors.DatabaseGone: Advice(
        _("Database does not answer"),
        _("The database was away, so nothing could be confirmed."),
        _("Check the database; senders try again by themselves."),
        _("The archive was away for a moment."),
        _("Nothing to do if your system tries again by itself; else send again later."),
        Move.US,
    ),
    errors.PeerUnreachable: Advice(
        _("Customer’s system cannot be reached"),
        _("The connection to the customer’s listener is refused or times out."),
        _("Tell the customer’s technical contact, or correct the address; then retry."),
        _("Our messages do not reach your system: it does not answer at its address."),
        _("Start the listener of your system, or tell technical support its new address."),
        Move.SENDER,
    ),
    errors.PeerRejected: Advice(
        _("Customer’s system does not accept the message"),
        _("The customer’s system answers, but rejects the association or answers with a failure."),
        _("Ask the customer to allow our AE title and the service in its system; then retry."),
        _("Your system answers, but does not accept our message."),
        _("Allow the archive’s AE title and the service in your system."),
        Move.SENDER,
    ),
    errors.PeerAborted: Advice(
        _("Customer’s system broke off"),
        _("The customer’s system accepted the connection and aborted it."),
        _("Retry. If it repeats, ask the customer’s system supplier with the time of the event."),
        _("Your system broke off the connection while receiving our message."),
        _("Have the log of your system checked at the time given."),
        Move.SENDER,
    ),
    # --- Broken ---
    errors.BytesDamaged: Advice(
        _("Archived bytes are damaged"),
        _("The stored bytes do not match their digest. The object is not given out."),
        _("Restore the object from the second copy at once, and find out what happened to the storage."),
        _("An archived object was found damaged. It is being restored."),
        _("Do not delete your own copy before we have told you that the object is restored."),
        Move.US,
    ),
}
