"""The file that a page is about, who looks at it, and what the services refuse in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.errors.rules import ListUnreadable
from archive.models import Organisation
from onboarding.errors import (
    ActorUnfit,
    CertificateOtherName,
    CertificateUntrusted,
    Fault,
    FieldInvalid,
    FileTooLarge,
    PreconditionsMissing,
    StepOutOfOrder,
)
from onboarding.models import Joining, Precondition
from onboarding.queries.file import joining_of
from onboarding.rules.preconditions import Lack
from onboarding.rules.road import Party
from onboarding.rules.succession import Obstacle
from onboarding.services import rights
from portal.advice import ADVICE
from portal.list_words import unread
from portal.staff import Request
from portal.views.joining.words import FAULTS, LACKS, OBSTACLES, decided

FILLERS = frozenset({Party.CUSTOMER, Party.TECHNICAL, Party.OFFICER})
SPEAKERS = frozenset({Party.CUSTOMER, Party.OFFICER})


@dataclass(frozen=True, slots=True)
class Opened:
    actor: Actor
    joining: Joining
    party: Party

    @property
    def organisation(self) -> Organisation:
        return self.joining.organisation

    @property
    def is_staff(self) -> bool:
        return self.party in (Party.OFFICER, Party.STAFF)

    @property
    def is_officer(self) -> bool:
        return self.party == Party.OFFICER

    @property
    def is_customer_admin(self) -> bool:
        return self.party == Party.CUSTOMER

    @property
    def fills_in(self) -> bool:
        return self.party in FILLERS

    @property
    def speaks(self) -> bool:
        return self.party in SPEAKERS


def open_file(request: Request, organisation_id: UUID) -> Opened:
    """Raises NotFound for another customer's, which is answered as one that is not there."""
    actor = request.person.actor(organisation_id)
    joining = joining_of(actor, organisation_id)
    party = rights.party_of(actor, joining.organisation)
    if party is None or joining.organisation.is_operator:
        raise NotFound()
    return Opened(actor, joining, party)


def show(
    request: Request, template: str, opened: Opened, context: Mapping[str, Any]
) -> HttpResponse:
    """A page about the file; one whose form was refused is answered as such."""
    form = context.get("form")
    status = 422 if form is not None and form.is_bound and form.errors else 200
    whole = {
        "opened": opened,
        "joining": opened.joining,
        "organisation": opened.organisation,
        "trail": trail(opened),
        **context,
    }
    return render(request, template, whole, status=status)


def trail(opened: Opened, *, above: bool = False) -> list[tuple[str, str]]:
    """To the pages above; `above` for the file itself."""
    organisation = opened.organisation
    steps = [(organisation.name, reverse("organisation", args=[organisation.id]))]
    if opened.is_staff:
        steps.insert(0, (_("Joining"), reverse("joining")))
    if not above:
        steps.append((_("Checklist"), address("joining-file", opened)))
    return steps


def address(name: str, opened: Opened, *args: object) -> str:
    """Of a page about this file."""
    return reverse(name, args=[opened.organisation.id, *args])


def words(error: ArchiveError, *, is_staff: bool) -> str:
    """What was refused and what to do, in the reader's words."""
    if isinstance(error, PreconditionsMissing):
        missing = error.facts.get("missing", "").split(",")
        return _("Missing: %(what)s.") % {"what": "; ".join(map(_missing, missing))}
    if isinstance(error, FieldInvalid) and "why" in error.facts:
        return str(FAULTS[Fault(error.facts["why"])])
    if isinstance(error, StepOutOfOrder) and "by" in error.facts:
        return decided(error)
    if isinstance(error, ListUnreadable) and "why" in error.facts:
        return unread(error)
    if isinstance(error, FileTooLarge) and "limit" in error.facts:
        said = _("The file is too large. It may be at most %(limit)s.")
        return said % {"limit": filesizeformat(int(error.facts["limit"]))}
    if isinstance(error, CertificateOtherName):
        said = _("The certificate is for %(names)s, not for %(host)s.")
        return said % {"names": error.facts.get("names", ""), "host": error.facts.get("host", "")}
    advice = ADVICE[next(each for each in type(error).__mro__ if each in ADVICE)]
    cause = advice.cause if is_staff else advice.customer_cause
    step = advice.step if is_staff else advice.customer_step
    if isinstance(error, CertificateUntrusted):
        cause = _untrusted(error.facts.get("issuer", ""))
    return f"{cause} {step}"


def _untrusted(issuer: str) -> str:
    if not issuer:
        return _("The certificate is self-signed, and not among those that the archive trusts.")
    said = _("The archive does not trust the issuer of the certificate, %(issuer)s.")
    return said % {"issuer": issuer}


def _missing(word: str) -> str:
    if word in Precondition.values:
        return str(Precondition(word).label)
    if word in OBSTACLES:
        return str(OBSTACLES[Obstacle(word)]).rstrip(".")
    return str(LACKS[Lack(word)]).rstrip(".") if word else "–"


def blame(form: forms.Form, error: ArchiveError, *, is_staff: bool) -> None:
    """At the field that the service names, else above the form. Who may not do it at all gets the
    page that says so.
    """
    if isinstance(error, ActorUnfit):
        raise error
    field = error.facts.get("field", "")
    form.add_error(field if field in form.fields else None, words(error, is_staff=is_staff))
