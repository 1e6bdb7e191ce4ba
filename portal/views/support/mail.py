"""A person's own choice of mails about cases; the same page for the staff and for customers."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.services import case_mails
from portal.forms.case_mail import CaseMailForm
from portal.staff import Request, page
from portal.views.desk import is_customer


@require_http_methods(["GET", "POST"])
def front(request: HttpRequest) -> HttpResponseBase:
    return own(request) if is_customer(request) else staff(request)


@page("case-mail")
def staff(request: Request, actor: Actor) -> HttpResponseBase:
    say = _(
        "You are told of the cases that you own or watch: given to you, come back, replied to, "
        "resolved."
    )
    return _choose(request, say, _("Support desk"), of_desk=True)


@page("own-case-mail")
def own(request: Request, actor: Actor) -> HttpResponseBase:
    say = _("You are told of your organisation’s cases: new, come back, asked about, resolved.")
    return _choose(request, say, _("Errors"), of_desk=False)


def _choose(request: Request, say: str, back: str, *, of_desk: bool) -> HttpResponseBase:
    if request.method == "POST":
        form = CaseMailForm(request.POST, of_desk=of_desk)
        if form.is_valid():
            case_mails.choose(request.person.id, **form.cleaned_data)
            messages.success(request, _("Your choice was kept."))
            return redirect("case-mail")
    else:
        row = case_mails.of(request.person.id, of_desk=of_desk)
        kept = {name: getattr(row, name) for name in CaseMailForm.base_fields}
        form = CaseMailForm(initial=kept, of_desk=of_desk)
    context = {"form": form, "say": say, "trail": [(back, reverse("desk"))]}
    return render(request, "desk/mail.html", context)
