"""A patient's state: what holds as of a moment, how it came about, and its corrections (AC-1)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from archive import gate, ledger
from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.models import Environment, Patient, WillSubject
from archive.queries import wishes as queries
from archive.services import wishes as services
from archive.services.wishes import CORRECTORS, Whose
from archive.values import PatientIdentifier, now
from archive.wish_errors import ValueUnfit
from portal.forms.moments import AsOfForm
from portal.forms.reasons import PatientForm
from portal.forms.wishes import (
    CorrectionForm,
    InformingForm,
    MistakeForm,
    ProhibitionForm,
    WillForm,
)
from portal.staff import Request, page
from portal.views import reasons
from portal.views.joining.opened import blame
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
        found = reasons.search(request, actor, form)
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
    _look(seer, patient, at)
    return render(request, "access/person.html", _shown(seer, patient, form, at))


def patient_of(request: Request, patient_id: UUID) -> Patient:
    """The survivor, in its own environment whichever was open before. Raises NotFound."""
    found = Patient.objects.select_related("survivor").filter(id=patient_id).first()
    if found is None:
        raise NotFound()
    request.environment = found.environment
    return found.survivor or found


def _look(seer: Actor, patient: Patient, at: datetime | None) -> None:
    gate.require_person(seer)
    about = ledger.About(
        environment=patient.environment, subject_id=patient.id, patient_id=patient.id
    )
    facts = {"reason": seer.reason, "as_of": at.isoformat() if at else ""}
    ledger.record(ledger.Kind.WISHES_VIEWED, about, facts, actor=seer)


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


# --- corrections ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Correction:
    """`record` is the service; `say` tells before what will be."""

    label: Any
    say: Any
    form: Callable[[Any], CorrectionForm]
    record: Callable[[Actor, Whose, Any], object]


def _permit(given: bool) -> Callable[[Actor, Whose, Any], object]:
    return lambda actor, whose, form: services.permit(actor, whose, form.saying(), given=given)


def _inform(actor: Actor, whose: Whose, form: InformingForm) -> object:
    version = form.cleaned_data["text_version"]
    return services.inform(actor, whose, form.saying(), text_version=version)


def _prohibit(actor: Actor, whose: Whose, form: ProhibitionForm) -> object:
    return services.prohibit(actor, whose, form.saying(), form.wanted())


def _express(actor: Actor, whose: Whose, form: WillForm) -> object:
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
    seer = reasons.with_reason(request, actor, patient.id)
    correction = CORRECTIONS.get(what)
    if correction is None:
        raise NotFound()
    if not seer.reason:
        return redirect("wishes")
    form = correction.form(request.POST if request.method == "POST" else None)
    recording = lambda whose: correction.record(seer, whose, form)  # noqa: E731
    if request.method == "POST" and _recorded(patient, form, recording):
        messages.success(request, _("The correction is recorded and holds at once."))
        return redirect("wishes-person", patient.id)
    return _ask(request, patient, form, correction.label, correction.say)


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
    seer = reasons.with_reason(request, actor, patient.id)
    if what not in MISTAKES:
        raise NotFound()
    if not seer.reason:
        return redirect("wishes")
    service, label = MISTAKES[what]
    form = MistakeForm(request.POST if request.method == "POST" else None)

    def recording(whose: Whose) -> object:
        return service(seer, whose, form.saying(), statement_id)

    if request.method == "POST" and _recorded(patient, form, recording):
        messages.success(request, _("The correction is recorded and holds at once."))
        return redirect("wishes-person", patient.id)
    return _ask(request, patient, form, label, _meant(patient, what, statement_id))


def _meant(patient: Patient, what: str, statement_id: UUID) -> str:
    """The statement that would be undone, in words. Raises NotFound."""
    for line in queries.history(patient.id, now()):
        if line.kind == what and line.row.id == statement_id:
            return line_words(line)
    raise NotFound()


def _recorded(patient: Patient, form: forms.Form, record: Callable[[Whose], object]) -> bool:
    if not form.is_valid():
        return False
    identifier = PatientIdentifier(patient.identifier, patient.issuer)
    try:
        record(Whose(Environment(patient.environment), identifier))
    except ArchiveError as error:
        _blame(form, error)
        return False
    return True


def _blame(form: forms.Form, error: ArchiveError) -> None:
    field = error.facts.get("field", "")
    if isinstance(error, ValueUnfit) and field in form.fields:
        form.add_error(field, _("This is missing, or does not go with what is chosen above."))
        return
    if field == "effective_at":
        error.facts["field"] = "day"
    blame(form, error, is_staff=True)


def _ask(
    request: Request, patient: Patient, form: forms.Form, label: Any, say: Any
) -> HttpResponse:
    back = reverse("wishes-person", args=[patient.id])
    title = _("Patient %(code)s") % {"code": patient.masked}
    context = {
        "title": label,
        "say": say,
        "form": form,
        "back": back,
        "trail": [(_("Patients’ state"), reverse("wishes")), (title, back)],
    }
    status = 422 if form.is_bound else 200
    return render(request, "access/correct.html", context, status=status)
