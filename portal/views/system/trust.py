"""The trust store: whose assertions are believed in which environment (XD-4)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import CertificateInvalid, NotFound
from archive.models import Environment, TrustedIssuer
from archive.services import trust
from archive.values import now, today
from portal.advice import ADVICE
from portal.forms.trust import IssuerForm, RetireForm
from portal.lists.dated import ISSUERS, Issuer
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened


@require_safe
@page("issuers")
def issuers(request: Request, actor: Actor) -> HttpResponseBase:
    """Of both environments."""
    rows = TrustedIssuer.objects.order_by("environment", "entity_id", "-valid_from", "-id")
    opened: Opened[Issuer] = Opened(Form(), [Issuer(row, *_standing(row)) for row in rows])
    known = {each.row.environment for each in opened.rows}
    changes = BY_NAME["issuer-change"].may_open(request.person.roles)
    words = {
        "title": _("Trusted issuers"),
        "say": _(
            "Whose signed assertions are believed when a customer’s system asks for documents or"
            " images."
        ),
        "without": [each.label for each in Environment if each not in known],
        "changes": changes,
    }
    listing = ISSUERS if changes else ISSUERS.without("act")
    part = "system/_issuers.html"
    return lists.answer(request, actor, listing, opened, part, lambda _rows: words)


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
    context = {"form": form, "row": row, "sentences": _follows(row)}
    return _show(request, "system/retire.html", context)


def _follows(row: TrustedIssuer) -> list[str]:
    """Whom it hits: with another certificate of the same issuer a system may go on."""
    hanging = trust.hanging_on(row)
    others = ngettext(
        "%(count)s other certificate of this issuer is believed here; what is signed with it is "
        "answered.",
        "%(count)s other certificates of this issuer are believed here; what is signed with them "
        "is answered.",
        hanging.others,
    )
    needing = ngettext(
        "%(count)s open connection here must show an assertion.",
        "%(count)s open connections here must show an assertion.",
        hanging.needing,
    )
    return [
        (others % {"count": hanging.others})
        if hanging.others
        else _("No other certificate of this issuer is believed here."),
        needing % {"count": hanging.needing},
        _("It can be believed again: it is added anew, with the same certificate."),
    ]


def _show(request: Request, template: str, context: dict[str, Any]) -> HttpResponse:
    trail = [(_("Trusted issuers"), reverse("issuers"))]
    status = 422 if context["form"].is_bound else 200
    return render(request, template, {**context, "trail": trail}, status=status)
