"""Rejecting objects of a study, and revoking a rejection."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from archive import gate
from archive.actors import Actor
from archive.errors import ArchiveError
from archive.errors.corrections import OthersObjects
from archive.models import Instance, Rejection, RejectionTitle, Study
from archive.queries import corrections as queries
from archive.queries import study as studies
from archive.rules.access import CORRECTORS, Action
from archive.services import rejection_notes, rejections
from portal import formats
from portal.advice import advise
from portal.correcting_words import title_words
from portal.forms.corrections import RejectForm, RevokeForm
from portal.lists.corrections import REJECTIONS
from portal.staff import Request, page
from portal.views import lists, looks
from portal.views.corrections import opened_rejections

WHOLE = "all"


@require_http_methods(["GET", "POST"])
@page("reject")
def reject(request: Request, actor: Actor, study_id: UUID) -> HttpResponseBase:
    """Choose objects and a reason; then read what will happen to how many; then it is done."""
    found = looks.found(request, actor, study_id)
    looks.correctable(actor, found)
    if not looks.seer(request, actor, found).reason:
        return redirect("study", found.id)
    form = RejectForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or "back" in request.POST:
        return _form(request, found, form)
    ticked = _ticked(request, found)
    form.full_clean()
    if not ticked.exists():  # told together with what the fields lack
        form.add_error(None, _("Choose the study, a series or objects."))
    if form.errors:
        return _form(request, found, form)
    chosen = list(_left_to(form.cleaned_data["title"], ticked).values_list("id", flat=True))
    if not chosen:
        form.add_error(None, _("What was chosen is rejected already."))
        return _form(request, found, form)
    if "confirm" not in request.POST:
        return _asked(request, found, form, len(chosen))
    return _done(request, actor, found, chosen, form)


def _ticked(request: Request, found: Study) -> QuerySet[Instance]:
    """Of what was ticked, the objects that are shown today, also those rejected for quality."""
    rows = Instance.objects.available(quality=True).filter(study=found)
    if WHOLE in request.POST:
        return rows
    series, objects = _ids(request, "series"), _ids(request, "object")
    return rows.filter(series_id__in=series) | rows.filter(id__in=objects)


def _left_to(title: str, rows: QuerySet[Instance]) -> QuerySet[Instance]:
    """What was rejected for its quality can be rejected for a stricter reason only."""
    return rows.filter(rejection="") if title == RejectionTitle.QUALITY else rows


def _ids(request: Request, name: str) -> list[UUID]:
    try:
        return [UUID(each) for each in request.POST.getlist(name)]
    except ValueError as error:
        raise BadRequest("not an object") from error


def _form(request: Request, found: Study, form: RejectForm) -> HttpResponse:
    part = studies.objects_of(found)
    ticked = {*request.POST.getlist("series"), *request.POST.getlist("object")}
    context = {
        "study": found,
        "title": _("Reject objects of %(study)s") % {"study": looks.title(found)},
        "form": form,
        "whole": WHOLE in request.POST,
        "series": [
            (
                row,
                str(row.series.id) in ticked,
                [
                    (each, str(each.id) in ticked)
                    for each in part.rows
                    if each.series_id == row.series.id
                ],
            )
            for row in studies.series_of(found)
        ],
        "more": bool(part.following),
        "trail": looks.trail(found),
    }
    return render(request, "corrections/reject.html", context, status=422 if form.errors else 200)


def _asked(request: Request, found: Study, form: RejectForm, count: int) -> HttpResponse:
    shown = Instance.objects.available(quality=True).filter(study=found)
    title = form.cleaned_data["title"]
    left = _left_to(title, shown).count() - count
    say = ngettext(
        "%(count)s object is left out of the manifest, of queries and of retrieval; its bytes "
        "stay.",
        "%(count)s objects are left out of the manifest, of queries and of retrieval; their bytes "
        "stay.",
        count,
    ) % {"count": formats.number_text(count)}
    if left:
        stay = ngettext(
            "%(count)s object of the study stays shown.",
            "%(count)s objects of the study stay shown.",
            left,
        )
        say += " " + stay % {"count": formats.number_text(left)}
    else:
        say += " " + _("That is the whole study: its manifest is withdrawn from the registry.")
    say += " " + _("The customer is told of it when it has confirmations on. It can be revoked.")
    context = {
        "study": found,
        "title": ngettext("Reject %(count)s object?", "Reject %(count)s objects?", count)
        % {"count": formats.number_text(count)},
        "say": say,
        "why": title_words(title),
        "reason": form.cleaned_data["reason"],
        "hidden": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in ("csrfmiddlewaretoken", "confirm")
        ],
        "trail": looks.trail(found),
    }
    return render(request, "corrections/reject_confirm.html", context)


def _done(
    request: Request, actor: Actor, found: Study, chosen: list[UUID], form: RejectForm
) -> HttpResponseBase:
    given = form.cleaned_data
    try:
        made = rejection_notes.reject(actor, found, chosen, given["title"], reason=given["reason"])
    except ArchiveError as error:
        form.add_error(None, str(advise(error.reason()).title))
        return _form(request, found, form)
    said = ngettext("%(count)s object is rejected.", "%(count)s objects are rejected.", len(chosen))
    messages.success(request, said % {"count": formats.number_text(len(chosen))})
    return redirect("rejection", made.id)


# --- one rejection --------------------------------------------------------------------------------


@page("rejection")
def rejection(request: Request, actor: Actor, rejection_id: UUID) -> HttpResponseBase:
    return _show(request, actor, queries.rejection(rejection_id), RevokeForm())


def _show(request: Request, actor: Actor, made: Rejection, form: RevokeForm) -> HttpResponse:
    if made.study is not None:
        gate.require(actor, Action.SEE_STUDY, made.study)
    request.environment = made.environment
    try:
        part = queries.rejected_by(
            made, after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
    except ValueError as error:
        raise BadRequest("not a place in this list") from error
    context: dict[str, Any] = {
        "rejection": made,
        "title": _("Rejection: %(why)s") % {"why": title_words(made.title)},
        "page": part,
        "standing": any(row.ended_at is None for row in part.rows),
        "may_revoke": _may_revoke(actor, made),
        "form": form,
        "trail": [(_("Corrections"), f"{reverse('corrections')}?what=rejections")],
        **lists.around(request, actor, REJECTIONS, opened_rejections, made),
    }
    return render(request, "corrections/rejection.html", context)


def _may_revoke(actor: Actor, made: Rejection) -> bool:
    """Of a note whose objects have not come, by the role alone."""
    return looks.may_correct(actor, made.study) if made.study else bool(actor.roles & CORRECTORS)


@require_POST
@page("reject")
def revoke(request: Request, actor: Actor, rejection_id: UUID) -> HttpResponseBase:
    """All that the note still rejects, or what was ticked."""
    made = queries.rejection(rejection_id)
    if made.study is not None:
        looks.correctable(actor, made.study)
    form = RevokeForm(request.POST)
    if not form.is_valid():
        return _show(request, actor, made, form)
    ticked = None if WHOLE in request.POST else _ids(request, "object")
    if ticked == []:
        form.add_error(None, _("Choose objects, or revoke the whole rejection."))
        return _show(request, actor, made, form)
    try:
        count = rejections.revoke(
            actor, made, reason=form.cleaned_data["reason"], object_ids=ticked
        )
    except OthersObjects as error:
        form.add_error(None, str(advise(error.reason()).step))
        return _show(request, actor, made, form)
    said = ngettext(
        "%(count)s object is shown again. Its manifest follows by itself.",
        "%(count)s objects are shown again. Their manifests follow by themselves.",
        count,
    )
    messages.success(request, said % {"count": formats.number_text(count)})
    return redirect("rejection", made.id)
