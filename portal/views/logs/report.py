"""Who has seen: a report for a patient or a controller, as a page and as PDF. Entries older than
the law gives without one need a special reason.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive import ledger
from archive.actors import Actor
from archive.models import LogRuleKey, Organisation, Patient
from archive.queries import log_rules, log_subjects, who_has_seen
from archive.queries.who_has_seen import MOST, Question, Seen
from archive.values import midnight, now, today, uuid7
from portal import formats, log_pdf
from portal.forms.logs import WhoHasSeen
from portal.log_rows import Given, Used, given, used
from portal.staff import Request, page
from portal.views import reasons

KEY = "log-reports"
KEPT = 10  # reports of a session


@dataclass(frozen=True, slots=True)
class Asked:
    """A report that was asked for, as the session keeps it: no code of anybody."""

    environment: str
    patient_id: str
    controller: str
    since: str
    until: str
    reason: str
    special_reason: str

    @property
    def days(self) -> tuple[date, date]:
        return date.fromisoformat(self.since), date.fromisoformat(self.until)

    @property
    def question(self) -> Question:
        first, last = self.days
        return Question(
            environment=self.environment,
            since=midnight(first),
            until=midnight(last + timedelta(days=1)),
            patient_id=UUID(self.patient_id) if self.patient_id else None,
            controller=self.controller,
        )


@require_http_methods(["GET", "POST"])
@page("who-has-seen")
def ask(request: Request, actor: Actor) -> HttpResponseBase:
    day = today()
    years = log_rules.number(LogRuleKey.REPORT_YEARS, day)
    form = WhoHasSeen(
        request.POST if request.method == "POST" else None,
        registers=log_subjects.controllers(),
        today=day,
        free_from=log_rules.years_before(day, years),
    )
    if request.method == "POST" and form.is_valid():
        report_id = _keep(request, actor, form)
        if report_id is not None:
            return redirect("log-report-shown", report_id)
        form.add_error("code", _("Nobody with this code is known in this environment."))
    return render(request, "logs/ask.html", {"form": form, "years": years})


def _keep(request: Request, actor: Actor, form: WhoHasSeen) -> UUID | None:
    """The report's id; None when the patient is not known."""
    asked = form.cleaned_data
    patient_id = None
    if asked["code"]:
        patient_id = reasons.search(request, actor, asked["identifier"], asked["reason"])
        if patient_id is None:
            return None
    report_id = uuid7()
    kept = {
        "environment": request.environment,
        "patient_id": str(patient_id or ""),
        "controller": asked["controller"],
        "since": asked["since"].isoformat(),
        "until": asked["until"].isoformat(),
        "reason": asked["reason"],
        "special_reason": asked["special_reason"],
    }
    earlier = list(request.session.get(KEY, {}).items())[1 - KEPT :]
    request.session[KEY] = {**dict(earlier), str(report_id): kept}
    return report_id


@page("who-has-seen")
def show(request: Request, actor: Actor, report_id: UUID) -> HttpResponse:
    report = _report(request, actor, report_id)
    context = {
        "report": report,
        "pdf": reverse("log-report-pdf", args=[report_id]),
        "trail": [(_("Who has seen"), reverse("log-report"))],
    }
    return render(request, "logs/report.html", context)


@page("who-has-seen")
def pdf(request: Request, actor: Actor, report_id: UUID) -> HttpResponse:
    made = log_pdf.made(_report(request, actor, report_id))
    response = HttpResponse(made, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="who-has-seen-{report_id}.pdf"'
    return response


def _report(request: Request, actor: Actor, report_id: UUID) -> log_pdf.Report:
    """The report of this session, read anew; each showing is recorded first."""
    kept: dict[str, Any] | None = request.session.get(KEY, {}).get(str(report_id))
    if kept is None:
        raise Http404
    asked = Asked(**kept)
    request.environment = asked.environment
    seen = who_has_seen.answer(asked.question)
    _record(actor, asked, seen)
    subjects = log_subjects.subjects_of([*seen.given, *seen.looks])
    rows: list[Given] = [given(event, subjects) for event in seen.given]
    looks: list[Used] = [used(event, subjects) for event in seen.looks]
    return log_pdf.Report(
        title=_("Who has seen"),
        subject=_subject(asked),
        facts=_facts(actor, asked),
        receivers=_receivers(seen),
        given=rows,
        looks=looks,
        count=seen.count,
        is_cut=seen.count > MOST,
        number=str(report_id),
        made_at=now(),
    )


def _record(actor: Actor, asked: Asked, seen: Seen) -> None:
    about = ledger.About(environment=asked.environment, patient_id=asked.question.patient_id)
    facts = {
        "log": "who-has-seen",
        "controller": asked.controller,
        "since": asked.since,
        "until": asked.until,
        "reason": asked.reason,
        "special_reason": asked.special_reason,
        "entries": seen.count,
    }
    ledger.record(ledger.Kind.LOG_REPORTED, about, facts, actor=actor)


def _subject(asked: Asked) -> str:
    if asked.patient_id:
        found = Patient.objects.filter(id=asked.patient_id).first()
        return _("Patient %(code)s") % {"code": found.masked if found else "–"}
    owner = Organisation.objects.filter(registers__controller_oid=asked.controller).first()
    return _("Register of %(name)s") % {"name": owner.name if owner else asked.controller}


def _facts(actor: Actor, asked: Asked) -> list[tuple[str, str]]:
    first, last = asked.days
    facts = [
        (_("Period"), f"{formats.day_text(first)} – {formats.day_text(last)}"),
        (_("Reason"), asked.reason),
        (_("Made by"), actor.name),
        (_("Made at"), formats.when_text(now(), seconds=True)),
    ]
    if asked.special_reason:
        facts.insert(2, (_("Special reason"), asked.special_reason))
    return facts


def _receivers(seen: Seen) -> list[tuple[str, int, datetime]]:
    ids = {row.organisation_id for row in seen.receivers if row.organisation_id}
    names: dict[UUID | None, str] = {
        each.id: each.name for each in Organisation.objects.filter(id__in=ids)
    }
    return [
        (names.get(row.organisation_id, "–"), row.entries, row.last_at) for row in seen.receivers
    ]
