"""Merges of patient ids: the list, making one with a preview, and undoing one by two persons
(HL-1, NF-3).
"""

from collections.abc import Sequence, Set
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.models import Patient, PatientMerge, SecondPerson, SecondState
from archive.queries import persons as queries
from archive.services import merges as services
from archive.values import HETU_ROOT, dicom_date
from onboarding.queries import customers_of
from portal import formats
from portal.advice import advise
from portal.forms.messages import ConfirmForm, MergeFilters, MergeForm, UndoForm
from portal.lists.messages import MERGES, Merge
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened

CONFIRMED = "confirmed"


@page("merges")
def merges(request: Request, actor: Actor) -> HttpResponseBase:
    asked = set(queries.waiting(request.environment).values_list("subject_id", flat=True))
    opened = _opened(request, actor, request.GET, asked)

    def words(_rows: object) -> dict[str, object]:
        return {
            **_told(queries.count(opened.rows), len(asked), unread=opened.is_unread),
            "none_fits": _("No merge fits the filters"),
            "may_make": BY_NAME["merge-make"].may_open(request.person.roles),
        }

    return lists.answer(request, actor, MERGES, opened, "merges/_list.html", words)


def _opened(
    request: Request, actor: Actor, query: QueryDict, asked: Set[UUID] = frozenset()
) -> Opened[Merge]:
    """The list as an address narrows it; `asked` are those whose undoing waits."""
    form = MergeFilters(query, customers_of(actor, ()))
    filters = form.filters(request.environment)
    rows = PatientMerge.objects.none() if filters is None else queries.narrowed(filters)

    def in_words(found: Sequence[PatientMerge]) -> list[Merge]:
        return [Merge(row, *_standing(row, row.id in asked)) for row in found]

    return Opened(form, rows, queries.ORDER, in_words, is_unread=filters is None)


def _told(count: int, asked: int, *, unread: bool) -> dict[str, str]:
    title = ngettext("%(count)s merge", "%(count)s merges", count)
    say = _("Patient ids that were found to be one person’s. The latest stands first.")
    if unread:
        say = _("A filter cannot be read. Correct it or take it off.")
    elif asked:
        say = ngettext(
            "The undoing of %(count)s merge waits for a second person.",
            "The undoing of %(count)s merges waits for a second person.",
            asked,
        ) % {"count": formats.number_text(asked)}
    return {"title": title % {"count": formats.counted_text(count)}, "say": say}


def _standing(row: PatientMerge, asked: bool) -> tuple[str, str]:
    """Shape and word."""
    if row.undone_at is not None:
        return "stop", pgettext("merge", "undone")
    return ("needs", _("undoing waits")) if asked else ("done", _("in force"))


# --- making ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@page("merge-make")
def make(request: Request, actor: Actor) -> HttpResponseBase:
    """First the two ids and the reason, then what would happen, then the merge."""
    form = MergeForm(request.POST or None)
    if not form.is_bound or not form.is_valid():
        return _form(request, form)
    given = form.cleaned_data
    preview = queries.preview(request.environment, given["retired_id"], given["survivor_id"])
    confirm = ConfirmForm(request.POST, differs=bool(preview.differences))
    if CONFIRMED in request.POST and confirm.is_valid():
        return _merge(request, actor, form, preview)
    services.look(actor, preview, environment=request.environment, reason=given["reason"])
    if CONFIRMED not in request.POST:
        told = {name: form.data.get(name, "") for name in form.fields}
        confirm = ConfirmForm(initial=told, differs=bool(preview.differences))
    return _preview(request, preview, confirm)


def _merge(
    request: Request, actor: Actor, form: MergeForm, preview: queries.Preview
) -> HttpResponseBase:
    given = form.cleaned_data
    try:
        changed = services.make(
            actor,
            given["retired_id"],
            given["survivor_id"],
            environment=request.environment,
            reason=given["reason"],
        )
    except ArchiveError as error:
        messages.error(request, str(advise(error.reason()).cause))
        return _form(request, form, status=409)
    if not changed:
        messages.warning(request, _("Both ids belonged to one person already."))
        return redirect("merges")
    count = preview.retired.study_count
    done = ngettext(
        "The ids are merged. %(count)s study is now found under the surviving id.",
        "The ids are merged. %(count)s studies are now found under the surviving id.",
        count,
    )
    messages.success(request, done % {"count": formats.number_text(count)})
    return redirect("merges")


def _form(request: Request, form: MergeForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "trail": [(_("Merges"), reverse("merges"))]}
    return render(request, "merges/new.html", context, status=status)


