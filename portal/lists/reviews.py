"""The rules of log review, who is watched for, and what customers are asked to explain."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import ExplanationRequest, ExplanationState, ReviewRule, WatchedPerson
from portal.lists.cells import Act, PersonCode, State, When, dated, state_of
from portal.lists.columns import Column, Listing, acts

QUESTION = 120  # characters of one in a list


@dataclass(frozen=True, slots=True)
class OfReview:
    """A rule of log review; the last version of its cause is the one that can be changed."""

    row: ReviewRule
    name: str
    standing: State
    condition: str

    @property
    def is_last(self) -> bool:
        return self.row.valid_until is None


def _change_review(each: OfReview) -> Act | None:
    if not each.is_last:
        return None
    about = f"{each.name}, {each.row.get_scope_display()}"
    return Act(_("Change"), reverse("review-rule", args=[each.row.id]), about)


REVIEW_RULES = Listing[OfReview](
    name="review-rules",
    url_name="review-rules",
    pages=("review-rules",),
    key=lambda each: each.row.id,
    columns=(
        Column(
            "rule",
            gettext_lazy("Rule"),
            lambda each: each.name,
            css="broad",
            under=(
                Column(
                    "condition", gettext_lazy("Raises a suspicion"), lambda each: each.condition
                ),
                Column("source", gettext_lazy("Source"), lambda each: each.row.source),
            ),
            sortable=True,
        ),
        Column(
            "scope",
            gettext_lazy("Whose looks"),
            lambda each: each.row.get_scope_display(),
            sortable=True,
        ),
        Column("state", gettext_lazy("State"), lambda each: each.standing, sortable=True),
        Column(
            "version",
            gettext_lazy("Version"),
            lambda each: each.row.version,
            css="num",
        ),
        Column(
            "from",
            gettext_lazy("From"),
            lambda each: When(each.row.valid_from),
            sortable=True,
        ),
        Column(
            "until",
            gettext_lazy("Until"),
            lambda each: When(each.row.valid_until),
            sortable=True,
        ),
        acts(_change_review),
    ),
)


def _standing(row: WatchedPerson) -> State:
    return dated(row.valid_from, row.valid_until, live=_("watched for"))


def _end(row: WatchedPerson) -> Act | None:
    if _standing(row).shape == "stop":
        return None
    return Act(_("End"), reverse("review-watch-end", args=[row.id]), row.patient.masked)


WATCHED = Listing[WatchedPerson](
    name="watched",
    url_name="review-watch",
    pages=("review-watch",),
    key=lambda row: row.id,
    columns=(
        Column("patient", gettext_lazy("Patient"), lambda row: PersonCode(row.patient.identifier)),
        Column("state", gettext_lazy("State"), _standing),
        Column("reason", gettext_lazy("Reason"), lambda row: row.reason),
        Column("from", gettext_lazy("From"), lambda row: row.valid_from),
        Column("until", gettext_lazy("Until"), lambda row: row.valid_until),
        Column(
            "by",
            gettext_lazy("By"),
            lambda row: row.added_by,
            under=(Column("added", gettext_lazy("Added"), lambda row: When(row.added_at)),),
        ),
        acts(_end),
    ),
)


@dataclass(frozen=True, slots=True)
class Asked:
    row: ExplanationRequest
    is_late: bool


def _state(each: Asked) -> State:
    if each.row.state == ExplanationState.ASKED:
        return State("needs", _("needs you"))
    return state_of(each.row)


LOG_REQUESTS = Listing[Asked](
    name="log-requests",
    url_name="log-requests",
    pages=("log-requests",),
    detail="log-request",
    key=lambda each: each.row.id,
    columns=(
        Column(
            "request",
            gettext_lazy("Request"),
            lambda each: str(each.row.case),
            css="broad",
            under=(
                Column(
                    "question",
                    gettext_lazy("What is asked"),
                    lambda each: Truncator(each.row.question).chars(QUESTION),
                ),
            ),
        ),
        Column("state", gettext_lazy("State"), _state),
        Column(
            "organisation", gettext_lazy("Organisation"), lambda each: each.row.organisation.name
        ),
        Column("asked", gettext_lazy("Asked"), lambda each: When(each.row.asked_at)),
        Column(
            "due",
            gettext_lazy("Answer by"),
            lambda each: each.row.due_on,
            under=(
                Column(
                    "late",
                    gettext_lazy("Late"),
                    lambda each: State("needs", _("late")) if each.is_late else None,
                ),
            ),
        ),
    ),
)
