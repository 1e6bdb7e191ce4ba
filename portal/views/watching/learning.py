"""How it is learned by when systems send: dated rows, added by an administrator."""

from datetime import timedelta

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors.wishes import ValueUnfit
from archive.services import silence_learning as services
from archive.services.silence_learning import Standing
from archive.values import today
from portal.forms.watching import LearningForm
from portal.lists.watching import LEARNINGS
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened

WRONG = {
    "first_day": gettext_lazy("Choose a day to come on which no other row begins."),
    "least_days": gettext_lazy("No more than the weeks looked at."),
    "most_silent": gettext_lazy("Fewer than the days that must have been seen."),
}


@require_safe
@page("silence-learning")
def listed(request: Request, actor: Actor) -> HttpResponseBase:
    words = {
        "title": _("How silence is learned"),
        "say": _(
            "By what time a system always sends is learned from its own past weeks, by the row in "
            "force. What people set for an interface comes first."
        ),
        "may_change": BY_NAME["silence-learning-change"].may_open(actor.roles),
        "trail": _trail()[:1],
    }
    opened: Opened[Standing] = Opened(Form(), services.every())
    part = "watching/_learning.html"
    return lists.answer(request, actor, LEARNINGS, opened, part, lambda _rows: words)


@require_http_methods(["GET", "HEAD", "POST"])
@page("silence-learning-change")
def add(request: Request, actor: Actor) -> HttpResponseBase:
    form = LearningForm(request.POST or None, initial=_initial())
    if form.is_bound and form.is_valid() and _added(form, actor):
        messages.success(request, _("The row is recorded, and holds from its first day on."))
        return redirect("silence-learning")
    context = {
        "form": form,
        "title": _("Learn silence otherwise"),
        "back": reverse("silence-learning"),
        "button": _("Record it"),
        "trail": _trail(),
    }
    return render(request, "watching/form.html", context, status=422 if form.is_bound else 200)


def _initial() -> dict[str, object]:
    """As it is, from tomorrow on."""
    rows = [each.row for each in services.every()[:1]]
    names = ("weeks", "least_days", "most_silent")
    given = {name: getattr(row, name) for row in rows for name in names}
    return {**given, "first_day": today() + timedelta(days=1)}


def _added(form: LearningForm, actor: Actor) -> bool:
    """Whether the service takes it; if not, the form says why."""
    given = form.cleaned_data
    told = {name: given[name] for name in ("first_day", "source", "reason")}
    try:
        services.add(actor, form.learning(), **told)
    except ValueUnfit as error:
        field = error.facts["field"]
        form.add_error(field, str(WRONG[field]))
        return False
    return True


def _trail() -> list[tuple[str, str]]:
    return [
        (_("Interfaces"), reverse("interfaces")),
        (_("How silence is learned"), reverse("silence-learning")),
    ]
