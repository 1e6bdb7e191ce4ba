"""Batches: begun over all cases that fit the filters, watched, paused, cancelled, undone."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import Batch, BatchKind, BatchState, Case
from archive.queries import desk as queries
from archive.queries import desk_work
from archive.queries.overview import COUNTED
from archive.services import batches as services
from onboarding.queries import customers_of
from portal import formats
from portal.advice import advise
from portal.forms.case_work import IgnoreForm
from portal.forms.desk import CaseFilters
from portal.lists.desk import BATCHES, Begun
from portal.staff import Request, page
from portal.views import lists
from portal.views.fragments import answer
from portal.views.lists import Opened
from portal.views.support.parts import progress, progress_by

PART = "batch"
RETRY, IGNORE = "retry", "ignore"


@page("batch")
def batches(request: Request, actor: Actor) -> HttpResponseBase:
    words = {
        "title": _("Batches"),
        "say": _("What was done on many events at once, the latest first."),
        "trail": _trail(),
    }
    opened = opened_by(request, actor, request.GET)
    return lists.answer(request, actor, BATCHES, opened, "desk/_batches.html", lambda _rows: words)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Begun]:
    """Without a filter: whatever the address says."""
    return Opened(Form(), desk_work.batches(request.environment), desk_work.NEWEST_BATCH, _in_words)


def _in_words(found: Sequence[Batch]) -> list[Begun]:
    counts = desk_work.counts_of(found)
    return [_begun_row(each, progress_by(each, counts[each.id])) for each in found]


def _begun_row(row: Batch, far: Mapping[str, Any]) -> Begun:
    told = (f"{word} {formats.number_text(count)}" for _state, word, count in far["outcomes"])
    return Begun(row, row.get_kind_display().capitalize(), far["ended"], " · ".join(told))


def _trail() -> list[tuple[str, str]]:
    return [(_("Support desk"), reverse("desk"))]


# --- all that match -----------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@page("batch")
def begin(request: Request, actor: Actor) -> HttpResponseBase:
    """What would be done is said before: how many events of how many cases."""
    filters = CaseFilters(request.GET, customers_of(actor, ())).filters(
        request.environment, owner_id=request.user.id
    )
    if filters is None:
        raise BadRequest("a filter cannot be read")
    cases = queries.narrowed(filters).filter(state="open")
    form = IgnoreForm(request.POST if request.POST.get("act") == IGNORE else None)
    if request.method == "POST":
        batch = _begun(request, actor, cases, form)
        if batch is not None:
            return redirect("batch", batch.id)
    context = {
        "title": _("Act on all cases that match"),
        "cases": cases.order_by()[:COUNTED].count(),
        "able": desk_work.retryable_of_cases(cases).order_by()[:COUNTED].count(),
        "open": desk_work.open_events(cases).order_by()[:COUNTED].count(),
        "form": form,
        "query": request.GET.urlencode(),
        "most": services.MOST,
        "trail": _trail(),
    }
    return render(request, "desk/begin.html", context)


def _begun(request: Request, actor: Actor, cases: object, form: IgnoreForm) -> Batch | None:
    rows = Case.objects.filter(id__in=cases.order_by().values("id"))  # type: ignore[attr-defined]
    if request.POST.get("act") == RETRY:
        events, kind, reason = desk_work.retryable_of_cases(rows), BatchKind.RETRY, ""
    elif form.is_valid():
        events, kind = desk_work.open_events(rows), BatchKind.IGNORE
        reason = form.cleaned_data["reason"]
    else:
        return None
    batch = services.begin(actor, events, kind, environment=request.environment, reason=reason)
    if batch is None:
        messages.warning(request, _("No event fits, so nothing was done."))
    return batch


# --- one batch ----------------------------------------------------------------------------------


@page("batch")
def batch(request: Request, actor: Actor, batch_id: UUID) -> HttpResponse:
    found = desk_work.batch(batch_id)
    request.environment = found.environment
    try:
        part = desk_work.items(
            found, after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
    except ValueError as error:
        raise BadRequest("not a place in this list") from error
    far = progress(found)
    around = lists.around(request, actor, BATCHES, opened_by, found)
    context = {
        "batch": found,
        "title": _title(found),
        "far": far,
        "page": part,
        "moves": found.state == BatchState.RUNNING or far["going"],
        "can_undo": found.kind == BatchKind.IGNORE
        and found.undone_at is None
        and found.state != BatchState.RUNNING,
        **around,
        "trail": [*_trail(), (_("Batches"), around["back"])],
    }
    return answer(request, "desk/batch.html", context, part="desk/_batch.html", target=PART)


def _title(found: Batch) -> str:
    count = ngettext("%(count)s event", "%(count)s events", found.item_count)
    words = count % {"count": formats.counted_text(found.item_count)}
    return f"{found.get_kind_display().capitalize()}: {words}"


@require_POST
@page("batch")
def act(request: Request, actor: Actor, batch_id: UUID, what: str) -> HttpResponseBase:
    acts = {
        "pause": services.pause,
        "resume": services.resume,
        "cancel": services.cancel,
        "undo": services.undo,
    }
    if what not in acts:
        raise Http404
    found = desk_work.batch(batch_id)
    if what == "cancel" and "sure" not in request.POST:
        return _ask(request, found)
    try:
        acts[what](actor, found)
    except ArchiveError as error:
        messages.warning(request, str(advise(error.reason()).cause))
    return redirect("batch", found.id)


def _ask(request: Request, found: Batch) -> HttpResponseBase:
    """What was cancelled does not go on: how much is left is said first."""
    left = desk_work.left_of(found)
    say = ngettext(
        "%(count)s event is left as it is, and stands open on the desk. What is done stays done. A "
        "cancelled batch does not go on; a new one can be begun with what is left.",
        "%(count)s events are left as they are, and stand open on the desk. What is done stays "
        "done. A cancelled batch does not go on; a new one can be begun with what is left.",
        left,
    )
    context = {
        "title": _("Cancel the rest"),
        "about": found.reason,
        "ask": _("Cancel the rest?"),
        "say": say % {"count": left},
        "button": _("Cancel the rest"),
        "hidden": [("sure", "1")],
        "back": reverse("batch", args=[found.id]),
        "trail": _trail(),
    }
    return render(request, "sure.html", context)
