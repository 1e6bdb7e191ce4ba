"""Advice on retention and destruction."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors import retention as errors
from portal.advice.kinds import Advice, Move

SEE_AGAIN = _("Open the page again and see how it stands now.")
NOTHING = _("Nothing to do.")

ADVICE: dict[type[ArchiveError], Advice] = {
    # --- Conflict ---
    errors.StudyDestroyed: Advice(
        _("Study was destroyed"),
        _("The study’s retention had ended and it was destroyed; nothing more is taken for it."),
        _("See the certificate of the destruction list. A new study needs a new Study UID."),
        _("The study was destroyed here when its retention had ended."),
        _("Store it no more. If it is to be archived anew, contact technical support."),
        Move.SENDER,
    ),
    errors.NothingToDestroy: Advice(
        _("Nothing to destroy"),
        _("No study fits whose retention has ended and that nothing keeps."),
        _("See the forecast, the rules in force and the holds."),
        _("No study may be destroyed."),
        NOTHING,
        Move.NOBODY,
    ),
    errors.ListMoved: Advice(
        _("List has moved on"),
        _("Somebody else, or the work itself, has moved this list on meanwhile."),
        SEE_AGAIN,
        _("The list has moved on."),
        NOTHING,
        Move.NOBODY,
    ),
    errors.HeldAlready: Advice(
        _("Held already"),
        _("A hold for the same reason is in force, and ends no sooner."),
        NOTHING,
        _("It is held already for the same reason."),
        NOTHING,
        Move.NOBODY,
    ),
    errors.HoldEnded: Advice(
        _("Hold has ended"),
        _("The hold was released already, or its last day is past."),
        SEE_AGAIN,
        _("The hold has ended."),
        NOTHING,
        Move.NOBODY,
    ),
    errors.RuleHasEnded: Advice(
        _("Rule cannot be changed"),
        _("The rule has ended, or was confirmed already."),
        SEE_AGAIN,
        _("The rule has ended."),
        NOTHING,
        Move.NOBODY,
    ),
    # --- NotFound ---
    errors.PersonUnknown: Advice(
        _("No such person"),
        _("The archive has nothing under this code in this environment."),
        _("Check the code and the environment."),
        _("The person is not known here."),
        NOTHING,
        Move.NOBODY,
    ),
}
