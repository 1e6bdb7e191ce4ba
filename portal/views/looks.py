"""A look at a study: found through the gate, with a reason for its patient."""

from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from archive import gate
from archive.actors import Actor
from archive.errors.retention import StudyDestroyed
from archive.models import Study, StudyState
from archive.queries import study as queries
from archive.queries import study_codes
from archive.rules.access import Action
from archive.values import dicom_date
from portal import formats
from portal.names import study_name
from portal.staff import Request
from portal.views import reasons


def found(request: Request, actor: Actor, study_id: UUID) -> Study:
    """The study, in its own environment whichever was open before."""
    study = queries.one(study_id)
    gate.require(actor, Action.SEE_STUDY, study)
    request.environment = study.environment
    return study


def may_correct(actor: Actor, study: Study) -> bool:
    """Whoever may correct at all; a destroyed study has nothing left to correct."""
    is_there = study.state != StudyState.DESTROYED
    return is_there and gate.ask(actor, Action.CORRECT, study).allowed


def correctable(actor: Actor, study: Study) -> None:
    """Raises NotFound, StudyDestroyed."""
    gate.require(actor, Action.CORRECT, study)
    if study.state == StudyState.DESTROYED:
        raise StudyDestroyed()


def seer(request: Request, actor: Actor, study: Study) -> Actor:
    return reasons.with_reason(request, actor, reasons.subject(study.patient))


def address(request: Request, study: Study) -> str:
    return with_list(reverse("study", args=[study.id]), request.GET.get("list"))


def with_list(address: str, kept: str | None) -> str:
    """The list that one came from stays in the address."""
    return address if kept is None else f"{address}?{urlencode({'list': kept})}"


def title(study: Study) -> str:
    entry = study_codes.entries([study.study_code]).get(study.study_code)
    what = f"{study.study_code} {study_name(study, entry)}".strip() or _("Study")
    day = dicom_date(study.study_date)
    return f"{what}, {formats.day_text(day)}" if day else what


def trail(study: Study) -> list[tuple[str, str]]:
    """Breadcrumbs of a page about a study."""
    return [
        (_("Studies"), reverse("studies")),
        (title(study), reverse("study", args=[study.id])),
    ]
