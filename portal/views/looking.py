"""Opening a study: through the gate, with a reason, each look written down."""

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from archive import gate, ledger
from archive.actors import Actor
from archive.models import Study
from archive.queries import study as queries
from archive.queries import study_codes
from archive.rules.access import Action
from archive.values import dicom_date
from portal import formats
from portal.names import study_name
from portal.staff import Request
from portal.views import reasons


def study_of(request: Request, actor: Actor, study_id: UUID) -> Study:
    """The study, in its own environment whichever was open before."""
    found = queries.one(study_id)
    gate.require(actor, Action.SEE_STUDY, found)
    request.environment = found.environment
    return found


def seer(request: Request, actor: Actor, found: Study) -> Actor:
    return reasons.with_reason(request, actor, reasons.subject(found.patient))


def look(asker: Actor, found: Study, **facts: str) -> None:
    """Each look is asked of the gate and written down."""
    gate.require(asker, Action.SEE_PATIENT, found)
    about = ledger.About(
        environment=found.environment,
        organisation_id=found.register.organisation_id,
        subject_id=found.id,
        study_id=found.id,
        patient_id=reasons.subject(found.patient),
    )
    told_facts = {"reason": asker.reason, **facts}
    ledger.record(ledger.Kind.STUDY_VIEWED, about, told_facts, actor=asker)


def title(found: Study) -> str:
    entry = study_codes.entries([found.study_code]).get(found.study_code)
    what = f"{found.study_code} {study_name(found, entry)}".strip() or _("Study")
    day = dicom_date(found.study_date)
    return f"{what}, {formats.day_text(day)}" if day else what


def trail(found: Study) -> list[tuple[str, str]]:
    """Breadcrumbs of a page about a study."""
    return [
        (_("Studies"), reverse("studies")),
        (title(found), reverse("study", args=[found.id])),
    ]
