"""What can go wrong with purchased-service authorisations; under the families of `base`.

    Unacceptable   AuthorisationInvalid
    Conflict       AuthorisationOverlaps, AuthorisationMoved, FormDiffers
    Refused        ControllerDiffers, SubcontractingRefused, PartyUnfit
    Busy           RepositoryUnreachable, RepositoryRejects

`facts["field"]` names the field at fault, `facts["fault"]` says what is wrong with it
(`archive.rules.authorisations.Fault`).
"""

from archive.errors.base import Busy, Conflict, Refused, Unacceptable


class AuthorisationInvalid(Unacceptable):
    code = "AUTH-FIELD"
    comment = "authorisation has a field that cannot be accepted"


class AuthorisationOverlaps(Conflict):
    code = "AUTH-OVERLAP"
    comment = "a live authorisation covers the same already"


class AuthorisationMoved(Conflict):
    code = "AUTH-STATE"
    comment = "not possible in the present state of the authorisation"


class FormDiffers(Conflict):
    code = "AUTH-VERSION"
    comment = "this version of the document is known with other content"


class ControllerDiffers(Refused):
    code = "AUTH-CONTROLLER"
    comment = "only the register's controller can authorise"


class SubcontractingRefused(Refused):
    code = "AUTH-CHAIN"
    comment = "a producer cannot pass an authorisation on"


class PartyUnfit(Refused):
    code = "AUTH-PARTY"
    comment = "this is for the other party to do"


class RepositoryUnreachable(Busy):
    code = "PDR-CONNECT"
    comment = "Patient Data Repository does not answer"


class RepositoryRejects(Busy):
    code = "PDR-REJECT"
    comment = "Patient Data Repository does not take the document"
