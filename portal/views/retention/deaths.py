"""The day a patient died, as an archivist settles it after a preview in words (AR-9)."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.queries import destruction, retention
from archive.services import deaths
from archive.values import today
from portal.formats import number_text
from portal.forms.retention import DeathForm
from portal.previewing import goes_on, kept
from portal.staff import Request, page
from portal.views import reasons
from portal.views.retention.holds import blame, holding_words


@require_http_methods(["GET", "HEAD", "POST"])
@page("retention-death")
def settle(request: Request, actor: Actor) -> HttpResponseBase:
    """Whose and when; then what follows from it; then it is recorded."""
    form = DeathForm(request.POST or None)
    sentences: list[str] = []
    if goes_on(request, form):
        try:
            if "sure" in request.POST:
                _record(request, actor, form)
                messages.success(request, _("The day is recorded, and retention worked out by it."))
                return redirect("retention")
            sentences = _previewed(request, actor, form)
        except ArchiveError as error:
            blame(form, error)
    context = {
        "form": form,
        "title": _("Day of death"),
        "say": _("Retention runs from it. It stands above what messages tell; it is recorded."),
        "heading": _("What will happen"),
        "show": _("Show what will happen"),
        "button": _("Record it"),
        "sentences": sentences,
        "kept": kept(request, form) if sentences else [],
        "back": reverse("retention"),
        "trail": [(_("Retention"), reverse("retention"))],
    }
    status = 422 if form.errors else 200
    return render(request, "change.html", context, status=status)


def _record(request: Request, actor: Actor, form: Form) -> None:
    """Raises PersonUnknown, ValueUnfit: by these, too, one learns whether somebody is known."""
    given = form.cleaned_data
    try:
        deaths.settle(
            actor,
            given["identifier"],
            given["day"],
            environment=request.environment,
            reason=given["reason"],
        )
    except ArchiveError:
        reasons.search(request, actor, given["identifier"], given["reason"])
        raise


def _previewed(request: Request, actor: Actor, form: Form) -> list[str]:
    """Raises PersonUnknown, ValueUnfit."""
    given = form.cleaned_data
    reasons.search(request, actor, given["identifier"], given["reason"])
    person = deaths.fitting(given["identifier"], given["day"], environment=request.environment)
    return list(_sentences(person.id, given["day"]))


def _sentences(person_id: UUID, day: date | None) -> Iterator[str]:
    yield holding_words(*destruction.extent_of_patient(person_id))
    if day is None:
        yield _("The patient is then not known to have died: retention runs from other days.")
        return
    after = retention.after_death(person_id, day, today())
    yield ngettext(
        "By today’s rules the retention of %(count)s study is then over: it may be proposed for"
        " destruction.",
        "By today’s rules the retention of %(count)s studies is then over: they may be proposed for"
        " destruction.",
        after.ended,
    ) % {"count": number_text(after.ended)}
    if after.later:
        said = ngettext(
            "%(count)s study is of a later day than this death. Check the code and the day.",
            "%(count)s studies are of later days than this death. Check the code and the day.",
            after.later,
        )
        yield said % {"count": number_text(after.later)}
