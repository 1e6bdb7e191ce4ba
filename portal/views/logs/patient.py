"""One person's entries: searched by exact code, for a reason that is recorded."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from portal.forms.reasons import PatientForm
from portal.staff import Request, page
from portal.views import reasons
from portal.views.logs import disclosures, use
from portal.views.logs.opened import Log

LOGS = {log.name: log for log in (disclosures.LOG, use.LOG)}


@require_http_methods(["GET", "POST"])
@page("log-patient")
def search(request: Request, actor: Actor) -> HttpResponseBase:
    """The answer's address has an opaque id in place of the code."""
    log = LOGS.get(request.GET.get("log", ""), disclosures.LOG)
    form = PatientForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        found = reasons.search(request, actor, given["identifier"], given["reason"])
        if found is not None:
            return redirect(f"{reverse(log.url_name)}?patient={found}")
        form.add_error("code", _("Nobody with this code is known in this environment."))
    return _asked(request, form, log)


def _asked(request: Request, form: PatientForm, log: Log) -> HttpResponse:
    back = reverse(log.url_name)
    context = {
        "form": form,
        "action": f"{reverse('log-patient')}?log={log.name}",
        "back": back,
        "trail": [(log.label, back)],
    }
    return render(request, "logs/patient.html", context)
