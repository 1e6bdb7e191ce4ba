"""The list of studies, without patients' names and codes; a patient is searched by exact code."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from archive import gate
from archive.actors import Actor
from archive.models import Study, StudyState
from archive.queries import studies as queries
from archive.queries import study_codes
from archive.rules.access import Action
from archive.values import now
from onboarding.queries import customers_of
from portal import formats
from portal.forms.codes import looks_like_code
from portal.forms.reasons import PatientForm
from portal.forms.studies import StudyFilters
from portal.happenings import missing_words
from portal.lists.studies import ORDER, STUDIES, Row
from portal.names import study_name
from portal.staff import Request, page
from portal.views import lists, reasons
from portal.views.lists import Opened


@page("studies")
def studies(request: Request, actor: Actor) -> HttpResponseBase:
    if _has_code(request.GET):
        messages.warning(request, _("A personal identity code was taken out of the address."))
        return redirect("patient-search")
    opened = opened_by(request, actor, request.GET)
    return lists.answer(
        request,
        actor,
        STUDIES,
        opened,
        "studies/_list.html",
        lambda _rows: _words(request, actor, opened),
    )


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Row]:
    """The list as an address narrows it."""
    form = StudyFilters(query, customers_of(actor, ()))
    filters = form.filters(request.environment)
    if filters is None:
        return Opened(form, Study.objects.none(), ORDER, _shown, is_unread=True)
    rows = visible(request, actor, filters)
    opened = Opened(form, rows, ORDER, _shown, patient_id=filters.patient_id)
    return replace(opened, reason=_reason(request, actor, filters.patient_id))


def _words(request: Request, actor: Actor, opened: Opened[Row]) -> dict[str, object]:
    filters = opened.form.filters(request.environment)
    return {
        **_told(opened.rows, filters),
        "page_title": _("Studies"),
        "none_fits": _("No study fits the filters"),
        "unreasoned": reverse("patient-search") if opened.is_withheld else "",
    }


def _has_code(query: QueryDict) -> bool:
    return any(looks_like_code(value) for _name, values in query.lists() for value in values)


def visible(request: Request, actor: Actor, filters: queries.Filters) -> QuerySet[Study]:
    """What the filters leave, through the gate; one person's studies need the reason given."""
    rows = queries.narrowed(filters)
    if filters.patient_id is None:
        return gate.visible(rows, actor, Action.SEE_STUDY)
    asker = reasons.with_reason(request, actor, filters.patient_id)
    return gate.visible(rows, asker, Action.SEE_PATIENT)


def _reason(request: Request, actor: Actor, patient_id: UUID | None) -> str:
    return reasons.with_reason(request, actor, patient_id).reason if patient_id else ""


def _shown(found: Sequence[Study]) -> list[Row]:
    names = study_codes.entries(study.study_code for study in found)
    return [
        Row(study, study_name(study, names.get(study.study_code)), _waits(study)) for study in found
    ]


def _waits(study: Study) -> str:
    missing = [kind for kind in study.waits_for.split(",") if kind]
    return missing_words(missing) if study.state == StudyState.WAITING and missing else ""


def _told(rows: QuerySet[Study], filters: queries.Filters | None) -> dict[str, str]:
    """What the list shows, in a sentence."""
    if filters is None:
        return {
            "title": _("Studies"),
            "say": _("A filter cannot be read. Correct it or take it off."),
        }
    count = queries.count(rows)
    said = {"count": formats.counted_text(count)}
    if filters.state == StudyState.WAITING:
        title = ngettext(
            "%(count)s study waiting for documents",
            "%(count)s studies waiting for documents",
            count,
        )
        oldest = queries.oldest(rows) if count else None
        if oldest is not None:
            said["length"] = formats.wait_text(now() - oldest)
            title = _("%(what)s, oldest %(length)s") % {
                "what": title % said,
                "length": said["length"],
            }
            return {"title": title, "say": ""}
        return {"title": title % said, "say": ""}
    title = ngettext("%(count)s study", "%(count)s studies", count) % said
    if filters.state:
        title = _("%(what)s, %(state)s") % {
            "what": title,
            "state": StudyState(filters.state).label,
        }
    return {"title": title, "say": _("The latest received stands first.") if count > 1 else ""}


@require_http_methods(["GET", "POST"])
@page("patient-search")
def patient(request: Request, actor: Actor) -> HttpResponseBase:
    """A patient by exact code, for a reason that is recorded; the answer's address is opaque."""
    form = PatientForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        found = reasons.search(request, actor, given["identifier"], given["reason"])
        if found is not None:
            return redirect(f"{reverse('studies')}?patient={found}")
        form.add_error(
            "code",
            _("No patient with this code has anything archived in this environment."),
        )
    return _patient_page(request, form)


def _patient_page(request: Request, form: PatientForm) -> HttpResponse:
    context = {"form": form, "trail": [(_("Studies"), reverse("studies"))]}
    return render(request, "studies/patient.html", context)