def _preview(request: Request, preview: queries.Preview, form: ConfirmForm) -> HttpResponse:
    obstacle = preview.obstacle
    context = {
        "form": form,
        "preview": preview,
        "retired": _side(preview.retired, whole=True),
        "survivor": _side(preview.survivor, whole=True),
        "differences": _differences(preview),
        "obstacle": advise(obstacle.reason()) if obstacle else None,
        "trail": [(_("Merges"), reverse("merges")), (_("Merge two ids"), reverse("merge-make"))],
    }
    return render(request, "merges/preview.html", context)


def _differences(preview: queries.Preview) -> list[tuple[str, str, str]]:
    """What differs, and what either says."""
    one, other = preview.retired.patient, preview.survivor.patient
    if one is None or other is None:
        return []
    told, said = _demographics(one), _demographics(other)
    return [(*told[name], said[name][1]) for name in preview.differences]


def _demographics(patient: Patient) -> dict[str, tuple[str, str]]:
    """Label and value of each, as people write them."""
    day = dicom_date(patient.birth_date)
    return {
        "name": (_("Name"), patient.name.replace("^", " ").strip() or "–"),
        "birth_date": (_("Day of birth"), formats.day_text(day) if day else "–"),
        "sex": (_("Sex"), patient.sex or "–"),
    }


def _side(side: queries.Side, *, whole: bool) -> dict[str, Any]:
    """An id and what stands under it; `whole` with the patient's code and demographics."""
    if side.patient is None:
        return {"facts": [(_("Id"), _("not known here yet"))], "studies": []}
    code = side.patient.identifier if whole else side.patient.masked
    facts = [(_("Id"), code), *(_demographics(side.patient).values() if whole else ())]
    if side.ids:
        facts.append((_("Ids merged into it"), ", ".join(each.masked for each in side.ids)))
    facts += [
        (_("Studies"), formats.number_text(side.study_count)),
        (_("Documents"), formats.number_text(side.documents)),
        (_("In the registers of"), ", ".join(side.organisations) or "–"),
    ]
    return {"facts": facts, "studies": side.studies}


# --- one merge, and its undoing -------------------------------------------------------------------


@page("merge")
def merge(request: Request, actor: Actor, merge_id: UUID) -> HttpResponse:
    return _show(request, queries.merge(merge_id), UndoForm())


@require_POST
@page("merge-undo")
def ask_undo(request: Request, actor: Actor, merge_id: UUID) -> HttpResponseBase:
    found = queries.merge(merge_id)
    form = UndoForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form)
    try:
        services.ask_undo(actor, found, reason=form.cleaned_data["reason"])
    except ArchiveError as error:
        messages.error(request, str(advise(error.reason()).cause))
    else:
        messages.success(request, _("The undoing waits for another archivist’s decision."))
    return redirect("merge", merge_id)


@require_POST
@page("merge-undo")
def decide(
    request: Request, actor: Actor, merge_id: UUID, request_id: UUID, verdict: str
) -> HttpResponseBase:
    asked = SecondPerson.objects.filter(id=request_id, subject_id=merge_id).first()
    if asked is None:
        raise NotFound()
    try:
        if verdict == "grant":
            services.grant_undo(actor, asked)
            messages.success(request, _("The merge is undone. Both ids stand as before it."))
        else:
            services.refuse_undo(actor, asked)
            messages.success(request, _("The undoing is refused. The merge stays in force."))
    except ArchiveError as error:
        messages.error(request, str(advise(error.reason()).cause))
    return redirect("merge", merge_id)


def _if_undone(found: PatientMerge) -> dict[str, Any]:
    if found.undone_at is not None:
        return {"preview": None}
    preview = queries.preview_undo(found)
    return {
        "preview": preview,
        "retired": _side(preview.retired, whole=False),
        "survivor": _side(preview.survivor, whole=False),
    }


def _issuer(patient: Patient) -> str:
    """Of a temporary id; who issues personal codes needs no saying."""
    return "" if patient.issuer == HETU_ROOT else patient.issuer


def _show(request: Request, found: PatientMerge, form: UndoForm) -> HttpResponse:
    request.environment = found.environment
    around = lists.around(request, request.person.actor(), MERGES, _opened, found)
    asked = queries.requests_of(found)
    waits = next((each for each in asked if each.state == SecondState.OPEN), None)
    may_undo = BY_NAME["merge-undo"].may_open(request.person.roles)
    live = found.undone_at is None
    shape, word = _standing(found, waits is not None)
    context: dict[str, Any] = {
        "merge": found,
        "shape": shape,
        "word": word,
        **_if_undone(found),
        "retired_issuer": _issuer(found.retired),
        "survivor_issuer": _issuer(found.into),
        "waits": waits,
        "is_own": waits is not None and waits.asked_by_id == request.person.id,
        "decided": [each for each in asked if each.state != SecondState.OPEN],
        "may_undo": may_undo and live,
        "form": form,
        **around,
        "trail": [(_("Merges"), around["back"])],
    }
    return render(request, "merges/detail.html", context)
