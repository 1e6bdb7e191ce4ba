"""What was corrected and rejected, and cases of log review."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import Correction, Rejection, ReviewCase, Study
from portal.lists.cells import State, Value, When, state_of
from portal.lists.columns import Column, Listing


def _named(study: Study) -> str:
    return f"{study.study_code or _('Study')} {study.accession_number}"


@dataclass(frozen=True, slots=True)
class Corrected:
    row: Correction
    what: str | Promise


CORRECTIONS = Listing[Corrected](
    name="corrections",
    url_name="corrections",
    pages=("corrections",),
    detail="correction",
    key=lambda each: each.row.id,
    fixed=("what",),
    columns=(
        Column("study", gettext_lazy("Study"), lambda each: _named(each.row.study)),
        Column("state", gettext_lazy("State"), lambda each: state_of(each.row)),
        Column("made", gettext_lazy("When"), lambda each: When(each.row.made_at)),
        Column("what", gettext_lazy("Changed"), lambda each: each.what),
        Column(
            "who",
            gettext_lazy("Who"),
            lambda each: each.row.actor_name,
            under=(
                Column("origin", gettext_lazy("Way"), lambda each: each.row.get_origin_display()),
            ),
        ),
        Column(
            "customer",
            gettext_lazy("Customer"),
            lambda each: each.row.study.register.organisation.name,
        ),
    ),
)


def _standing(row: Rejection) -> Value:
    standing: int = row.standing  # type: ignore[attr-defined]  # the query counts it
    return standing or State("none", _("revoked"))


def _study(row: Rejection) -> Value:
    return _named(row.study) if row.study else State("wait", _("has not come yet"))


REJECTIONS = Listing[Rejection](
    name="rejections",
    url_name="corrections",
    pages=("corrections",),
    detail="rejection",
    key=lambda row: row.id,
    fixed=("what",),
    columns=(
        Column(
            "rejection",
            gettext_lazy("Rejection"),
            lambda row: str(row.get_title_display()).capitalize(),
        ),
        Column("made", gettext_lazy("When"), lambda row: When(row.made_at)),
        Column("objects", gettext_lazy("Objects"), _standing, css="num"),
        Column("study", gettext_lazy("Study"), _study),
        Column("who", gettext_lazy("Who"), lambda row: row.actor_name),
        Column("customer", gettext_lazy("Customer"), lambda row: row.organisation.name),
    ),
)


def _finding(row: ReviewCase) -> str:
    return f"{_('Finding')}: {row.get_finding_display()}" if row.finding else ""


def _waits(row: ReviewCase) -> str:
    return _("waits for an explanation") if row.waiting_count else ""  # type: ignore[attr-defined]


def _owner(row: ReviewCase) -> str:
    return (row.owner.get_full_name() or row.owner.get_username()) if row.owner else ""


REVIEW_CASES = Listing[ReviewCase](
    name="review-cases",
    url_name="review-cases",
    pages=("review-cases",),
    detail="review-case",
    key=lambda row: row.id,
    columns=(
        Column(
            "case",
            gettext_lazy("Review case"),
            lambda row: f"{row} {row.title}",
            css="broad",
            under=(Column("finding", gettext_lazy("Finding"), _finding),),
        ),
        Column(
            "state",
            gettext_lazy("State"),
            lambda row: state_of(row),
            under=(Column("waits", gettext_lazy("Waits for"), _waits),),
        ),
        Column("owner", gettext_lazy("Owner"), _owner),
        Column(
            "suspicions",
            gettext_lazy("Suspicions"),
            lambda row: row.suspicion_count,  # type: ignore[attr-defined]
            css="num",
        ),
        Column("opened", gettext_lazy("Opened"), lambda row: When(row.opened_at)),
    ),
)
