"""The rollout test: a customer's runs, one run as it goes on, and its report (ON-4)."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.models import Organisation
from archive.queries.overview import COUNTED
from onboarding.errors import AlreadyAsked
from onboarding.models import RolloutRun, RunState, StepState
from onboarding.queries import rollout as queries
from onboarding.services import rollout
from onboarding.services.rollout_documents import register_documents
from portal import formats, rollout_pdf
from portal.advice import advise
from portal.forms.messages import OfCustomers
from portal.lists.rollouts import ROLLOUTS, Ran
from portal.rollout_told import Shown, content_names, told
from portal.rollout_words import DUES, PURPOSES, RUN_SHAPES
from portal.staff import Request, page
from portal.views import lists
from portal.views.fragments import answer
from portal.views.lists import Opened
from portal.views.rollout_steps import instructions

STEPS_ID = "steps"


class StartForm(forms.Form):
    """For whom and why; whoever has one organisation is not asked for it."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=gettext_lazy("Organisation")
    )
    purpose = forms.ChoiceField(
        label=gettext_lazy("Why the test is run"), choices=list(PURPOSES.items())
    )

    def __init__(self, data: Any, organisations: tuple[Organisation, ...]) -> None:
        first = organisations[0].id if organisations else None
        super().__init__(data, initial={"organisation": first})
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Organisation.objects.filter(id__in=[each.id for each in organisations])
        if len(organisations) == 1:
            field.widget = forms.HiddenInput()


# --- the list -------------------------------------------------------------------------------------


@page("rollout-run")
def front(request: Request, actor: Actor) -> HttpResponseBase:
    """A customer's runs with what the last passed one covered; for the staff all customers'."""
    _settle(request)
    own = () if request.person.is_staff else request.person.organisations
    chosen = _chosen(request.GET)
    if request.person.is_staff:
        shown = [each for each in queries.visible_organisations(actor) if each.id == chosen]
    else:
        shown = [each for each in own if chosen in (None, each.id)]
    opened = opened_by(request, actor, request.GET)
    running = {run.organisation_id: run for run in queries.running(own)}
    ready = tuple(each for each in own if each.id not in running and rollout.may_start(each))
    count = opened.rows.order_by()[:COUNTED].count()
    said = ngettext("%(count)s run", "%(count)s runs", count)
    words = {
        "title": _("Rollout tests") if request.person.is_staff else _("Rollout test"),
        "say": said % {"count": formats.counted_text(count)},
        "none_fits": _("No run fits the filters"),
        "standings": [_standing(each) for each in shown],
        "start": StartForm(None, ready) if ready else None,
        "running": list(running.values()),
        "early": [each for each in own if each.id not in running and each not in ready],
    }
    several = request.person.is_staff or len(own) > 1
    listing = ROLLOUTS if several else ROLLOUTS.without("customer")
    return lists.answer(request, actor, listing, opened, "rollout/_list.html", lambda _rows: words)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Ran]:
    form = OfCustomers(query, queries.visible_organisations(actor))
    form.auto_id = "id_narrow_%s"  # the form that starts a run names an organisation too

    def in_words(found: Sequence[RolloutRun]) -> list[Ran]:
        return [Ran(row, _shape(row), rollout_pdf.purpose(row)) for row in found]

    return Opened(form, queries.runs(actor, _chosen(query)), queries.NEWEST, in_words)


def _chosen(query: QueryDict) -> UUID | None:
    try:
        return UUID(str(query["organisation"])) if query.get("organisation") else None
    except ValueError:
        raise NotFound() from None


def _settle(request: Request) -> None:
    """The rail has a row for customers and one for the staff; the test is one environment's."""
    request.page = "rollouts" if request.person.is_staff else "rollout"
    request.environment = "test"


def _shape(run: RolloutRun) -> str:
    return RUN_SHAPES[RunState(run.state)]


def _standing(organisation: Organisation) -> dict[str, Any]:
    found = queries.standing(organisation)
    covered = found.covered
    contents = content_names(covered.content_types) if covered else {}
    return {
        "organisation": organisation,
        "last": found.last_passed,
        "contents": sorted(contents.values(), key=str.casefold),
        "systems": [" ".join(pair) for pair in sorted(covered.systems)] if covered else [],
        "due": [DUES[reason] for reason in found.due],
    }


@require_POST
@page("rollout-act")
def start(request: Request, actor: Actor) -> HttpResponseBase:
    _settle(request)
    form = StartForm(request.POST, request.person.organisations)
    if not form.is_valid():
        messages.warning(request, _("Choose the organisation and why the test is run."))
        return redirect("rollout")
    organisation = form.cleaned_data["organisation"]
    try:
        run = rollout.start(
            request.person.actor(organisation.id), organisation, form.cleaned_data["purpose"]
        )
    except AlreadyAsked:
        messages.warning(request, _("A run is open already: this one."))
        return redirect("rollout-run", queries.running([organisation])[0].id)
    except ArchiveError as error:
        _tell(request, error)
        return redirect("rollout")
    return redirect("rollout-run", run.id)


def _tell(request: Request, error: ArchiveError) -> None:
    advice = advise(error.reason())
    messages.warning(request, f"{advice.customer_cause} {advice.customer_step}")


