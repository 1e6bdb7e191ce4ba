"""Who has seen: a report for a patient or a controller, as a page and as PDF. Entries older than
the law gives without one need a special reason.
"""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.models import LogRuleKey
from archive.queries import log_rules, log_subjects
from archive.values import today, uuid7
from portal import log_pdf, log_reports
from portal.forms.logs import WhoHasSeen
from portal.log_reports import Asked
from portal.staff import Request, page
from portal.views import reasons

KEY = "log-reports"
KEPT = 10  # reports of a session


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
    """The report of this session."""
    kept: dict[str, Any] | None = request.session.get(KEY, {}).get(str(report_id))
    if kept is None:
        raise Http404
    asked = Asked(**kept)
    request.environment = asked.environment
    return log_reports.told(actor, asked, str(report_id))
