"""What can go wrong when FHIR resources are asked for; under the families of `base`.

Malformed      SearchUnclear, ParameterUnknown, SearchIncomplete, PatientInAddress, PageOver
NotFound       ResourceUnknown
Unsupported    InteractionUnknown
"""

from archive.errors.base import Malformed, NotFound, Unsupported


class SearchUnclear(Malformed):
    code = "FHIR"
    comment = "value of a search parameter cannot be understood"


class ParameterUnknown(Malformed):
    code = "FHIR"
    comment = "search parameter is unknown here"


class SearchIncomplete(Malformed):
    code = "FHIR"
    comment = "search lacks a parameter that it needs"


class PatientInAddress(Malformed):
    code = "FHIR"
    comment = "patient is named in an address: search by POST to _search"


class PageOver(Malformed):
    code = "FHIR"
    comment = "link to a page has expired or is another system's"


class ResourceUnknown(NotFound):
    code = "FHIR"
    comment = "no such resource"


class InteractionUnknown(Unsupported):
    code = "FHIR"
    comment = "interaction is not offered"
