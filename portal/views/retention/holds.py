"""Retention holds: the list, placing one on a patient or a study, releasing it (AR-9)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.errors.retention import HeldAlready, PersonUnknown
from archive.models import Patient, RetentionHold, Study
from archive.queries import destruction as queries
from archive.queries.keyset import Key, moment
from archive.services import retention_holds as services
from archive.values import mask, today
from portal.advice import advise
from portal.formats import counted_text, day_text, number_text, when_text
from portal.forms.retention import HoldFilters, PatientHoldForm, ReleaseForm, StudyHoldForm
from portal.lists.keeping import HOLDS, Held
from portal.pages import BY_NAME
from portal.previewing import goes_on, kept
from portal.staff import Request, page
from portal.views import lists, looks, reasons
from portal.views.lists import Opened

NEWEST = (Key("placed_at", moment, True), Key("id", UUID, True))


@require_safe
@page("retention-holds")
def holds(request: Request, actor: Actor) -> HttpResponseBase:
    opened = opened_by(request, actor, request.GET)
    may_change = BY_NAME["retention-hold-change"].may_open(request.person.roles)

    def words(_rows: object) -> dict[str, object]:
        count = opened.rows.order_by()[: queries.COUNTED].count()
        title = ngettext("%(count)s retention hold", "%(count)s retention holds", count)
        return {
            "title": title % {"count": counted_text(count)},
            "say": _(
                "While a hold is in force nothing of the study, or of the patient, is destroyed."
                " The latest stands first."
            ),
            "none_fits": _("No hold is in force"),
            "may_change": may_change,
        }

    listing = HOLDS if may_change else HOLDS.without("act")
    return lists.answer(request, actor, listing, opened, "retention/_holds.html", words)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Held]:
    form = HoldFilters(query)
    if not form.is_valid():
        return Opened(form, RetentionHold.objects.none(), NEWEST, is_unread=True)
    live = bool(form.cleaned_data["state"])
    rows = queries.holds(request.environment, live_on=today() if live else None)

    def in_words(found: Sequence[RetentionHold]) -> list[Held]:
        return [Held(row, *_standing(row)) for row in found]

    return Opened(form, rows, NEWEST, in_words)


def _standing(row: RetentionHold) -> tuple[str, str]:
    """Shape and word."""
    if row.released_at is not None:
        return "stop", _("released")
    if row.until is not None and row.until < today():
        return "stop", _("ended")
    return "done", _("in force")


# --- placing and releasing ------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@page("retention-hold-change")
def of_patient(request: Request, actor: Actor) -> HttpResponseBase:
    """Whose; then how much that is; then it is held."""
    form = PatientHoldForm(request.POST or None)
    sentences: list[str] = []
    if goes_on(request, form):
        if "sure" in request.POST:
            done = _placed(form, lambda: _hold_patient(request, actor, form))
            if done:
                messages.success(request, _("Nothing of this patient is destroyed while it holds."))
                return redirect("retention-holds")
            given = form.cleaned_data  # what is refused tells whether somebody is known
            reasons.search(request, actor, given["identifier"], given["reason"])
        else:
            sentences = _about_patient(request, actor, form)
    title = _("Hold a patient’s studies")
    say = _("Every study of the patient, those that come later as well. The search is recorded.")
    return _ask(request, form, sentences, title=title, say=say)


def _about_patient(request: Request, actor: Actor, form: forms.Form) -> list[str]:
    given = form.cleaned_data
    found = reasons.search(request, actor, given["identifier"], given["reason"])
    if found is None:
        blame(form, PersonUnknown())
        return []
    patient = Patient.objects.get(id=found)
    if not _is_new(form, patient=patient):
        return []
    studies, objects = queries.extent_of_patient(found)
    rest = _("Nothing of them, or of what comes later, is destroyed while the hold holds.")
    return [holding_words(studies, objects), rest]


def holding_words(studies: int, objects: int) -> str:
    """How much there is of a patient."""
    said = ngettext(
        "The patient has %(count)s study today, with %(objects)s.",
        "The patient has %(count)s studies today, with %(objects)s.",
        studies,
    )
    return said % {"count": number_text(studies), "objects": _objects(objects)}


def _hold_patient(request: Request, actor: Actor, form: forms.Form) -> None:
    given = form.cleaned_data
    services.hold_patient(
        actor,
        given["identifier"],
        environment=request.environment,
        reason=given["reason"],
        until=given["until"],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page("retention-hold-change")
def of_study(request: Request, actor: Actor, study_id: UUID) -> HttpResponseBase:
    study = looks.found(request, actor, study_id)
    form = StudyHoldForm(request.POST or None)
    sentences: list[str] = []
    if goes_on(request, form):
        if "sure" not in request.POST:
            sentences = _about_study(form, study)
        elif _placed(form, lambda: services.hold_study(actor, study, **form.cleaned_data)):
            messages.success(request, _("The study is not destroyed while the hold is in force."))
            return redirect("study", study_id)
    back = looks.address(request, study)
    title = _("Hold a study")
    return _ask(request, form, sentences, title=title, say=looks.title(study), back=back)


def _about_study(form: forms.Form, study: Study) -> list[str]:
    if not _is_new(form, study=study):
        return []
    objects = _objects(queries.extent_of(study).objects)
    return [
        _("The study has %(objects)s today.") % {"objects": objects},
        _("Nothing of it is destroyed while the hold holds."),
    ]


def _is_new(form: forms.Form, **held: Any) -> bool:
    """The preview does not promise what is then refused."""
    given = form.cleaned_data
    return _placed(form, lambda: services.require_new(given["reason"], given["until"], **held))


def _objects(count: int) -> str:
    said = ngettext("%(count)s object", "%(count)s objects", count)
    return said % {"count": number_text(count)}


def _placed(form: forms.Form, place: Callable[[], object]) -> bool:
    try:
        place()
    except ArchiveError as error:
        blame(form, error)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@page("retention-hold-change")
def release(request: Request, actor: Actor, hold_id: UUID) -> HttpResponseBase:
    rows = RetentionHold.objects.select_related("study", "patient")
    row = rows.filter(id=hold_id).first()
    if row is None:
        raise NotFound()
    request.environment = row.environment
    form = ReleaseForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            services.release(actor, hold_id, reason=form.cleaned_data["reason"])
        except ArchiveError as error:
            blame(form, error)
        else:
            messages.success(request, _("The hold is released."))
            return redirect("retention-holds")
    say = _("What no rule and no other hold keeps may then be proposed for destruction.")
    return _form(request, form, _("Release a hold"), say, _facts(row))


def _facts(row: RetentionHold) -> list[tuple[str, str]]:
    """Which of several one is about to release."""
    if row.study is not None:
        whom = f"{looks.title(row.study)}, {row.study.accession_number}"
    else:
        whom = f"{mask(row.patient.identifier)}, {_('all studies')}" if row.patient else ""
    until = day_text(row.until) if row.until else _("until released")
    return [
        (_("Concerns"), whom),
        (_("Reason"), row.reason),
        (_("Placed"), f"{row.placed_by}, {when_text(row.placed_at)}"),
        (_("Last day"), until),
    ]


def blame(form: forms.Form, error: ArchiveError) -> None:
    """At the field that the service names, else above the form."""
    if isinstance(error, HeldAlready):
        form.add_error(None, _held_words(error))
        return
    field = error.facts.get("field", "")
    words = _("That day does not fit.") if field in form.fields else None
    form.add_error(field if words else None, words or str(advise(error.reason()).cause))


def _held_words(error: HeldAlready) -> str:
    said = _(
        "%(person)s placed a hold for the same reason %(when)s, and it ends no sooner than this"
        " would. Nothing more is needed."
    )
    at = datetime.fromisoformat(error.facts["at"])
    return said % {"person": error.facts["by"], "when": when_text(at)}


def _form(
    request: Request, form: forms.Form, title: str, say: str, facts: list[tuple[str, str]]
) -> HttpResponse:
    context = {**_context(form, title=title, say=say, back=""), "facts": facts}
    status = 422 if form.is_bound else 200
    return render(request, "retention/form.html", context, status=status)


def _ask(request: Request, form: forms.Form, sentences: list[str], **words: str) -> HttpResponse:
    """The form, or what holding will do."""
    context = {
        **_context(form, **{"back": "", **words}),
        "heading": _("What will happen"),
        "show": _("Show what will happen"),
        "sentences": sentences,
        "kept": kept(request, form) if sentences else [],
    }
    status = 422 if form.errors else 200
    return render(request, "change.html", context, status=status)


def _context(form: forms.Form, *, title: str, say: str, back: str) -> dict[str, Any]:
    return {
        "form": form,
        "title": title,
        "say": say,
        "button": title,
        "back": back or reverse("retention-holds"),
        "trail": [
            (_("Retention"), reverse("retention")),
            (_("Holds"), reverse("retention-holds")),
        ],
    }
