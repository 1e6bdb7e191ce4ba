"""Correcting metadata: a form, what it would do field by field, the deed, and its undoing."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from archive import gate
from archive.actors import Actor
from archive.errors import ArchiveError
from archive.errors.corrections import CorrectionOutdated, OthersObjects
from archive.models import Correction, CorrectionState, Patient, Study
from archive.objects.study_facts import OF_ID, StudyFacts
from archive.queries import corrections as queries
from archive.rules.access import Action
from archive.services import looking, overlays, study_moves
from archive.services.overlays import Preview
from archive.values import PatientIdentifier
from portal import formats
from portal.advice import advise
from portal.correcting_words import FIELDS, doubts_words, fields_words, value_words
from portal.forms.corrections import CorrectionForm, UndoForm, WhyCorrectForm
from portal.lists.corrections import CORRECTIONS
from portal.previewing import goes_on
from portal.staff import Request, page
from portal.views import lists, looks, reasons
from portal.views.corrections import changed, opened_corrections

WAITED_FOR = {*OF_ID, "AccessionNumber"}  # of another patient or order other documents are awaited
SEEN = "seen-"  # before a study's id: the mark of what the preview showed of it


@require_http_methods(["GET", "POST"])
@page("correct")
def correct(request: Request, actor: Actor) -> HttpResponseBase:
    """`?study=` names the study one came from; others of the patient are chosen on the page."""
    first = _study(request, actor, request.GET.get("study", ""))
    asker = looks.seer(request, actor, first)
    if not asker.reason:
        return redirect("study", first.id)
    facts = study_moves.facts_of(first)
    beside = queries.studies_beside(first)
    form = CorrectionForm(request.POST or None, facts)
    if not goes_on(request, form):
        looking.at_study(asker, first, shown="code and name")
        return _form(request, first, beside, form)
    chosen = [first, *_chosen(request, actor, beside)]
    return _previewed(request, actor, asker, chosen, form)


def _study(request: Request, actor: Actor, given: str) -> Study:
    try:
        found = looks.found(request, actor, UUID(given))
    except ValueError as error:
        raise Http404 from error
    looks.correctable(actor, found)
    return found


def _chosen(request: Request, actor: Actor, beside: list[Study]) -> list[Study]:
    """Of the same patient's studies those that were ticked, each asked of the gate."""
    ticked = set(request.POST.getlist("study"))
    chosen = [each for each in beside if str(each.id) in ticked]
    for each in chosen:
        looks.correctable(actor, each)
    return chosen


def _form(
    request: Request, first: Study, beside: list[Study], form: CorrectionForm
) -> HttpResponse:
    ticked = set(request.POST.getlist("study"))
    context = {
        "study": first,
        "title": _("Correct %(study)s") % {"study": looks.title(first)},
        "form": form,
        "beside": [(each, looks.title(each), str(each.id) in ticked) for each in beside],
        "trail": looks.trail(first),
    }
    return render(request, "corrections/correct.html", context)


def _previewed(
    request: Request, actor: Actor, asker: Actor, chosen: list[Study], form: CorrectionForm
) -> HttpResponseBase:
    """Before and after of each field; with a reason, the deed."""
    given = form.given()
    found = overlays.preview(chosen, given)
    why = WhyCorrectForm(request.POST if "confirm" in request.POST else None)
    refused = any(each.refused for each in found)
    if not any(each.changes for each in found):
        messages.warning(request, _("Nothing was changed, so there is nothing to correct."))
        return _form(request, chosen[0], queries.studies_beside(chosen[0]), form)
    if why.is_bound and why.is_valid() and not refused:
        return _done(request, asker, chosen, form, why.cleaned_data["reason"])
    for each in chosen:
        looking.at_study(asker, each, shown="code and name")
    _look_up(request, asker, found)
    context = {
        "study": chosen[0],
        "title": ngettext("Correct %(count)s study?", "Correct %(count)s studies?", len(chosen))
        % {"count": formats.number_text(len(chosen))},
        "previews": [_shown(each) for each in found],
        "refused": refused,
        "of_person": any(_changes_person(each) for each in found),
        "waits": any(WAITED_FOR & each.changes.keys() for each in found),
        "kept": [
            (name, str(request.POST[name]))
            for bound in form
            for name in (bound.html_name, bound.html_initial_name)
            if name in request.POST
        ],
        "ticked": [str(each.id) for each in chosen[1:]],
        "seen": [(f"{SEEN}{each.study.id}", each.before.mark()) for each in found],
        "why": why,
        "trail": looks.trail(chosen[0]),
    }
    return render(request, "corrections/preview.html", context)


def _changes_person(each: Preview) -> bool:
    """Name, birth date and sex are the person's, whichever of its studies they are corrected in."""
    return bool(study_moves.DEMOGRAPHICS.keys() & each.changes) and not any(
        name in each.changes for name in OF_ID
    )


def _look_up(request: Request, asker: Actor, found: list[Preview]) -> None:
    """What is known of another patient is shown with the preview: that is a search by its code."""
    named = {
        PatientIdentifier.parse(each.after.PatientID, each.after.IssuerOfPatientID)
        for each in found
        if not each.refused and any(name in each.changes for name in OF_ID)
    }
    for identifier in named:
        reasons.search(request, asker, identifier, asker.reason)


@dataclass(frozen=True, slots=True)
class Shown:
    """A study's preview in words."""

    study: Study
    title: str
    changes: list[tuple[str, str, str]]
    wrong: str
    doubts: list[str]


