"""Advice on the support desk's own acts."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors import desk as errors
from portal.advice.kinds import Advice, Move

ADVICE: dict[type[ArchiveError], Advice] = {
    errors.CasesUnjoinable: Advice(
        _("Cases cannot be joined or split this way"),
        _(
            "A case that others were joined to, or that was joined or split off itself, is not "
            "joined further; a split must leave events on both sides."
        ),
        _("Undo the earlier joining or splitting first."),
        _("The support desk could not rearrange the cases."),
        _("Nothing to do. The support desk looks into it."),
        Move.SUPPORT,
    ),
    errors.CasesOfOthers: Advice(
        _("Cases of two customers are not joined"),
        _("Each customer reads its own cases whole, and would lose sight of them elsewhere."),
        _("Work on each case by itself; write in a comment which others have the same cause."),
        _("The support desk could not rearrange the cases."),
        _("Nothing to do. The support desk looks into it."),
        Move.SUPPORT,
    ),
    errors.CaseTaken: Advice(
        _("The case has another owner by now"),
        _("Somebody else was given the case after you opened its page, so nothing was changed."),
        _("Its page shows the owner now. Agree with them, or take it over all the same."),
        _("The support desk works on the case."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    errors.CaseAnswered: Advice(
        _("The customer has written meanwhile"),
        _("The customer has written on the case since you opened its page. It stays open."),
        _("Read below what it wrote. Then resolve the case if that still holds."),
        _("The support desk works on the case."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    errors.BatchEnded: Advice(
        _("The batch has ended"),
        _("What has ended, or was undone, can be neither paused nor undone again."),
        _("Look at the outcomes of the batch and begin a new one for what is left."),
        _("The support desk’s work on the case has ended."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
}
