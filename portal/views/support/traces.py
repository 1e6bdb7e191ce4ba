"""Traces: a study, a message, an association or call over all interfaces, as a page or as text.

Nothing of the patient stands here, so the address may be handed on; what a message says of the
patient is shown on its own page, with a reason.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from archive.actors import Actor
from archive.models import Case, Study, StudyState
from archive.queries import desk, messages, timeline
from portal import formats, trace_text
from portal.answers import decoded
from portal.call_words import CALLS
from portal.entries import Entry
from portal.happenings import SAYINGS, missing_words, told
from portal.hl7_words import event_words
from portal.pages import address
from portal.staff import Request, page
from portal.views import looks


@dataclass(frozen=True, slots=True)
class Trace:
    title: str
    facts: list[tuple[str, str]]
    entries: list[Entry]
    studies: list[Study]
    url: str
    own_url: str = ""  # the page of what is traced
    waited_for: str = ""


@page("trace-study")
def study(request: Request, actor: Actor, study_id: UUID, as_text: bool = False) -> HttpResponse:
    """Where a study is, without its patient."""
    found = looks.found(request, actor, study_id)
    happened = [*timeline.of_study(found), *timeline.work_on(found)]
    missing = [kind for kind in found.waits_for.split(",") if kind]
    facts = [
        (_("Accession number"), found.accession_number),
        (_("Study UID"), found.study_instance_uid),
        (_("State"), StudyState(found.state).label),
        (_("Customer"), found.register.organisation.name),
        (_("Received"), formats.when_text(found.received_at)),
    ]
    trace = Trace(
        _("Trace of study %(key)s") % {"key": found.accession_number or found.study_instance_uid},
        [(str(label), str(value)) for label, value in facts],
        _entries(actor, happened, desk.cases_of(found)),
        [],
        reverse("trace-study", args=[found.id]),
        address(actor.roles, "study", found),
        missing_words(missing) if missing else "",
    )
    return _answer(request, trace, as_text=as_text)


@page("trace-message")
def message(
    request: Request, actor: Actor, message_id: UUID, as_text: bool = False
) -> HttpResponse:
    found = messages.one(message_id)
    request.environment = found.environment
    facts = [
        (_("Message"), event_words(found.event)),
        (_("Message control id"), found.control_id),
        (_("Sender"), str(found.connection)),
        (_("Customer"), found.organisation.name),
        (_("Outcome"), found.get_outcome_display()),
    ]
    trace = Trace(
        _("Trace of message %(key)s") % {"key": found.control_id or found.id},
        [(str(label), str(value)) for label, value in facts],
        _entries(actor, timeline.of_message(found), []),
        messages.studies_of(found),
        reverse("trace-message", args=[found.id]),
        address(actor.roles, "message", found),
    )
    return _answer(request, trace, as_text=as_text)


@page("trace-association")
def association(
    request: Request, actor: Actor, reference: UUID, as_text: bool = False
) -> HttpResponse:
    happened = timeline.of_call(reference)
    if not happened:
        raise Http404
    trace = Trace(
        _("Trace of an association or call"),
        [(_("Reference"), str(reference))],
        _entries(actor, happened, []),
        timeline.studies_of_call(reference),
        reverse("trace-association", args=[reference]),
    )
    return _answer(request, trace, as_text=as_text)


def _entries(actor: Actor, happened: list[timeline.Entry], cases: list[Case]) -> list[Entry]:
    happened.sort(key=lambda entry: entry.at)
    sayings = {**SAYINGS, **CALLS}
    found = told(happened, cases, lambda case: address(actor.roles, "case", case), sayings)
    return [replace(entry, answer=decoded(entry.answer)) for entry in found]


def _answer(request: Request, trace: Trace, *, as_text: bool) -> HttpResponse:
    whole = request.build_absolute_uri(trace.url)
    if as_text:
        written = trace_text.text(
            trace.title, trace.facts, trace.entries, address=whole, waited_for=trace.waited_for
        )
        response = HttpResponse(written, content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="trace.txt"'
        return response
    context = {"trace": trace, "whole": whole, "text_url": f"{trace.url}text/"}
    return render(request, "desk/trace.html", context)
