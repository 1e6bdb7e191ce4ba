"""Who may correct by sending, and from when."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.queries import corrections as queries
from archive.services import correction_policies
from onboarding.queries import customers_of
from portal.forms.corrections import MayCorrectForm
from portal.staff import Request, page


@require_http_methods(["GET", "POST"])
@page("may-correct")
def front(request: Request, actor: Actor) -> HttpResponseBase:
    form = MayCorrectForm(request.POST or None, customers_of(actor, ()))
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        organisation_id = given.pop("organisation") or None
        correction_policies.allow(actor, organisation_id, **given)
        messages.success(
            request, _("It holds from that day on, from the customer’s next association.")
        )
        return redirect("may-correct")
    context = {
        "form": form,
        "rows": queries.policies(),
        "trail": [(_("Corrections"), reverse("corrections"))],
    }
    return render(request, "corrections/may_correct.html", context)