def _shown(each: Preview) -> Shown:
    wrong = str(advise(each.refused.reason()).title) if each.refused else ""
    title = f"{looks.title(each.study)}, {each.study.accession_number}"  # which of two alike
    doubts = doubts_words(each.before, each.after, each.otherwise)
    return Shown(each.study, title, pairs_words(each.before, each.after), wrong, doubts)


def pairs_words(before: StudyFacts, after: StudyFacts) -> list[tuple[str, str, str]]:
    """Field, before and after."""
    return [
        (str(FIELDS[name]), value_words(name, old), value_words(name, new))
        for name, (old, new) in before.changes(after).items()
    ]


def _done(
    request: Request, asker: Actor, chosen: list[Study], form: CorrectionForm, reason: str
) -> HttpResponseBase:
    seen = {each.id: request.POST.get(f"{SEEN}{each.id}", "") for each in chosen}
    try:
        made = overlays.correct(asker, list(seen), form.given(), reason=reason, seen=seen)
    except CorrectionOutdated:
        return _look_again(request, chosen, seen, form)
    said = ngettext(
        "%(count)s study is corrected. Its manifest follows by itself.",
        "%(count)s studies are corrected. Their manifests follow by themselves.",
        len(made),
    )
    messages.success(request, said % {"count": formats.number_text(len(made))})
    if not made:
        return redirect("study", chosen[0].id)
    first = next((each for each in made if each.study_id == chosen[0].id), made[0])
    # Whoever has just said whose it is, and why, is not asked for a reason again.
    whose = Patient.objects.get(studies=first.study_id)
    reasons.keep(request, reasons.subject(whose), asker.reason)
    return redirect("correction", first.id)


def _look_again(
    request: Request, chosen: list[Study], seen: dict[UUID, str], form: CorrectionForm
) -> HttpResponse:
    """Nothing that was typed is lost; what a study says now stands beside it."""
    first, *others = chosen
    first.refresh_from_db()
    renewed = form.after(study_moves.facts_of(first))
    renewed.add_error(None, _("A study was changed meanwhile. Nothing was corrected; look again."))
    for each in others:
        each.refresh_from_db()
        if study_moves.facts_of(each).mark() != seen[each.id]:
            said = _("%(study)s was changed meanwhile.") % {"study": looks.title(each)}
            renewed.add_error(None, said)
    return _form(request, first, queries.studies_beside(first), renewed)


# --- one correction -------------------------------------------------------------------------------


@page("correction")
def correction(request: Request, actor: Actor, correction_id: UUID) -> HttpResponseBase:
    made, asker = _opened(request, actor, correction_id)
    if not asker.reason:
        return redirect("study", made.study_id)
    return _show(request, actor, asker, made, UndoForm())


def _opened(request: Request, actor: Actor, correction_id: UUID) -> tuple[Correction, Actor]:
    """A correction tells whose the study was and is: it needs the reason for its patient."""
    made = queries.correction(correction_id)
    gate.require(actor, Action.SEE_STUDY, made.study)
    request.environment = made.environment
    return made, looks.seer(request, actor, made.study)


def _show(
    request: Request, actor: Actor, asker: Actor, made: Correction, form: UndoForm
) -> HttpResponse:
    looking.at_correction(asker, made)
    before, after = StudyFacts.from_json(made.before), StudyFacts.from_json(made.after)
    last = overlays.last_in_force(made.study)
    others = queries.in_one_go(made)
    around = lists.around(request, actor, CORRECTIONS, opened_corrections, made)
    context: dict[str, Any] = {
        "correction": made,
        "title": _("Correction of %(study)s") % {"study": looks.title(made.study)},
        "what": fields_words(changed(made.before, made.after)),
        "pairs": pairs_words(before, after),
        "others": others,
        "undoable": last is not None
        and last.id == made.id
        and looks.may_correct(actor, made.study),
        "in_force": [each for each in others if each.state == CorrectionState.IN_FORCE],
        "form": form,
        **around,
        "trail": [(_("Corrections"), around["back"])],
    }
    return render(request, "corrections/detail.html", context)


@require_POST
@page("correct")
def undo(request: Request, actor: Actor, correction_id: UUID) -> HttpResponseBase:
    made, asker = _opened(request, actor, correction_id)
    looks.correctable(actor, made.study)
    if not asker.reason:
        return redirect("study", made.study_id)
    form = UndoForm(request.POST)
    if not form.is_valid():
        return _show(request, actor, asker, made, form)
    others = queries.in_one_go(made) if "all" in request.POST else []
    rows = [made, *(each for each in others if each.state == CorrectionState.IN_FORCE)]
    stopped = [_undo(actor, each, form.cleaned_data["reason"]) for each in rows]
    undone = stopped.count("")
    if undone:
        said = ngettext(
            "The correction of %(count)s study is undone.",
            "The corrections of %(count)s studies are undone.",
            undone,
        )
        messages.success(request, said % {"count": formats.number_text(undone)})
    if OthersObjects.reason() in stopped:
        messages.warning(request, str(advise(OthersObjects.reason()).step))
    if any(each not in ("", OthersObjects.reason()) for each in stopped):
        messages.warning(
            request, _("A study has been corrected again since: undo the newest correction first.")
        )
    return redirect("study", made.study_id)


def _undo(actor: Actor, made: Correction, reason: str) -> str:
    """Empty, or what stopped it."""
    try:
        looks.correctable(actor, made.study)
        overlays.undo(actor, made, reason=reason)
    except ArchiveError as error:
        return error.reason()
    return ""
