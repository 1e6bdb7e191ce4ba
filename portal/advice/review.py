"""Advice on the review of the logs."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors import reviews as errors
from portal.advice.kinds import Advice, Move, Text

_AGAIN = _("Open the page again to see how it stands.")


def _moved(title: Text, cause: Text, step: Text = _AGAIN) -> Advice:
    """Only the portal can meet it, so both groups of readers are told the same."""
    return Advice(title, cause, step, cause, step, Move.NOBODY)


ADVICE: dict[type[ArchiveError], Advice] = {
    errors.SuspicionSettled: _moved(
        _("Suspicion is settled or in a case"),
        _("Somebody has settled the suspicion or taken it into a case meanwhile."),
    ),
    errors.ReviewCaseClosed: _moved(
        _("Review case is closed"),
        _("The case has been closed. Nothing can be added to it."),
        _("Open the case again first, with a reason."),
    ),
    errors.ReviewCaseOpen: _moved(
        _("Review case is open"),
        _("The case is open already."),
    ),
    errors.FindingMissing: _moved(
        _("Review case has no finding"),
        _("A case is closed on a finding."),
        _("Record what was found, then close the case."),
    ),
    errors.ExplanationDecided: _moved(
        _("Explanation is asked for no more"),
        _("The request was answered or withdrawn meanwhile."),
    ),
    errors.RuleReplaced: _moved(
        _("Rule of log review has a later version"),
        _("Somebody has changed the rule meanwhile, or a change of it is to come."),
    ),
    errors.AlreadyWatched: _moved(
        _("Person is on the watch list already"),
        _("The person is being watched for on the day that was given."),
        _("End the earlier row first."),
    ),
    errors.SearchNameTaken: _moved(
        _("A saved view has this name"),
        _("You have saved another view of this list under the same name."),
        _("Choose another name, or remove the earlier view."),
    ),
    errors.OwnReview: Advice(
        _("Nobody reviews their own looks"),
        _("The suspicion or case is about the person who tried to handle it."),
        _("Another reviewer handles it."),
        _("Nobody reviews their own looks."),
        _("Another reviewer handles it."),
        Move.NOBODY,
    ),
}
