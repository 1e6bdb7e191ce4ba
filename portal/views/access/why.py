"""Who would see what of a patient, and why: each study and document, the rules in words (AC-5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.models import Document, Patient, Study
from archive.queries import held, study_codes, wishes
from archive.services import why
from archive.services.why import View
from archive.values import dicom_date
from portal import formats
from portal.forms.codes import looks_like_code
from portal.forms.reasons import PatientForm
from portal.forms.why import WhyForm
from portal.names import study_name
from portal.rule_words import chain, ground_words
from portal.staff import Request, page
from portal.views import reasons
from portal.views.access.patients import patient_of
from portal.wish_words import state_words


@require_http_methods(["GET", "POST"])
@page("why")
def front(request: Request, actor: Actor) -> HttpResponseBase:
    """First the patient, by posted code and reason; then the question, in the address."""
    if request.method == "POST":
        return _search(request, actor)
    if any(looks_like_code(value) for _name, values in request.GET.lists() for value in values):
        return redirect("why")
    patient = _patient(request)
    seer = reasons.with_reason(request, actor, patient.id) if patient else actor
    if patient is None or not seer.reason:
        return render(request, "access/why_search.html", {"form": PatientForm()})
    form = WhyForm(request.GET, wishes.providers())
    context = {
        "patient": patient,
        "form": form,
        "title": _("Why: patient %(code)s") % {"code": patient.masked},
        "trail": [(_("Why"), reverse("why"))],
        "state_url": reverse("wishes-person", args=[patient.id]),
    }
    if form.is_bound and form.is_valid():
        views = why.ask(seer, patient, form.question(), form.moments())
        context |= {"asked": form.told(), "reason": seer.reason, **_shown(views)}
    return render(request, "access/why.html", context)


def _search(request: Request, actor: Actor) -> HttpResponseBase:
    form = PatientForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        found = reasons.search(request, actor, given["identifier"], given["reason"])
        if found is not None:
            return redirect(address(found))
        form.add_error("code", _("Nothing is known of a patient with this code here."))
    return render(request, "access/why_search.html", {"form": form})


def address(patient_id: UUID) -> str:
    return f"{reverse('why')}?{urlencode({'patient': str(patient_id)})}"


def _patient(request: Request) -> Patient | None:
    """The patient of the address; its environment is the page's. Raises NotFound."""
    try:
        named = UUID(request.GET.get("patient", ""))
    except ValueError:
        return None
    return patient_of(request, named)


# --- the answer -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """One decision in words; absent where the thing was not kept at that moment."""

    is_kept: bool
    when: str
    allowed: bool = False
    ground: str = ""
    rules: Sequence[str] = ()
    document_oid: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A study, or a document below it, with its cell for each moment."""

    label: str
    sub: str
    url: str
    place: str  # study, below one, alone
    cells: Sequence[Cell]
    is_as_study: bool = False  # decided by the same rules as the study above it

    @property
    def differs(self) -> bool:
        return len({(cell.is_kept, cell.allowed) for cell in self.cells}) > 1


def _shown(views: Sequence[View]) -> dict[str, Any]:
    rows = list(_rows(views))
    return {
        "moments": [
            {"at": view.at, "state": state_words(view.state), "say": _summary(view)}
            for view in views
        ],
        "rows": rows,
        "compared": len(views) > 1,
        "differences": sum(row.differs for row in rows),
    }


def _summary(view: View) -> str:
    seen, studies = view.studies
    opened, documents = view.documents
    said = _(
        "Studies that would be seen: %(seen)s of %(studies)s. "
        "Documents: %(opened)s of %(documents)s."
    )
    return said % {
        "studies": formats.number_text(studies),
        "seen": formats.number_text(seen),
        "documents": formats.number_text(documents),
        "opened": formats.number_text(opened),
    }


def _rows(views: Sequence[View]) -> list[Row]:
    """What was kept at either moment, the study first and its documents below it."""
    groups = _merged(views)
    names = study_codes.entries(study.study_code for study, _documents in groups if study)
    rows = []
    above: Row | None = None
    for study, documents in groups:
        if study is not None:
            above = _study_row(study, study_name(study, names.get(study.study_code)), views)
            rows.append(above)
        rows.extend(_document_row(row, views, above if study else None) for row in documents)
    return rows


def _merged(views: Sequence[View]) -> list[tuple[Study | None, list[Document]]]:
    """The groups of all moments; a group that is in several has the documents of all."""
    found: dict[UUID, tuple[Study | None, dict[UUID, Document]]] = {}
    for view in views:
        for each in view.kept:
            _study, documents = found.setdefault(_key(each), (each.study, {}))
            documents.update((row.id, row) for row in each.documents)
    return [(study, list(documents.values())) for study, documents in found.values()]


def _key(each: held.Held) -> UUID:
    return each.study.id if each.study else each.documents[0].id


def _study_row(study: Study, name: str, views: Sequence[View]) -> Row:
    day = dicom_date(study.study_date)
    label = f"{study.study_code} {name}".strip() or _("Study")
    return Row(
        label=f"{label}, {formats.day_text(day)}" if day else label,
        sub=_controller(study.id, views),
        url=reverse("study", args=[study.id]),
        place="study",
        cells=[_cell(view, study.id) for view in views],
    )


def _controller(row_id: UUID, views: Sequence[View]) -> str:
    """Of the moments that are asked of; with its moment where they were different ones."""
    then = [(view.controllers[row_id].name, view.at) for view in views if row_id in view.answers]
    if len({name for name, _at in then}) == 1:
        return then[0][0]
    return "; ".join(f"{name}, {formats.when_text(at)}" for name, at in then)


def _document_row(document: Document, views: Sequence[View], above: Row | None) -> Row:
    kind = str(document.get_kind_display())
    cells = [_cell(view, document.id) for view in views]
    return Row(
        label=f"{kind[:1].upper()}{kind[1:]}",
        sub="" if above else _controller(document.id, views),
        url="",
        place="below" if above else "alone",
        cells=cells,
        is_as_study=above is not None and cells == above.cells,
    )


def _cell(view: View, row_id: UUID) -> Cell:
    answer, when = view.answers.get(row_id), formats.when_text(view.at)
    if answer is None:
        return Cell(False, when)
    decision = answer.decision
    return Cell(
        True,
        when,
        decision.allowed,
        str(ground_words(decision.ground)),
        [str(rule) for rule in chain(decision)],
        answer.document_oid,
    )
