"""The trust store: whose assertions are believed in which environment (XD-4)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import CertificateInvalid, NotFound
from archive.models import Environment, TrustedIssuer
from archive.services import trust
from archive.values import now, today
from portal.advice import ADVICE
from portal.forms.trust import IssuerForm, RetireForm
from portal.pages import BY_NAME
from portal.staff import Request, page


@require_safe
@page("issuers")
def issuers(request: Request, actor: Actor) -> HttpResponse:
    rows = TrustedIssuer.objects.order_by("environment", "entity_id", "-valid_from", "-id")
    shown = [(row, _standing(row)) for row in rows]
    context = {
        "sides": [
            (each.label, [pair for pair in shown if pair[0].environment == each])
            for each in Environment
        ],
        "changes": BY_NAME["issuer-change"].may_open(request.person.roles),
        "now": now(),
    }
    return render(request, "system/issuers.html", context)


def _standing(row: TrustedIssuer) -> tuple[str, str]:
    if not row.is_valid_on(today()):
        return "stop", _("retired")
    if row.certificate_until <= now():
        return "needs", _("certificate has expired")
    return "done", _("believed")


@require_http_methods(["GET", "HEAD", "POST"])
@page("issuer-change")
def add(request: Request, actor: Actor) -> HttpResponseBase:
    form = IssuerForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            row = trust.add(
                actor,
                Environment(given["environment"]),
                given["entity_id"],
                given["certificate"],
                reason=given["reason"],
            )
        except CertificateInvalid:
            advice = ADVICE[CertificateInvalid]
            form.add_error("certificate", f"{advice.cause} {advice.step}")
        else:
            said = _("Assertions of %(issuer)s are believed from now on.")
            messages.success(request, said % {"issuer": row.entity_id})
            return redirect("issuers")
    return _show(request, "system/issuer.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@page("issuer-change")
def retire(request: Request, actor: Actor, issuer_id: UUID) -> HttpResponseBase:
    row = TrustedIssuer.objects.filter(id=issuer_id).first()
    if row is None or not row.is_valid_on(today()):
        raise NotFound()
    form = RetireForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        trust.retire(actor, row, reason=form.cleaned_data["reason"])
        said = _("Assertions of %(issuer)s are no longer believed.")
        messages.success(request, said % {"issuer": row.entity_id})
        return redirect("issuers")
    return _show(request, "system/retire.html", {"form": form, "row": row})


def _show(request: Request, template: str, context: dict[str, Any]) -> HttpResponse:
    trail = [(_("Trusted issuers"), reverse("issuers"))]
    status = 422 if context["form"].is_bound else 200
    return render(request, template, {**context, "trail": trail}, status=status)
