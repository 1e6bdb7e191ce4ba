"""Who may correct by sending, and from when."""

from typing import Any

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
from portal.formats import day_text
from portal.forms.corrections import MayCorrectForm
from portal.previewing import goes_on, kept
from portal.staff import Request, page


@require_http_methods(["GET", "POST"])
@page("may-correct")
def front(request: Request, actor: Actor) -> HttpResponseBase:
    """The rows, and a new one: what will hold by it, then it is added."""
    form = MayCorrectForm(request.POST or None, customers_of(actor, ()))
    if goes_on(request, form):
        if "sure" not in request.POST:
            return render(request, "change.html", _previewed(request, form))
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


def _previewed(request: Request, form: MayCorrectForm) -> dict[str, Any]:
    """What the customer's systems may do from that day on, and what they are refused."""
    given = form.cleaned_data
    names = dict(form.fields["organisation"].choices)  # type: ignore[attr-defined]
    who = {"customer": names[given["organisation"]], "day": day_text(given["valid_from"])}
    metadata = (
        _("Objects sent again with another patient or study change what is archived of them.")
        if given["metadata"]
        else _("Objects sent again with another patient or study are refused.")
    )
    note_first = (
        _("A rejection note may come before its objects, which are then hidden when they come.")
        if given["note_first"]
        else _("A rejection note of objects that have not come is refused.")
    )
    retention = (
        _("A note may end the retention of what need not be kept any longer: it is hidden.")
        if given["retention"]
        else _("A note that would end retention is refused.")
    )
    return {
        "title": _("Who may correct by sending"),
        "say": _("From %(day)s on, %(customer)s") % who,
        "heading": _("What will hold"),
        "sentences": [metadata, note_first, retention],
        "kept": kept(request, form),
        "button": _("Add the row"),
        "trail": [
            (_("Corrections"), reverse("corrections")),
            (_("Who may correct"), reverse("may-correct")),
        ],
    }
