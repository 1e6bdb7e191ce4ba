"""The rules of access in words: a sentence for each rule that `archive.rules.access` fires, in the
order in which it asks. A test holds both tables complete.
"""

from django.utils.translation import gettext_lazy as _

from archive.models import ProhibitionScope
from archive.rules.access import Decision
from portal.pages import Label

RULES: dict[str, Label] = {
    # --- a customer's system ---
    "other-environment": _("The asker and the object are in different environments."),
    "systems-act-by-their-protocol": _("A customer’s system may only query, and retrieve its own."),
    "destroyed": _("The study has been destroyed."),
    "rejected-for-quality": _(
        "The image has been rejected for its quality and is out of regular use."
    ),
    "rejected": _("The image has been rejected."),
    "all-rejected": _("The study has been corrected: all its images are rejected."),
    "not-in-force": _("The document is not in force any more: it was replaced or withdrawn."),
    "assertion-for-another-patient": _("The assertion is for another patient."),
    "own-register": _("The object is in the asker’s own register."),
    "not-own-register": _("The object is not in the asker’s own register."),
    "authorisation": _(
        "A live purchased-service authorisation opens the organiser’s register to the asker, "
        "whatever the patient has prohibited there."
    ),
    "no-authorisation": _("No live purchased-service authorisation lets the asker see the object."),
    "begun-under-authorisation": _(
        "The asker began the study itself, under an authorisation to store that is in force: the "
        "study goes back to the asker."
    ),
    "returned-to-its-controller-only": _(
        "Over DICOM and DICOMweb material goes back to its own controller only."
    ),
    "role-without-right": _("The professional’s role has no right to see what others control."),
    "emergency": _("It is asked for in an emergency, so no permission is needed."),
    "no-exception": _("The patient has left no exception for emergencies."),
    "prohibited-but-exception": _(
        "It is prohibited, but the patient has allowed use in an emergency."
    ),
    "purpose-is-not-treatment": _("The purpose is neither treatment nor an emergency."),
    "no-care-relation": _("No care relation is claimed."),
    "care-relation": _("There is a care relation, by assertion or vouched for by the asker."),
    "area": _("Asker and controller are of an area within which no permission is needed."),
    "not-informed": _("The patient has not been informed."),
    "informed": _("The patient has been informed."),
    "not-permitted": _("The patient has given no disclosure permission, or has withdrawn it."),
    "permitted": _("The patient has given the disclosure permission."),
    "not-prohibited": _("No prohibition of the patient’s is about the object."),
    f"prohibited-{ProhibitionScope.EVERYTHING}": _("The patient has prohibited everything."),
    f"prohibited-{ProhibitionScope.SERVICE_EVENT}": _(
        "The patient has prohibited this service event."
    ),
    f"prohibited-{ProhibitionScope.PROVIDER}": _(
        "The patient has prohibited everything of this provider."
    ),
    f"prohibited-{ProhibitionScope.REGISTER}": _(
        "The patient has prohibited this register of the provider."
    ),
    f"prohibited-{ProhibitionScope.PRIVATE_OCCUPATIONAL}": _(
        "The patient has prohibited private occupational health care."
    ),
    # --- a citizen ---
    "citizens-only-look": _("A citizen may only look."),
    "another-persons-data": _("It is another person’s data."),
    "not-shown-to-citizens": _("Citizens see requests, examination notes and reports only."),
    "citizens-see-what-is-in-force": _("Citizens see documents that are in force only."),
    "own-data": _("It is the citizen’s own data."),
    "acting-for": _("The citizen acts for the person, on a ground that is known."),
    # --- the operator's staff, and people of customers ---
    "staff-role": _("The person has a role with the operator that allows it."),
    "no-staff-role": _("The person has no role with the operator."),
    "role-may-not-see-patients": _("The role does not see patients’ data."),
    "role-may-not-correct": _("The role may not correct what is archived."),
    "no-reason-given": _("No reason has been given for looking at this patient."),
    "reason-given": _("The reason for looking has been given."),
    "customers-see-no-patient-data-in-the-portal": _(
        "People of customers see no patient data in the portal."
    ),
    "the-system-itself": _("The archive itself acts."),
}
GROUNDS: dict[str, Label] = {
    "own-register": _("own register"),
    "authorisation": _("purchased service"),
    "emergency": _("emergency"),
    "area": _("within an area"),
    "permission": _("disclosure permission"),
    "own-data": _("own data"),
    "acting-for": _("acting for another"),
    "operators-duty": _("the operator’s duty"),
    "system": _("the archive itself"),
}


def rule_words(rule: str) -> Label:
    """A scope of prohibitions that nobody knows here forbids, and is shown by its id."""
    return RULES.get(rule, rule)


def chain(decision: Decision) -> list[Label]:
    return [rule_words(rule) for rule in decision.fired]


def ground_words(ground: str) -> Label:
    return GROUNDS.get(ground, ground)
