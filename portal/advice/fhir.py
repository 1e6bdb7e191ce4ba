"""Advice on FHIR."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors import fhir as errors
from portal.advice.kinds import Advice, Move

_SUPPLIER = _("Give the parameter named in the event to your system supplier.")

ADVICE: dict[type[ArchiveError], Advice] = {
    errors.SearchUnclear: Advice(
        _("FHIR search cannot be understood"),
        _("A parameter of the search has a value that the standard does not know."),
        _("See the parameter in the event, and ask the customer’s system supplier to correct it."),
        _("Your system’s search has a parameter with a wrong value."),
        _SUPPLIER,
        Move.SENDER,
    ),
    errors.ParameterUnknown: Advice(
        _("FHIR search by an unknown parameter"),
        _("The search has a parameter that is not offered; it is not passed over silently."),
        _("Compare it with /fhir/metadata. “Prefer: handling=lenient” lets unknown ones pass."),
        _("Your system searches by a parameter that is not offered here."),
        _SUPPLIER,
        Move.SENDER,
    ),
    errors.SearchIncomplete: Advice(
        _("FHIR search without patient or status"),
        _("A search for documents names a patient and a status, or a document itself."),
        _("Ask the customer’s system supplier to name patient.identifier and status (ITI-67)."),
        _("Your system’s search lacks a parameter that it needs."),
        _("Have the patient and the status named in each search."),
        Move.SENDER,
    ),
    errors.PatientInAddress: Advice(
        _("Patient named in an address"),
        _(
            "The patient’s code stood in the address of a request, where logs on the way keep it. "
            "The request was refused and the code is not repeated here."
        ),
        _("Ask the customer’s system supplier to search by POST to _search and clear its logs."),
        _("Your system named a patient in the address of a request."),
        _("Have your system search by POST to _search, with the patient in the body."),
        Move.SENDER,
    ),
    errors.PageOver: Advice(
        _("Link to a page is over"),
        _("Links to the next page of a search hold for an hour, for the system that searched."),
        _("Nothing to do, unless it comes again and again: then ask the system supplier."),
        _("Your system followed a link to a page that no longer holds."),
        _("Search again."),
        Move.SENDER,
    ),
    errors.ResourceUnknown: Advice(
        _("FHIR resource not found"),
        _("No resource has this id, or the asker may not see it."),
        _("Check that the system asks with the credentials of the right environment."),
        _("What your system asked for is not available to it here."),
        _("Check that your system uses the credentials of the right environment."),
        Move.SENDER,
    ),
    errors.InteractionUnknown: Advice(
        _("FHIR interaction is not offered"),
        _("The request is for a resource or an interaction that /fhir/metadata does not name."),
        _("Point the customer’s system supplier to the conformance statement."),
        _("Your system asked for something that is not offered over FHIR."),
        _("Compare the settings of your system with the conformance statement."),
        Move.SENDER,
    ),
}
