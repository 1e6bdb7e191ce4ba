"""What people are told about each error: cause, next step, whose move.

The staff read the mechanism, the customer its duty. One row for every class of `archive.errors`, of
the modules beside it, and of `onboarding.errors`; a test holds it complete. Texts are translated
when shown.
"""

from functools import cache

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from archive import errors
from archive.errors import ArchiveError
from portal.advice import (
    api,
    asking,
    assertions,
    authorisations,
    corrections,
    desk,
    fhir,
    logs,
    material,
    peers,
    persons,
    registry,
    retention,
    retrieval,
    review,
    road,
    rules,
    web,
    wishes,
)
from portal.advice.kinds import CORRECT_AND_SEND, SEND_AGAIN, Advice, Move

__all__ = ["ADVICE", "Advice", "Move", "advise", "having_words", "told"]

LEAST_TEXT = 4  # shorter ones are in nearly every title

# For what no finer class says.
FAMILIES: dict[type[ArchiveError], Advice] = {
    errors.Malformed: Advice(
        _("Message cannot be read"),
        _("The message does not follow its standard, so nothing of it could be read."),
        _("Compare the message with the standard together with the customer’s system supplier."),
        _("Your system sent a message that cannot be read."),
        _("Give the time and this case number to your system supplier."),
        Move.SENDER,
    ),
    errors.Unacceptable: Advice(
        _("Data may not be archived as it is"),
        _("The object was read, but it breaks a rule of admission and was not kept."),
        CORRECT_AND_SEND,
        _("The data breaks a rule of archiving and was not kept."),
        SEND_AGAIN,
        Move.SENDER,
    ),
    errors.Unsupported: Advice(
        _("Not supported"),
        _("The sender asked for something that this service does not offer."),
        _(
            "Point the customer to the conformance statement and find "
            "out what the system tried to do."
        ),
        _("Your system asked for something that this service does not offer."),
        _("Compare the settings of your system with the conformance statement."),
        Move.SENDER,
    ),
    errors.NotFound: Advice(
        _("Subject not found"),
        _("What the message names is not in the archive, or the asker may not see it."),
        _("Check the identifiers in the message and the environment it was sent to."),
        _("What your system named is not available to it here."),
        _("Check the identifiers and that the message went to the right environment."),
        Move.SENDER,
    ),
    errors.Conflict: Advice(
        _("Clashes with what is archived"),
        _("The message says something else than what is archived already; the archived stays."),
        _("Find out with the customer which of the two is right."),
        _("Your message differs from what is archived already. The archived stays."),
        _("Find out which of the two is right and tell technical support."),
        Move.SENDER,
    ),
    errors.Refused: Advice(
        _("Refused"),
        _("The rules of access or of membership refuse this."),
        _("See which rule fired; change the customer’s data only if it is wrong."),
        _("The service may not do this for your organisation."),
        _("If you think you have the right to it, contact technical support."),
        Move.SUPPORT,
    ),
    errors.Busy: Advice(
        _("Try later"),
        _("A resource was missing for a moment."),
        _(
            "Nothing to do: it is tried again. If it lasts, see the "
            "overview for what does not answer."
        ),
        _("The service was busy for a moment."),
        _(
            "Nothing to do: it is tried again. If your system does not try "
            "again by itself, send again later."
        ),
        Move.ITSELF,
    ),
    errors.Broken: Advice(
        _("Failure in the archive"),
        _("The archive failed in a way it does not know."),
        _("Find the event in the process log by its correlation id and tell the developers."),
        _("The archive failed. Your data was not the cause."),
        _("Nothing to do. Technical support looks into it; quote this case number when asking."),
        Move.US,
    ),
}

ADVICE: dict[type[ArchiveError], Advice] = {
    **FAMILIES,
    **material.ADVICE,
    **corrections.ADVICE,
    **peers.ADVICE,
    **persons.ADVICE,
    **road.ADVICE,
    **logs.ADVICE,
    **assertions.ADVICE,
    **authorisations.ADVICE,
    **wishes.ADVICE,
    **registry.ADVICE,
    **asking.ADVICE,
    **review.ADVICE,
    **retention.ADVICE,
    **rules.ADVICE,
    **retrieval.ADVICE,
    **desk.ADVICE,
    **api.ADVICE,
    **web.ADVICE,
    **fhir.ADVICE,
}
BY_REASON = {error.reason(): advice for error, advice in ADVICE.items()}


def advise(reason: str) -> Advice:
    """The advice for a case's reason; an unknown word is a failure of ours."""
    return BY_REASON.get(reason, ADVICE[errors.Broken])


def told(reason: str, technical: str) -> str:
    """An error in the reader's language, what the machines said beside it. Of what failed before
    reasons were kept there is that alone.
    """
    if not technical or reason not in BY_REASON:
        return technical
    return f"{BY_REASON[reason].title} ({technical})"


def having_words(text: str) -> list[str]:
    """Reasons whose title has this text in any of the languages: what people read on a screen."""
    wanted = text.casefold()
    if len(wanted) < LEAST_TEXT:
        return []
    return [
        reason for reason, titles in _titles().items() if any(wanted in each for each in titles)
    ]


@cache
def _titles() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {reason: [] for reason in BY_REASON}
    for language, _name in settings.LANGUAGES:
        with override(language):
            for reason, advice in BY_REASON.items():
                found[reason].append(str(advice.title).casefold())
    return found
