"""A patient's state: what holds as of a moment, and how it came about (AC-1)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.models import Patient
from archive.queries import wishes as queries
from archive.services import looking
from archive.services.wishes import CORRECTORS
from archive.values import now
from portal.forms.moments import AsOfForm
from portal.forms.reasons import PatientForm
from portal.staff import Request, page
from portal.views import reasons
from portal.views.access.corrections import CORRECTIONS
from portal.views.access.patients import patient_of
from portal.wish_words import (
    acting_words,
    exception_words,
    line_words,
    scope_words,
    state_words,
    will_words,
)


@require_http_methods(["GET", "POST"])
@page("wishes")
def search(request: Request, actor: Actor) -> HttpResponseBase:
    """A patient by exact code, posted, for a reason that is recorded."""
    form = PatientForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        found = reasons.search(request, actor, given["identifier"], given["reason"])
        if found is not None:
            return redirect("wishes-person", found)
        form.add_error("code", _("Nothing is known of a patient with this code here."))
    return render(request, "access/search.html", {"form": form})


@require_safe
@page("wishes-person")
def person(request: Request, actor: Actor, patient_id: UUID) -> HttpResponseBase:
    """The state as of a moment, and every statement known by then. Each look is written down."""
    patient = patient_of(request, patient_id)
    seer = reasons.with_reason(request, actor, patient.id)
    if not seer.reason:
        return redirect("wishes")
    form = AsOfForm(request.GET)
    at = form.moment()
    looking.at_state(seer, patient, at)
    return render(request, "access/person.html", _shown(seer, patient, form, at))


def _shown(actor: Actor, patient: Patient, form: AsOfForm, at: datetime | None) -> dict[str, Any]:
    moment = at or now()
    state = queries.state(patient.id, moment)
    shape, word, say = state_words(state)
    corrects = bool(actor.roles & CORRECTORS) and at is None
    return {
        "patient": patient,
        "title": _("Patient %(code)s") % {"code": patient.masked},
        "shape": shape,
        "word": word,
        "say": say,
        "state": state,
        "prohibitions": [
            (row, scope_words(row), exception_words(row)) for row in state.prohibitions
        ],
        "wills": [(row, will_words(row)) for row in state.wills],
        "history": [
            (line, line_words(line), acting_words(line.row.acting_ground))
            for line in queries.history(patient.id, moment)
        ],
        "form": form,
        "as_of": at,
        "corrects": corrects,
        "corrections": list(CORRECTIONS.items()) if corrects else [],
        "why_url": f"{reverse('why')}?{urlencode({'patient': patient.id})}",
        "trail": [(_("Patients’ state"), reverse("wishes"))],
    }
