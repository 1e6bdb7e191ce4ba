"""One authorisation as its reader meets it: which side of it they are on, and what they may do."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from archive import gate
from archive.actors import Actor, ActorKind
from archive.errors import NotFound
from archive.models import Authorisation
from archive.queries import authorisations as queries
from archive.queries import followup
from archive.rules.authorisations import Move, Side
from archive.services import authorisations
from archive.services.authorisation_parties import sides
from portal.authorisation_words import service_words
from portal.staff import Request
from portal.views import reasons


@dataclass(frozen=True, slots=True)
class Opened:
    actor: Actor
    row: Any  # an Authorisation with its stage
    sides: frozenset[Side]
    moves: tuple[Move, ...]

    @property
    def is_staff(self) -> bool:
        return self.actor.kind == ActorKind.STAFF

    @property
    def is_producer(self) -> bool:
        return Side.PRODUCER in self.sides

    @property
    def title(self) -> str:
        return service_words(self.row)

    @property
    def address(self) -> str:
        return reverse("authorisation", args=[self.row.id])

    @property
    def list_address(self) -> str:
        return reverse("assignments" if self.is_producer else "authorisations")


def open_one(request: Request, actor: Actor, authorisation_id: UUID) -> Opened:
    """In its own environment, whichever was open before. Raises NotFound, also for who is no party
    of it.
    """
    found = gate.concerning(Authorisation.objects.filter(id=authorisation_id), actor).first()
    if found is None:
        raise NotFound()
    request.environment = found.environment
    row = followup.with_stage(found)
    return Opened(
        actor=with_reason(request, actor, row),
        row=row,
        sides=sides(actor, row),
        moves=tuple(authorisations.moves_open(actor, row)),
    )


def with_reason(request: Request, actor: Actor, row: Authorisation) -> Actor:
    """With the reason that was given for this patient in this session."""
    if row.patient is None or actor.kind != ActorKind.STAFF:
        return actor
    return reasons.with_reason(request, actor, reasons.subject(row.patient))


def versions(opened: Opened) -> list[Authorisation]:
    """Those that this reader is a party of."""
    mine = gate.concerning(Authorisation.objects.all(), opened.actor)
    return queries.versions(mine, opened.row)


def show(request: Request, template: str, opened: Opened, context: dict[str, Any]) -> HttpResponse:
    """A page about it; one whose form was refused is answered as such."""
    form = context.get("form")
    status = 422 if form is not None and form.is_bound and form.errors else 200
    whole = {"opened": opened, "row": opened.row, "trail": trail(opened), **context}
    return render(request, template, whole, status=status)


def trail(opened: Opened, *, above: bool = False) -> list[tuple[str, str]]:
    """To the pages above; `above` for the authorisation itself."""
    label = _("Assignments") if opened.is_producer else _("Authorisations")
    steps = [(label, opened.list_address)]
    return steps if above else [*steps, (opened.title, opened.address)]
