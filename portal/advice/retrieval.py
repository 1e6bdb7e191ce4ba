"""Advice on documents and images that are asked for or brought over XDS."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors import retrieval as retrieval_errors
from portal.advice.kinds import Advice, Move

_COMPARE = _("Compare the message with the conformance statement together with the supplier.")
_FIND_AGAIN = _("Query the registry again, and ask for what it names.")

ADVICE: dict[type[ArchiveError], Advice] = {
    retrieval_errors.CommunityMissing: Advice(
        _("Home community is missing"),
        _("Through the gateway each request must say which community it is for."),
        _COMPARE,
        _("Your request to the gateway names no home community."),
        _COMPARE,
        Move.SENDER,
    ),
    retrieval_errors.CommunityUnknown: Advice(
        _("Home community is another"),
        _("The request is for another community than this one."),
        _("Compare the settings of the asking system with the conformance statement."),
        _("Your request is for another community than this service."),
        _("Compare the settings of your system with the conformance statement."),
        Move.SENDER,
    ),
    retrieval_errors.RepositoryUnknown: Advice(
        _("Repository is unknown"),
        _("The request names a repository that is not served at this address."),
        _("The repository must be the one that the document entry or the manifest names."),
        _("Your request names a repository that is not served at this address."),
        _FIND_AGAIN,
        Move.SENDER,
    ),
    retrieval_errors.DocumentUnknown: Advice(
        _("Document or image not to be had"),
        _(
            "What was asked for is not here, is no longer given out, or the asker may not see it. "
            "The asker is not told which."
        ),
        _("Have the access decision explained; check the identifiers."),
        _("A document or image that your system asked for is not available to it."),
        _FIND_AGAIN,
        Move.SENDER,
    ),
    retrieval_errors.SyntaxUnavailable: Advice(
        _("Image not available in the wanted transfer syntax"),
        _(
            "The object is archived in another transfer syntax and cannot be turned into one of "
            "those that were asked for."
        ),
        _("The asking system should also take the syntax in which the object was stored."),
        _("An image cannot be given in any of the transfer syntaxes that your system takes."),
        _("Let your system take more transfer syntaxes, best the one the image was stored in."),
        Move.SENDER,
    ),
    retrieval_errors.MultipartTooLong: Advice(
        _("Message is too long"),
        _("The message, a part of it or the number of its parts is more than is taken."),
        _COMPARE,
        _("Your message is longer than is taken."),
        _("Send less at a time."),
        Move.SENDER,
    ),
    retrieval_errors.DocumentMissing: Advice(
        _("Document did not come with its description"),
        _("The message describes a document whose content is not in it."),
        _COMPARE,
        _("Your message describes a document that is not in it."),
        _COMPARE,
        Move.SENDER,
    ),
    retrieval_errors.MetadataMissing: Advice(
        _("Document came without description"),
        _("The message holds a document that its metadata does not describe."),
        _COMPARE,
        _("Your message holds a document that its metadata does not describe."),
        _COMPARE,
        Move.SENDER,
    ),
    retrieval_errors.ContentDiffers: Advice(
        _("Document is not as described"),
        _("Hash or size of the content differ from the metadata: one of them is wrong."),
        _("Find out with whoever holds the document which of the two is right."),
        _("Hash or size of a document differ from its metadata."),
        _("Find out which of the two is right, and send the document again."),
        Move.SUPPORT,
    ),
    retrieval_errors.ManifestInvalid: Advice(
        _("Manifest does not fit its description"),
        _("A manifest must be a key object selection of the one study that its metadata names."),
        _COMPARE,
        _("The manifest that your system sent does not fit its metadata."),
        _COMPARE,
        Move.SENDER,
    ),
    retrieval_errors.ObjectsAwaited: Advice(
        _("Part of what a source told of has not come"),
        _(
            "A source’s manifest of the study names objects that are not archived here. Both "
            "manifests stay in force until the rest has come."
        ),
        _("Find out with the customer whether the rest is still to come, and from which system."),
        _("A manifest that your system sent names images that have not been archived."),
        _("Send the missing images, or have the manifest removed if they are not to be archived."),
        Move.SENDER,
    ),
    retrieval_errors.StudyArchived: Advice(
        _("Study is archived here already"),
        _("A source sent a manifest of a study whose images and manifest the archive has."),
        _("The source should not send manifests of studies that it archives here."),
        _("The archive makes the manifests of studies that are archived here."),
        _("Send no manifest of studies that you archive here."),
        Move.SENDER,
    ),
    retrieval_errors.SourceUnknown: Advice(
        _("Not a source of documents"),
        _("A system that is not set up as a document source sent documents to the repository."),
        _("If it should be one, an officer gives its connection that role."),
        _("Your system is not set up as a source of documents."),
        _("If it should be one, contact technical support."),
        Move.SUPPORT,
    ),
}
