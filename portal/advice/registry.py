"""Advice on the registry of documents: associations, updates and removals."""

from django.utils.translation import gettext_lazy as _

from archive import errors
from archive.errors import ArchiveError
from portal.advice.kinds import Advice, Move

_COMPARE = _("Compare the message with the conformance statement together with the supplier.")
_READ_AGAIN = _("Query the registry again, and send the change anew.")

ADVICE: dict[type[ArchiveError], Advice] = {
    errors.TargetDeprecated: Advice(
        _("Document is no longer in force"),
        _("The message appends to, transforms or fills something that has been replaced."),
        _("Find out which document replaced it; the message should name that one."),
        _("Your message adds to a document or folder that is no longer in force."),
        _("Add to the document that replaced it."),
        Move.SENDER,
    ),
    errors.VersionDiffers: Advice(
        _("Metadata was changed meanwhile"),
        _("The update names another version or state than the registry has now."),
        _READ_AGAIN,
        _("The metadata was changed by another meanwhile."),
        _READ_AGAIN,
        Move.SENDER,
    ),
    errors.StillReferenced: Advice(
        _("Something still refers to it"),
        _("An association that stays leads to or from what was to be removed."),
        _("Name the associations in the same message, or remove them first."),
        _("Something else in the registry still refers to what was to be removed."),
        _("Name the associations in the same message, or remove them first."),
        Move.SENDER,
    ),
    errors.ObjectUnknown: Advice(
        _("No such object in the registry"),
        _("The message names an object that the registry does not have, or another patient’s."),
        _("Check the identifiers and the environment."),
        _("The registry does not have what your message names."),
        _("Check the identifiers and that the message went to the right environment."),
        Move.SENDER,
    ),
    errors.MetadataFixed: Advice(
        _("Metadata that is fixed was to be changed"),
        _(
            "The update changes what ties the document to its study or its bytes, or one of the "
            "archive’s own manifests."
        ),
        _("See the detail for which fields. A new document must replace the old one instead."),
        _("Your message changes metadata that may not be changed."),
        _("Register a new document that replaces the old one."),
        Move.SENDER,
    ),
    errors.UpdateUnknown: Advice(
        _("Update of an unknown kind"),
        _("The update is neither a new version of a document’s metadata nor of its availability."),
        _COMPARE,
        _("Your system asked for an update that this service does not do."),
        _COMPARE,
        Move.SENDER,
    ),
}
