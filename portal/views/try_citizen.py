"""A page to try the citizen API with a patient of the demo world; in demo mode only (AC-6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from archive.config import settings
from archive.models import ActingGround, DocumentKind, ProhibitionScope, RegisterType
from archive.queries import wishes as queries
from archive.rules import acting
from archive.values import today
from onboarding.services.demo import PATIENTS
from onboarding.services.demo_citizens import TEXT
from portal.formats import person_text
from portal.forms.try_citizen import TryProhibitionForm
from portal.rule_words import ground_words
from portal.trying import Caller, Exchange, call

Said = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits at the page, by places in the list of demo patients: codes stand in no address."""

    person: int
    acting_for: int | None = None

    @property
    def caller(self) -> Caller:
        if self.acting_for is None:
            return Caller(PATIENTS[self.person][0])
        return Caller(PATIENTS[self.person][0], PATIENTS[self.acting_for][0], self.ground.value)

    @property
    def ground(self) -> ActingGround:
        """A guardian is a minor's; an adult gives a mandate."""
        born = PATIENTS[self.acting_for or 0][0].birth_date
        of_age = acting.is_of_age(born, today())
        return ActingGround.MANDATE if of_age else ActingGround.GUARDIAN

    @property
    def address(self) -> str:
        places = {"person": self.person, "for": self.acting_for}
        kept = {name: value for name, value in places.items() if value is not None}
        return f"{reverse('try-citizen')}?{urlencode(kept)}"


@never_cache
@require_http_methods(["GET", "POST"])
def front(request: HttpRequest) -> HttpResponseBase:
    """Documents, wishes and disclosures of a demo patient, and what the patient may say."""
    if not settings().demo:
        raise Http404
    names = [person_text(pn) for _code, pn in PATIENTS]
    if "person" not in request.GET:
        return render(request, "access/try_choose.html", {"names": list(enumerate(names))})
    seat = _seat(request)
    if request.method == "POST":
        return _say(request, seat)
    return _show(request, seat, names)


def _seat(request: HttpRequest) -> Seat:
    """Raises BadRequest."""
    try:
        person = range(len(PATIENTS))[int(request.GET["person"])]
        other = request.GET.get("for", "")
        acting = range(len(PATIENTS))[int(other)] if other else None
    except (ValueError, IndexError) as error:
        raise BadRequest("no such demo patient") from error
    return Seat(person, acting)


# --- to see ---------------------------------------------------------------------------------------


def _show(request: HttpRequest, seat: Seat, names: list[str]) -> HttpResponse:
    seen = {
        name: call(request, seat.caller, "GET", name)
        for name in ("documents", "wishes", "disclosures")
    }
    wishes = seen["wishes"].answer
    context = {
        "seat": seat,
        "names": list(enumerate(names)),
        "name": names[seat.person],
        "other": names[seat.acting_for] if seat.acting_for is not None else "",
        "documents": _results(seen["documents"], _document),
        "disclosures": _results(seen["disclosures"], _disclosure),
        "wishes": wishes if seen["wishes"].succeeded else {},
        "prohibitions": [_prohibition(row) for row in wishes.get("prohibitions", ())],
        "form": TryProhibitionForm(None, queries.providers()),
        "exchanges": list(seen.values()),
        "last": request.session.pop("tried", ""),
        "failed": [each for each in seen.values() if not each.succeeded],
    }
    return render(request, "access/try_citizen.html", context)


def _results(exchange: Exchange, shown: Callable[[Any], dict[str, Any]]) -> list[dict[str, Any]]:
    return [shown(row) for row in exchange.answer.get("results", ())]


def _document(row: Mapping[str, Any]) -> dict[str, Any]:
    names = [f"{each['code']} {each['name']}" for each in row["examinations"]]
    return {
        "kind": DocumentKind(row["kind"]).label,
        "controller": row["controller"]["name"],
        "examinations": ", ".join(names),
        "at": parse_datetime(row["care_began_at"] or row["created_at"] or row["registered_at"]),
    }


def _disclosure(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "at": parse_datetime(row["at"]), "ground": ground_words(row["ground"])}


def _prohibition(row: Mapping[str, Any]) -> dict[str, Any]:
    parts = [ProhibitionScope(row["scope"]).label, row["provider_name"], row["service_event"]]
    if row["register_type"]:
        parts.append(RegisterType(row["register_type"]).label)
    return {
        "id": row["id"],
        "words": ", ".join(str(part) for part in parts if part),
        "exception": row["emergency_exception"],
        "since": parse_datetime(row["effective_at"]),
    }


# --- to say ---------------------------------------------------------------------------------------


def _prohibited(request: HttpRequest) -> Said:
    form = TryProhibitionForm(request.POST, queries.providers())
    if not form.is_valid():
        raise BadRequest("no such prohibition")
    return "prohibitions", form.body()


def _ended(request: HttpRequest) -> Said:
    try:
        return f"prohibitions/{UUID(request.POST.get('prohibition', ''))}/end", {}
    except ValueError as error:
        raise BadRequest("no such prohibition") from error


def _plain(path: str, body: Mapping[str, Any]) -> Callable[[HttpRequest], Said]:
    return lambda request: (path, body)


SAYINGS: Mapping[str, Callable[[HttpRequest], Said]] = {
    "inform": _plain("informing", {"text_version": TEXT}),
    "permit": _plain("permission", {"given": True}),
    "withdraw": _plain("permission", {"given": False}),
    "prohibit": _prohibited,
    "end": _ended,
    "will": _plain("wills", {"subject": "organ_donation", "given": True}),
}


def _say(request: HttpRequest, seat: Seat) -> HttpResponseBase:
    saying = SAYINGS.get(request.POST.get("say", ""))
    if saying is None:
        raise BadRequest("nothing to say")
    path, body = saying(request)
    done = call(request, seat.caller, "POST", path, body)
    if done.succeeded:
        messages.success(request, _("It is recorded and holds at once."))
    else:
        messages.error(request, _("The API refused it: %(why)s.") % {"why": _why(done)})
    request.session["tried"] = done.text
    return redirect(seat.address)


def _why(done: Exchange) -> str:
    fields = [f"{each['field']}: {each['detail']}" for each in done.answer.get("errors", ())]
    return "; ".join(fields) or str(done.answer.get("detail", done.status))
