"""Advice on rows of law and lists: content policy, study codes, take-over."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors import rules as errors
from portal.advice.kinds import Advice, Move

_LIST = _("Save the list as CSV in UTF-8 with the column names in its first line.")
_AGAIN = _("Look at what the list changes now, and apply it then.")
_SMALLER = _("Split the list into smaller ones.")
_ENDED = _("Wait until it has ended.")

ADVICE: dict[type[ArchiveError], Advice] = {
    errors.ListUnreadable: Advice(
        _("List cannot be read"),
        _("The file is no CSV in UTF-8, or a column that is asked for is missing."),
        _LIST,
        _("The file is no CSV in UTF-8, or a column that is asked for is missing."),
        _LIST,
        Move.SENDER,
    ),
    errors.PolicyUnfit: Advice(
        _("Row of the content policy is not acceptable"),
        _("A value is missing or does not fit the others."),
        _("See which field is named."),
        _("A value is missing or does not fit the others."),
        _("See which field is named."),
        Move.SUPPORT,
    ),
    errors.ListTooLarge: Advice(
        _("List is too large"),
        _("The file has more bytes or lines than are taken at once."),
        _SMALLER,
        _("The file has more bytes or lines than are taken at once."),
        _SMALLER,
        Move.SENDER,
    ),
    errors.CodeListFaulty: Advice(
        _("List of codes has faulty lines"),
        _("Nothing of a list is applied while one of its lines is faulty."),
        _("Correct the lines that are named and give the list again."),
        _("Nothing of a list is applied while one of its lines is faulty."),
        _("Correct the lines that are named and give the list again."),
        Move.SUPPORT,
    ),
    errors.AnswersTooMany: Advice(
        _("Too many studies on one day"),
        _("The customer’s system names more studies on one day than are taken by query."),
        _("Ask the customer for a list as a file instead."),
        _("Your system names more studies on one day than are taken by query."),
        _("Give the list as a file instead."),
        Move.SENDER,
    ),
    errors.PolicyBeganThen: Advice(
        _("A version began on that day"),
        _("A version of this content type is in force since that day and is not rewritten."),
        _("Choose a later day."),
        _("A version of this content type is in force since that day and is not rewritten."),
        _("Choose a later day."),
        Move.SUPPORT,
    ),
    errors.CodesChanged: Advice(
        _("Study codes have changed meanwhile"),
        _("Since the list was shown somebody has changed the codes; it would do something else."),
        _AGAIN,
        _("Since the list was shown somebody has changed the codes; it would do something else."),
        _AGAIN,
        Move.SUPPORT,
    ),
    errors.CodesApplied: Advice(
        _("List was applied before"),
        _("What the list says is in the codes already."),
        _("Nothing to do."),
        _("What the list says is in the codes already."),
        _("Nothing to do."),
        Move.SUPPORT,
    ),
    errors.TakeoverRuns: Advice(
        _("Take-over is being compared"),
        _("A comparison is under way; a second one would say the same."),
        _ENDED,
        _("A comparison is under way; a second one would say the same."),
        _ENDED,
        Move.ITSELF,
    ),
}
