"""Corrections of a patient's state: what was said and is not recorded, and what is recorded and was
never said (AC-1).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.errors.wishes import ValueUnfit
from archive.models import Environment, Patient, WillSubject
from archive.queries import wishes as queries
from archive.services import wishes as services
from archive.services.wishes import EVENT_UNKNOWN, Recorded, Whose
from archive.values import PatientIdentifier, now
from portal.forms.wishes import (
    CorrectionForm,
    InformingForm,
    MistakeForm,
    ProhibitionForm,
    WillForm,
)
from portal.staff import Request, page
from portal.views import reasons
from portal.views.access.patients import patient_of
from portal.views.joining.opened import blame
from portal.wish_words import line_words


@dataclass(frozen=True, slots=True)
class Correction:
    """`record` is the service; `say` tells before what will be."""

    label: Any
    say: Any
    form: Callable[[Any], CorrectionForm]
    record: Callable[[Actor, Whose, Any], Recorded]


def _permit(given: bool) -> Callable[[Actor, Whose, Any], Recorded]:
    return lambda actor, whose, form: services.permit(actor, whose, form.saying(), given=given)


def _inform(actor: Actor, whose: Whose, form: InformingForm) -> Recorded:
    version = form.cleaned_data["text_version"]
    return services.inform(actor, whose, form.saying(), text_version=version)


def _prohibit(actor: Actor, whose: Whose, form: ProhibitionForm) -> Recorded:
    return services.prohibit(actor, whose, form.saying(), form.wanted())


def _express(actor: Actor, whose: Whose, form: WillForm) -> Recorded:
    given = form.cleaned_data
    return services.express(
        actor,
        whose,
        form.saying(),
        subject=WillSubject(given["subject"]),
        given=given["given"] == "yes",
        text=given["text"],
    )


def _prohibition_form(data: Any) -> ProhibitionForm:
    return ProhibitionForm(data, queries.providers())


CORRECTIONS = {
    "informing": Correction(
        gettext_lazy("The patient had been informed"),
        gettext_lazy("A permission may then hold from that moment on."),
        InformingForm,
        _inform,
    ),
    "permission": Correction(
        gettext_lazy("The permission had been given"),
        gettext_lazy("From this second on other controllers may see what is not prohibited."),
        CorrectionForm,
        _permit(True),
    ),
    "withdrawal": Correction(
        gettext_lazy("The permission had been withdrawn"),
        gettext_lazy("From this second on only what needs no permission is seen by others."),
        CorrectionForm,
        _permit(False),
    ),
    "prohibition": Correction(
        gettext_lazy("A prohibition had been made"),
        gettext_lazy("From this second on other controllers do not see what it is about."),
        _prohibition_form,
        _prohibit,
    ),
    "will": Correction(
        gettext_lazy("Another will had been expressed"),
        gettext_lazy("It is kept and shown; it opens and closes nothing."),
        WillForm,
        _express,
    ),
}


@require_http_methods(["GET", "POST"])
@page("wishes-correct")
def correct(request: Request, actor: Actor, patient_id: UUID, what: str) -> HttpResponseBase:
    """Record what was said and is not recorded."""
    patient = patient_of(request, patient_id)
    correction = CORRECTIONS.get(what)
    if correction is None:
        raise NotFound()
    form = correction.form(request.POST if request.method == "POST" else None)
    seer = reasons.with_reason(request, actor, patient.id)
    act = Act(correction.label, correction.say, lambda whose: correction.record(seer, whose, form))
    return _do(request, seer, patient, form, act)


MISTAKES = {
    "informing": (services.never_informed, gettext_lazy("The patient was never informed")),
    "permission": (services.never_said, gettext_lazy("This was never said of the permission")),
    "prohibition": (services.end_prohibition, gettext_lazy("This was never prohibited")),
}


@require_http_methods(["GET", "POST"])
@page("wishes-correct")
def mistake(
    request: Request, actor: Actor, patient_id: UUID, what: str, statement_id: UUID
) -> HttpResponseBase:
    """Record that a statement was never made. It stays in the history, with its end."""
    patient = patient_of(request, patient_id)
    if what not in MISTAKES:
        raise NotFound()
    service, label = MISTAKES[what]
    form = MistakeForm(request.POST if request.method == "POST" else None)
    seer = reasons.with_reason(request, actor, patient.id)
    act = Act(
        label,
        _meant(patient, what, statement_id),
        lambda whose: service(seer, whose, form.saying(), statement_id),
    )
    return _do(request, seer, patient, form, act)


def _meant(patient: Patient, what: str, statement_id: UUID) -> str:
    """The statement that would be undone, in words. Raises NotFound."""
    for line in queries.history(patient.id, now()):
        if line.kind == what and line.row.id == statement_id:
            return line_words(line)
    raise NotFound()


@dataclass(frozen=True, slots=True)
class Act:
    """What the page asks to be confirmed, and does."""

    label: Any
    say: Any
    record: Callable[[Whose], Recorded]


def _do(
    request: Request, seer: Actor, patient: Patient, form: forms.Form, act: Act
) -> HttpResponseBase:
    if not seer.reason:
        return redirect("wishes")
    recorded = _recorded(patient, form, act) if request.method == "POST" else None
    if recorded is None:
        return _ask(request, patient, form, act)
    messages.success(request, _("The correction is recorded and holds at once."))
    if EVENT_UNKNOWN in recorded.warnings:
        messages.warning(request, _("Nothing of this patient’s is of that service event yet."))
    return redirect("wishes-person", patient.id)


def _recorded(patient: Patient, form: forms.Form, act: Act) -> Recorded | None:
    """None when it is refused; the form then says why."""
    if not form.is_valid():
        return None
    identifier = PatientIdentifier(patient.identifier, patient.issuer)
    try:
        return act.record(Whose(Environment(patient.environment), identifier))
    except ArchiveError as error:
        _blame(form, error)
        return None


def _blame(form: forms.Form, error: ArchiveError) -> None:
    field = error.facts.get("field", "")
    if isinstance(error, ValueUnfit) and field in form.fields:
        form.add_error(field, _("This is missing, or does not go with what is chosen above."))
        return
    if field == "effective_at":
        error.facts["field"] = "day"
    blame(form, error, is_staff=True)


def _ask(request: Request, patient: Patient, form: forms.Form, act: Act) -> HttpResponse:
    back = reverse("wishes-person", args=[patient.id])
    title = _("Patient %(code)s") % {"code": patient.masked}
    context = {
        "title": act.label,
        "say": act.say,
        "form": form,
        "back": back,
        "trail": [(_("Patients’ state"), reverse("wishes")), (title, back)],
    }
    status = 422 if form.is_bound else 200
    return render(request, "access/correct.html", context, status=status)
