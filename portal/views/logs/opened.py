"""What both logs share: narrowed by the address, one person's entries for a reason only, and every
look recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from archive import ledger
from archive.actors import SOMEBODY, Actor
from archive.ledger import Kind
from archive.models import LedgerEvent, Study
from archive.queries import use_log
from archive.queries.keyset import MARK, NEWEST_EVENT
from archive.queries.log_subjects import Subjects, sealed, subjects_of
from portal import pages
from portal.forms.codes import looks_like_code
from portal.forms.logs import DisclosureFilters, UseFilters, told
from portal.lists.columns import Listing
from portal.log_words import actor_words, fact_pairs, kind_words, said
from portal.staff import Request
from portal.views import lists, reasons

Form = DisclosureFilters | UseFilters


@dataclass(frozen=True, slots=True)
class Log:
    """One of the two logs: how it is narrowed, shown and exported."""

    name: str
    label: str | Promise
    say: str | Promise
    url_name: str
    listing: Listing[Any]
    form: Callable[[QueryDict], Form]
    narrowed: Callable[[Any], QuerySet[LedgerEvent]]
    holds: Callable[[str], bool]  # whether events of a kind stand in it
    row: Callable[[LedgerEvent, Subjects], Any]


@dataclass(frozen=True, slots=True)
class _Opened:
    form: Form
    rows: QuerySet[LedgerEvent]
    patient_id: UUID | None = None
    told: dict[str, str] | None = None  # the filters; None when one cannot be read
    reason: str = ""  # why this person's entries

    @property
    def is_unreasoned(self) -> bool:
        return self.patient_id is not None and not self.reason


def entries(request: Request, actor: Actor, log: Log) -> HttpResponseBase:
    """A page of the log."""
    if any(looks_like_code(text) for _name, texts in request.GET.lists() for text in texts):
        messages.warning(request, _("A personal identity code was taken out of the address."))
        return redirect(f"{reverse('log-patient')}?log={log.name}")
    opened = _open(request, actor, log, request.GET)

    def words(_rows: object) -> dict[str, Any]:
        _record(Kind.LOG_SEARCHED, request, actor, log, opened)
        search = f"{reverse('log-patient')}?log={log.name}"
        return {
            "title": log.label,
            "say": log.say,
            "none_fits": _("No entry fits the filters"),
            "search": search,
            "unreasoned": search if opened.is_unreasoned else "",
        }

    def record_export(form: str) -> None:
        _record(Kind.LOG_EXPORTED, request, actor, log, opened)

    return lists.answer(
        request,
        actor,
        log.listing,
        _listed(log, opened),
        "logs/_list.html",
        words,
        record=record_export,
    )


def _listed(log: Log, opened: _Opened) -> lists.Opened[Any]:
    def in_words(events: Sequence[LedgerEvent]) -> list[Any]:
        subjects = subjects_of(events)
        return [log.row(event, subjects) for event in events]

    return lists.Opened(
        opened.form,
        opened.rows,
        NEWEST_EVENT,
        in_words,
        is_unread=opened.told is None,
        patient_id=opened.patient_id,
        reason=opened.reason,
    )


def opener(log: Log) -> lists.Opener:
    """The log as another page's address narrows it."""
    return lambda request, actor, query: _listed(log, _open(request, actor, log, query))


def _open(request: Request, actor: Actor, log: Log, query: QueryDict) -> _Opened:
    form = log.form(query)
    filters = form.filters(request.environment)
    nothing = LedgerEvent.objects.none()
    if filters is None:
        return _Opened(form, nothing)
    if filters.patient_id is None:
        return _Opened(form, log.narrowed(filters), told=told(filters))
    reason = reasons.with_reason(request, actor, filters.patient_id).reason
    rows = log.narrowed(filters) if reason else nothing
    return _Opened(form, rows, filters.patient_id, told(filters), reason)


def _record(kind: Kind, request: Request, actor: Actor, log: Log, opened: _Opened) -> None:
    """Before anything is shown; what could not be read shows nothing."""
    if opened.told is None or opened.is_unreasoned:
        return
    about = ledger.About(environment=request.environment, patient_id=opened.patient_id)
    facts = {"log": log.name, "filters": opened.told, "reason": opened.reason}
    ledger.record(kind, about, facts, actor=actor)


# --- one entry ------------------------------------------------------------------------------------


def entry(request: Request, actor: Actor, log: Log, key: str) -> HttpResponse:
    """An entry's page: everything that was recorded, in words, and its place in the chain."""
    event = event_of(key)
    if event is None or not log.holds(event.kind):
        raise Http404
    request.environment = event.environment or request.environment
    about = ledger.About(
        environment=event.environment, subject_id=event.id, patient_id=event.patient_id
    )
    ledger.record(Kind.LOG_READ, about, {"log": log.name, "entry": str(event.id)}, actor=actor)
    subjects = subjects_of([event])
    row = log.row(event, subjects)
    around = lists.around(request, actor, log.listing, opener(log), event)
    context = {
        **around,
        "event": event,
        "title": said(event),
        "kind": kind_words(event.kind),
        "say": row.sentence,
        "actor": actor_words(event),
        "row": row,
        "organisation": subjects.organisations.get(event.organisation_id or event.id),
        "facts": [*row.named, *fact_pairs(event)],
        "sealed": sealed(event),
        "study_url": _study_url(actor, event),
        "suspect": reverse("review-raise", args=[key]) if _may_suspect(actor, event) else "",
        "trail": [(log.label, around["back"])],
    }
    return render(request, "logs/entry.html", context)


def _may_suspect(actor: Actor, event: LedgerEvent) -> bool:
    """Somebody did it, and somebody else."""
    return event.actor_kind in SOMEBODY and event.actor_id != actor.id


def event_of(key: str) -> LedgerEvent | None:
    at, _mark, event_id = key.partition(MARK)
    try:
        return use_log.entry(datetime.fromisoformat(at), UUID(event_id))
    except ValueError:
        return None


def _study_url(actor: Actor, event: LedgerEvent) -> str:
    """The study's page, for those who may open it."""
    found = Study.objects.filter(id=event.study_id).first() if event.study_id else None
    return pages.address(actor.roles, "study", found) if found else ""
