"""Retention holds, and take-overs of local archives."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import RetentionHold, Takeover, TakeoverState
from archive.queries.takeovers import NEWEST
from portal.lists.cells import Act, Count, PersonCode, State, Value, When, state_of
from portal.lists.columns import Column, Listing


@dataclass(frozen=True, slots=True)
class Held:
    row: RetentionHold
    shape: str
    word: str


def _concerned(each: Held) -> Value:
    if each.row.study is not None:
        return _("study %(number)s") % {"number": each.row.study.accession_number}
    return PersonCode(each.row.patient.identifier) if each.row.patient else None


def _release(each: Held) -> Act | None:
    if each.shape != "done":
        return None
    return Act(_("Release"), reverse("retention-hold-release", args=[each.row.id]))


HOLDS = Listing[Held](
    name="holds",
    url_name="retention-holds",
    pages=("retention-holds",),
    detail="study",
    key=lambda each: each.row.id,
    detail_key=lambda each: each.row.study_id,
    walks=False,
    columns=(
        Column(
            "concerns",
            gettext_lazy("Concerns"),
            _concerned,
            under=(
                Column(
                    "extent",
                    gettext_lazy("Extent"),
                    lambda each: "" if each.row.study_id else _("all studies"),
                ),
            ),
        ),
        Column(
            "state",
            gettext_lazy("State"),
            lambda each: State(each.shape, each.word),
            under=(
                Column(
                    "released", gettext_lazy("Released"), lambda each: When(each.row.released_at)
                ),
                Column("releaser", gettext_lazy("Released by"), lambda each: each.row.released_by),
                Column(
                    "why",
                    gettext_lazy("Reason of the release"),
                    lambda each: each.row.release_reason,
                ),
            ),
        ),
        Column("reason", gettext_lazy("Reason"), lambda each: each.row.reason),
        Column(
            "placed",
            gettext_lazy("Placed"),
            lambda each: When(each.row.placed_at),
            under=(Column("by", gettext_lazy("Placed by"), lambda each: each.row.placed_by),),
        ),
        Column(
            "until",
            gettext_lazy("Last day"),
            lambda each: each.row.until or _("until released"),
        ),
        Column("act", gettext_lazy("Change"), _release, page_only=True),
    ),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A take-over, and how many of its studies are not yet safe."""

    row: Takeover
    source: str
    lacking: int


def _lacking(each: Taken) -> Count | None:
    return Count(each.lacking) if each.row.state == TakeoverState.COMPARED else None


TAKEOVERS = Listing[Taken](
    name="takeovers",
    url_name="takeovers",
    pages=("takeovers", "own-takeovers"),
    detail="takeover",
    key=lambda each: each.row.id,
    columns=(
        Column(
            "list",
            gettext_lazy("List"),
            lambda each: each.source,
            under=(
                Column(
                    "source", gettext_lazy("Source"), lambda each: each.row.get_source_display()
                ),
            ),
        ),
        Column(
            "customer",
            gettext_lazy("Customer"),
            lambda each: each.row.organisation.name,
            staff_only=True,
        ),
        Column("state", gettext_lazy("State"), lambda each: state_of(each.row)),
        Column("studies", gettext_lazy("Studies"), lambda each: each.row.listed, css="num"),
        Column("lacking", gettext_lazy("Not yet safe"), _lacking, css="num"),
        Column("by", gettext_lazy("Made by"), lambda each: each.row.made_by),
        Column("made", gettext_lazy("Made"), lambda each: When(each.row.made_at), order=NEWEST),
    ),
)