# --- one run --------------------------------------------------------------------------------------


@page("rollout-run")
def run(request: Request, actor: Actor, run_id: UUID) -> HttpResponse:
    _settle(request)
    found = rollout.observe(queries.run(actor, run_id))
    listed = told(found, is_staff=request.person.is_staff)
    passed, count = _passed(listed)
    around = lists.around(request, actor, ROLLOUTS, opened_by, found)
    context = {
        "run": found,
        "title": rollout_pdf.title(found),
        "shape": _shape(found),
        "purpose": rollout_pdf.purpose(found),
        "say": _passed_text(passed, count),
        "complete": 0 < passed == count,
        "steps": listed,
        "running": found.state == RunState.RUNNING,
        "may_run": rollout.may_run(actor, found.organisation),
        **{
            f"{act}_url": reverse(f"rollout-{act}", args=[found.id])
            for act in ("documents", "finish", "abandon")
        },
        **around,
        "trail": [(_("Rollout test"), around["back"])],
        **instructions(request, found),
    }
    return answer(request, "rollout/run.html", context, part="rollout/_steps.html", target=STEPS_ID)


# --- what a customer does with it -----------------------------------------------------------------


@require_POST
@page("rollout-act")
def documents(request: Request, actor: Actor, run_id: UUID) -> HttpResponseBase:
    found = queries.run(actor, run_id)
    try:
        count = register_documents(actor, found)
    except ArchiveError as error:
        _tell(request, error)
        return redirect("rollout-run", found.id)
    if count:
        said = ngettext(
            "%(count)s test document was registered by the stand-in. The study follows shortly.",
            "%(count)s test documents were registered by the stand-in. The study follows shortly.",
            count,
        )
        messages.success(request, said % {"count": count})
    else:
        messages.warning(request, _("No stored study of this run waits for documents."))
    return redirect("rollout-run", found.id)


Ending = Callable[[Actor, RolloutRun], RolloutRun]


@require_POST
@page("rollout-act")
def finish(request: Request, actor: Actor, run_id: UUID) -> HttpResponseBase:
    return _ended(request, actor, run_id, rollout.finish, _("End the run"))


@require_POST
@page("rollout-act")
def abandon(request: Request, actor: Actor, run_id: UUID) -> HttpResponseBase:
    return _ended(request, actor, run_id, rollout.abandon, _("Abandon"))


def _ended(
    request: Request, actor: Actor, run_id: UUID, end: Ending, button: str
) -> HttpResponseBase:
    """At once when everything has passed; else it is asked, since all is to be sent again after."""
    found = queries.run(actor, run_id)
    passed, count = _passed(told(found, is_staff=False))
    if passed < count and found.state == RunState.RUNNING and "sure" not in request.POST:
        return _ask(request, found, f"{_passed_text(passed, count)} {_once()}", button)
    try:
        end(actor, found)
    except ArchiveError as error:
        _tell(request, error)
        return redirect("rollout-run", found.id)
    return redirect("rollout-report", found.id)


def _ask(request: Request, found: RolloutRun, say: str, button: str) -> HttpResponseBase:
    _settle(request)
    context = {
        "title": rollout_pdf.title(found),
        "about": found.organisation.name,
        "ask": button,
        "say": say,
        "button": button,
        "hidden": [("sure", "1")],
        "back": reverse("rollout-run", args=[found.id]),
        "trail": [(_("Rollout test"), reverse("rollout"))],
    }
    return render(request, "sure.html", context)


def _once() -> str:
    return _("What was sent counts in this run only: in the next one everything is sent again.")


def _passed(listed: list[Shown]) -> tuple[int, int]:
    """Of how many that are asked for."""
    asked = [each for each in listed if not each.left_out]
    return sum(each.step.state == StepState.PASSED for each in asked), len(asked)


def _passed_text(passed: int, count: int) -> str:
    said = ngettext(
        "%(passed)s of %(count)s step has passed.",
        "%(passed)s of %(count)s steps have passed.",
        count,
    )
    return said % {"passed": passed, "count": count}


# --- the report -----------------------------------------------------------------------------------


@page("rollout-run")
def report(request: Request, actor: Actor, run_id: UUID) -> HttpResponseBase:
    _settle(request)
    found = queries.run(actor, run_id)
    if found.state == RunState.RUNNING:
        query = request.GET.urlencode()
        place = reverse("rollout-run", args=[found.id])
        return redirect(f"{place}?{query}" if query else place)
    around = lists.around(request, actor, ROLLOUTS, opened_by, found)
    context = {
        "run": found,
        "title": rollout_pdf.title(found),
        "shape": _shape(found),
        "facts": rollout_pdf.facts(found),
        "steps": told(found, is_staff=request.person.is_staff),
        "holds": rollout.digest(found) == found.report_sha256,
        **around,
        "trail": [(_("Rollout test"), around["back"])],
    }
    return render(request, "rollout/report.html", context)


@page("rollout-run")
def pdf(request: Request, actor: Actor, run_id: UUID) -> HttpResponse:
    found = queries.run(actor, run_id)
    made = rollout_pdf.made(found, is_staff=request.person.is_staff)
    response = HttpResponse(made, content_type="application/pdf")
    name = rollout_pdf.name(found)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
