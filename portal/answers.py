"""Answers of the interfaces in words: DICOM status, HL7 acknowledgement, XDS error code."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# PS3.4 table B.2-1, PS3.7 annex C, HL7 table 0008, ITI TF-3 table 4.2.4.1-2.
WORDS: Mapping[str, str | Promise] = {
    "0000": _("success"),
    "0110": _("processing failure"),
    "0111": _("duplicate SOP instance"),
    "0112": _("no such SOP instance"),
    "0119": _("class and instance conflict"),
    "0122": _("SOP class not supported"),
    "0124": _("not authorised"),
    "0131": _("duplicate transaction UID"),
    "A700": _("out of resources"),
    "A777": _("patient id not accepted"),
    "A778": _("patient differs"),
    "A77B": _("identifiers do not belong together"),
    "A900": _("data set does not fit"),
    "C000": _("cannot be understood"),
    "AA": _("accepted"),
    "AE": _("refused for an error"),
    "AR": _("refused"),
    "XDSRegistryMetadataError": _("metadata of the document is wrong"),
    "XDSRegistryError": _("failure in the registry"),
    "XDSRegistryBusy": _("registry busy"),
    "XDSTooManyResults": _("too many results"),
    "XDSStoredQueryMissingParam": _("query lacks a parameter"),
    "XDSUnknownStoredQuery": _("query unknown"),
    "XDSNonIdenticalHash": _("same id, other content"),
    "XDSDuplicateUniqueIdInRegistry": _("document id used before"),
    "XDSPatientIdDoesNotMatch": _("patients differ"),
    "XDSRegistryDeprecatedDocumentError": _("document replaced already"),
    "XDSResultNotSinglePatient": _("more than one patient"),
    "PEER-CONNECT": _("no connection"),
    "PEER-REJECT": _("association rejected"),
    "PEER-ABORT": _("association aborted"),
    "PEER-SILENT": _("no answer in time"),
}


def decoded(answer: str) -> str:
    """`A900` becomes `A900, data set does not fit`; what is no code stays."""
    code, _sep, rest = answer.partition(",")
    words = WORDS.get(code.strip())
    if words is None:
        return answer
    return ", ".join(part for part in (code.strip(), str(words), rest.strip()) if part)
