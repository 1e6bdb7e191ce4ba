"""Advice on what was sent: read badly, against a rule, unknown, or clashing with the archived."""

from django.utils.translation import gettext_lazy as _

from archive import errors
from archive.errors import ArchiveError
from portal.advice.kinds import CORRECT_AND_SEND, Advice, Move

ADVICE: dict[type[ArchiveError], Advice] = {
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
        _(
            "Wait for the sender to try again. If it repeats, check the "
            "network and the sender’s time limits."
        ),
        _("The connection broke off in the middle of an object."),
        _(
            "Send the study again. If it repeats, check the network and "
            "the time limits of your system."
        ),
        Move.SENDER,
    ),
    errors.ParameterMissing: Advice(
        _("Query lacks a parameter"),
        _("The stored query came without a parameter that it must have."),
        _("Point the customer’s system supplier to the conformance statement."),
        _("Your system made a query without all that it must have."),
        _("Compare the queries of your system with the conformance statement."),
        Move.SENDER,
    ),
    # --- Unacceptable ---
    errors.PatientIdUntrusted: Advice(
        _("Patient identifier is not valid"),
        _(
            "PatientID is neither a valid personal identity code nor a "
            "temporary one with a trusted issuer."
        ),
        CORRECT_AND_SEND,
        _(
            "The patient has no valid personal identity code, and no "
            "temporary one of your organisation."
        ),
        _("Correct the patient’s identifier in your system and send the study again."),
        Move.SENDER,
    ),
    errors.EnvironmentMismatch: Advice(
        _("Real patient in the test environment"),
        _("The test environment takes 900-series patients only; the object was not kept."),
        _(
            "Make sure that the customer’s system does not send "
            "production material to the test environment."
        ),
        _(
            "Your system sent an id that is no test patient’s to the test environment. "
            "Nothing was kept."
        ),
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
        _(
            "See from the case’s facts what was sent. If the code is "
            "new, load the newer nomenclature."
        ),
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
        _(
            "Ask the customer’s system supplier: the sender mixes up "
            "objects or rewrites their headers."
        ),
        _("The object says another type or identity inside than outside."),
        _("Give this case number to your system supplier."),
        Move.SENDER,
    ),
    errors.MetadataInvalid: Advice(
        _("Document’s metadata is not acceptable"),
        _(
            "The registration message was read, but its metadata lacks "
            "something or has a value that is not allowed."
        ),
        _("See from the case’s facts which attribute it is, and tell the Patient Data Repository."),
        _("The metadata of a document was not accepted."),
        _("Have the document corrected in your patient record system; it comes here by itself."),
        Move.SENDER,
    ),
    errors.TooManyResults: Advice(
        _("Query finds too much"),
        _("The stored query finds more documents than one answer may carry."),
        _("Ask the customer’s system supplier to narrow the query by time or type."),
        _("Your system’s query finds more than one answer may carry."),
        _("Have the query narrowed, by time or type for example."),
        Move.SENDER,
    ),
    errors.SeveralPatients: Advice(
        _("Query finds several patients"),
        _("The stored query’s identifiers belong to documents of more than one patient."),
        _("Ask the customer’s system supplier to query one patient at a time."),
        _("Your system’s query concerns more than one patient."),
        _("Have the query made for one patient at a time."),
        Move.SENDER,
    ),
    # --- Unsupported ---
    errors.InflatesTooFar: Advice(
        _("Deflated object is too large"),
        _(
            "The data set is deflated and becomes larger than is taken when it is inflated. A small"
            " object that does so may be made to harm."
        ),
        _("Ask what made the object. If it is a real one, have it sent in another form."),
        _("A compressed image object is larger than is taken when it is unpacked."),
        _("Have the device or the archive send it in a form that is not deflated."),
        Move.SENDER,
    ),
    errors.ClassNotArchived: Advice(
        _("Content is not archived yet"),
        _("No content policy allows this SOP class today."),
        _(
            "Check the content policies. If the content may be archived from "
            "a later day, tell the customer the day."
        ),
        _("This kind of content is not archived at present."),
        _("Keep the object in your own system until this content is taken into use."),
        Move.SENDER,
    ),
    errors.QueryUnknown: Advice(
        _("Query is unknown"),
        _("The stored query’s identifier is not one that this registry answers."),
        _("Point the customer’s system supplier to the conformance statement."),
        _("Your system made a query that this registry does not answer."),
        _("Compare the queries of your system with the conformance statement."),
        Move.SENDER,
    ),
    # --- NotFound ---
    errors.InstanceUnknown: Advice(
        _("Image object is not archived"),
        _("Commitment was asked for an object that is not archived for this customer."),
        _("Ask the customer to send the missing objects again and then to ask for commitment."),
        _("Your system asked for confirmation of an object that is not archived."),
        _(
            "Send the missing objects again and ask for confirmation after "
            "that. Do not delete your own copies."
        ),
        Move.SENDER,
    ),
    errors.DocumentsLate: Advice(
        _("Documents are late"),
        _(
            "The images are archived, but the request or the examination note has "
            "not come from the Patient Data Repository."
        ),
        _(
            "Find out with the customer whether the documents were made and "
            "archived with the same accession number."
        ),
        _("The images are archived and safe, but their request or examination note is not."),
        _(
            "Archive the missing document in your patient record "
            "system, with the same accession number."
        ),
        Move.SENDER,
    ),
    # --- Conflict ---
    errors.OtherContent: Advice(
        _("Same object, other content"),
        _(
            "An object with this SOP Instance UID is archived with "
            "other content; the first one stays."
        ),
        _(
            "Find out whether a device reuses identifiers or the "
            "object was changed after archiving."
        ),
        _(
            "An object with the same identifier is archived already with "
            "other content. The first one stays."
        ),
        _(
            "If the new one is right, make it again under new "
            "identifiers; else nothing needs doing."
        ),
        Move.SENDER,
    ),
    errors.PatientConflict: Advice(
        _("Study belongs to another patient"),
        _("The study is archived under another patient; the new object was not kept."),
        _(
            "Find out with the customer which patient is right. The "
            "archived study is corrected by a correction."
        ),
        _("The study is archived already under another patient."),
        _("Find out which patient is right and contact technical support before sending again."),
        Move.SENDER,
    ),
    errors.RelationalMismatch: Advice(
        _("Series belongs to another study"),
        _("The series is archived in another study; the new object was not kept."),
        _("Ask the customer’s system supplier: series identifiers are used twice."),
        _("The series is archived already in another study."),
        _(
            "Have the device or system that made the series checked: "
            "its identifiers are used twice."
        ),
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
        _(
            "Your request for confirmation names an object with "
            "another type than what was archived."
        ),
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
        _(
            "The accession number is the same, but the document names "
            "another Study Instance UID than the images."
        ),
        _(
            "Find out with the customer which study the document "
            "belongs to; it waits until they agree."
        ),
        _("The document and the images have the same accession number but name different studies."),
        _("Correct the document or the images in your system and send the corrected one again."),
        Move.SENDER,
    ),
    errors.PatientDiffers: Advice(
        _("Replacement is of another patient"),
        _("The document would replace a document of another patient; it was not registered."),
        _("Tell the Patient Data Repository, and find out which patient is right."),
        _("A new version of a document names another patient than the old one."),
        _("Have the document corrected in your patient record system."),
        Move.SENDER,
    ),
    errors.AlreadyReplaced: Advice(
        _("Document was replaced before"),
        _("The document to be replaced has been replaced already by another one."),
        _("Tell the Patient Data Repository: only the version in force can be replaced."),
        _("A document was to be replaced that is not in force any more."),
        _("Have the change made to the version in force."),
        Move.SENDER,
    ),
}
