"""What can go wrong in the review of the logs; under the families of `base`.

Conflict       SuspicionSettled, ReviewCaseClosed, ReviewCaseOpen, FindingMissing,
               ExplanationDecided, RuleReplaced, AlreadyWatched, SearchNameTaken
Refused        OwnReview
"""

from archive.errors.base import Conflict, Refused


class SuspicionSettled(Conflict):
    code = "REVIEW-SETTLED"
    comment = "suspicion has been settled or taken into a case"


class ReviewCaseClosed(Conflict):
    code = "REVIEW-CLOSED"
    comment = "review case is closed"


class ReviewCaseOpen(Conflict):
    code = "REVIEW-OPEN"
    comment = "review case is open"


class FindingMissing(Conflict):
    code = "REVIEW-FINDING"
    comment = "review case has no finding yet"


class ExplanationDecided(Conflict):
    code = "REVIEW-EXPLAINED"
    comment = "explanation has been given or is asked for no more"


class RuleReplaced(Conflict):
    code = "REVIEW-RULE"
    comment = "rule of review has a later version"


class AlreadyWatched(Conflict):
    code = "REVIEW-WATCHED"
    comment = "person is on the watch list already"


class SearchNameTaken(Conflict):
    code = "SEARCH-NAME"
    comment = "a saved search has this name"


class OwnReview(Refused):
    code = "REVIEW-OWN"
    comment = "nobody reviews the own looks"
