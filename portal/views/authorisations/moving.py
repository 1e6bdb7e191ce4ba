"""What the two parties do with an authorisation, each said before it is done (AC-3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import Authorisation
from archive.models import AuthorisationState as State
from archive.rules.authorisations import Move
from archive.services import authorisations
from portal.forms.authorisations import ReasonOfMove, blame
from portal.staff import Request, page
from portal.views.authorisations.opened import Opened, open_one, show


@dataclass(frozen=True, slots=True)
class Deed:
    """`say` is what will happen; `asks` for a reason."""

    move: Move
    act: Callable[[Actor, Authorisation, str], object]
    label: Any
    say: Any
    done: Any
    asks: bool = False
    harm: bool = False

    @property
    def key(self) -> str:
        return self.move.value


DEEDS = (
    Deed(
        Move.ACCEPT,
        lambda actor, row, reason: authorisations.accept(actor, row),
        _("Accept"),
        _("The organiser is told that you do the work. You may withdraw it today."),
        _("The assignment is accepted."),
    ),
    Deed(
        Move.DECLINE,
        lambda actor, row, reason: authorisations.decline(actor, row, reason=reason),
        _("Decline"),
        _("Your rights under it end at once. The organiser reads the reason."),
        _("The assignment is declined."),
        asks=True,
        harm=True,
    ),
    Deed(
        Move.WITHDRAW,
        lambda actor, row, reason: authorisations.withdraw_acceptance(actor, row),
        _("Withdraw the acceptance"),
        _("It waits again for you to accept or decline it. The organiser is told."),
        _("The acceptance is withdrawn."),
    ),
    Deed(
        Move.FINISH,
        lambda actor, row, reason: authorisations.finish(actor, row),
        _("Mark as done"),
        _("You have what you ordered. The producer’s rights under it end at once."),
        _("The order is marked as done."),
    ),
    Deed(
        Move.REVOKE,
        lambda actor, row, reason: authorisations.revoke(actor, row, reason=reason),
        _("Revoke"),
        _(
            "The producer’s rights under it end: it stores and sees nothing more from the next "
            "association on. What it has stored stays in your register. It reads the reason."
        ),
        _("The authorisation is revoked."),
        asks=True,
        harm=True,
    ),
)
BY_KEY: Mapping[str, Deed] = {deed.key: deed for deed in DEEDS}


@dataclass(frozen=True, slots=True)
class Act:
    """A button of the page."""

    label: Any
    url: str
    go: bool = False
    harm: bool = False


def acts_of(opened: Opened, *, documented: bool) -> list[Act]:
    """What this reader may do now; the one next thing is filled and stands first."""
    found = []
    if Move.AMEND in opened.moves:
        found.append(_amending(opened))
    for deed in DEEDS:
        if deed.move in opened.moves:
            is_next = deed.move == Move.ACCEPT or (deed.move == Move.FINISH and documented)
            url = reverse("authorisation-act", args=[opened.row.id, deed.key])
            found.append(Act(deed.label, url, is_next, deed.harm))
    return sorted(found, key=lambda act: not act.go)


def _amending(opened: Opened) -> Act:
    url = reverse("authorisation-amend", args=[opened.row.id])
    if opened.row.state == State.WITHOUT_PRODUCER:
        return Act(_("Name the producer"), url, go=True)
    if opened.row.state == State.DECLINED:
        return Act(_("Give it to another producer"), url, go=True)
    return Act(_("Change the order"), url)


@require_http_methods(["GET", "HEAD", "POST"])
@page("authorisation-act")
def act(request: Request, actor: Actor, authorisation_id: UUID, key: str) -> HttpResponseBase:
    opened = open_one(request, actor, authorisation_id)
    deed = BY_KEY.get(key)
    if deed is None:
        raise Http404
    form = ReasonOfMove(request.POST if request.method == "POST" else None)
    if not deed.asks:
        del form.fields["reason"]
    if form.is_bound and form.is_valid():
        try:
            deed.act(opened.actor, opened.row, form.cleaned_data.get("reason", ""))
        except ArchiveError as error:
            blame(form, error)
        else:
            messages.success(request, str(deed.done))
            return redirect(opened.address)
    context = {"deed": deed, "form": form, "is_open": deed.move in opened.moves}
    return show(request, "authorisations/act.html", opened, context)
