"""One authorisation: how it stands, what is ordered, what is missing, and what happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from archive import gate
from archive.actors import Actor
from archive.models import AuthorisationState as State
from archive.models import Study
from archive.queries import authorisations as queries
from archive.queries import followup
from archive.queries.followup import Stage
from archive.rules.access import SEERS
from archive.rules.authorisations import Side
from archive.services import looking
from portal.authorisation_words import entries, lacking
from portal.forms.reasons import ReasonForm
from portal.lists.authorisations import BY_SIDE
from portal.pages import address
from portal.shapes import SHAPES
from portal.staff import Request, page
from portal.views import lists as frame
from portal.views import reasons
from portal.views.authorisations import lists, moving
from portal.views.authorisations import opened as opening
from portal.views.authorisations.opened import Opened, open_one


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the follow-up."""

    label: str
    shape: str
    at: Any = None


@require_safe
@page("authorisation")
def show(request: Request, actor: Actor, authorisation_id: UUID) -> HttpResponse:
    opened = open_one(request, actor, authorisation_id)
    return _show(request, opened, knows=not opened.is_staff)


@require_POST
@page("authorisation")
def patient(request: Request, actor: Actor, authorisation_id: UUID) -> HttpResponseBase:
    """With the patient's code on it, for this once; the staff give their reason first."""
    opened = open_one(request, actor, authorisation_id)
    row = opened.row
    if row.patient is None or not actor.roles & SEERS:
        return redirect(opened.address)
    if not opened.actor.reason:
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return _show(request, opened, knows=False, form=form)
        reasons.keep(request, reasons.subject(row.patient), form.cleaned_data["reason"])
        opened = open_one(request, actor, authorisation_id)
    return _show(request, opened, knows=True)


def _show(
    request: Request, opened: Opened, *, knows: bool, form: ReasonForm | None = None
) -> HttpResponse:
    row = opened.row
    knows = knows and gate.knows_patient(opened.actor, row)
    if knows:
        looking.at_authorisation(opened.actor, row)
    versions = opening.versions(opened)
    studies = _studies(opened)
    missing = followup.missing(row, studies)
    acts = moving.acts_of(opened, documented=row.stage == Stage.DOCUMENTS)
    context = {
        "knows": knows,
        "asks": opened.is_staff and row.patient is not None and bool(opened.actor.roles & SEERS),
        "form": form or ReasonForm(),
        "say": _say(opened),
        "shape": SHAPES.get(("authorisation", row.state), "none"),
        "word": row.get_state_display(),
        "yes_no": f"{_('yes')},{_('no')}",
        "acts": acts,
        "steps": _steps(row, studies),
        "late": followup.is_late(row),
        "lacks": lacking(missing),
        "studies": [(study, address(opened.actor.roles, "study", study)) for study in studies],
        "versions": versions,
        "newest": versions[0] if versions[0].version > row.version else None,
        "entries": entries(queries.events(versions)),
        **_place(request, opened),
    }
    return opening.show(request, "authorisations/detail.html", opened, context)


def _place(request: Request, opened: Opened) -> dict[str, Any]:
    side = None if opened.is_staff else Side.PRODUCER if opened.is_producer else Side.ORGANISER
    around = frame.around(request, opened.actor, BY_SIDE[side], lists.opener(side), opened.row)
    ((label, _back),) = opening.trail(opened, above=True)
    return {**around, "trail": [(label, around["back"])]}


def _studies(opened: Opened) -> list[Study]:
    """A producer without the right to see reads of its own studies only."""
    row = opened.row
    found = followup.studies_of([row]).get(row.series, [])
    if opened.is_producer and not row.may_read:
        return [study for study in found if study.authorisation_id is not None]
    return found


def _say(opened: Opened) -> str:
    """Why it stands so, and whose move it is."""
    row = opened.row
    sentences = {
        State.WITHOUT_PRODUCER: _("It gives no rights before a producer is named."),
        State.GRANTED: (
            _("The rights are open. Accept it, or decline it with a reason.")
            if opened.is_producer
            else _("The rights are open; the producer has not yet accepted it.")
        ),
        State.ACCEPTED: _("The producer works under it."),
        State.DECLINED: _("The producer declined it: %(reason)s")
        % {"reason": row.closing_reason or "–"},
        State.REVOKED: _("The organiser revoked it: %(reason)s")
        % {"reason": row.closing_reason or "–"},
        State.REPLACED: _("A newer version is in force."),
        State.ENDED: (
            _("The organiser marked it as done.") if row.done_at else _("Its validity is over.")
        ),
    }
    return sentences[State(row.state)]


def _steps(row: Any, studies: Sequence[Study]) -> list[Step]:
    """From order to done, what has been reached and what has not."""
    reached = list(Stage).index(Stage(row.stage))
    times = followup.times(row, studies)
    found = []
    for place, stage in enumerate(Stage):
        is_there = stage in times if stage == Stage.ACCEPTED else place <= reached
        found.append(Step(str(stage.label), "done" if is_there else "none", times.get(stage)))
    return found
