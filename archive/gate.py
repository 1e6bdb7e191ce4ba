"""The only way to decide access: require(...) for one object, visible(...) for a queryset.

Both follow `rules.access.decide`; a property test holds them equal.
"""

from typing import Protocol, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from archive.actors import Actor, ActorKind
from archive.errors import NotFound
from archive.models import STAFF_ROLES
from archive.rules.access import (
    BY_PEOPLE,
    CORRECTORS,
    SEERS,
    Action,
    Decision,
    Subject,
    decide,
)


class _Registered(Protocol):
    organisation_id: UUID


class InRegister(Protocol):
    """A study or a document: it stands in one register of one environment."""

    environment: str

    @property
    def register(self) -> _Registered: ...


M = TypeVar("M", bound=Model)


def ask(actor: Actor, action: Action, item: InRegister) -> Decision:
    """The decision itself, for a screen that explains it."""
    return decide(actor, action, Subject(item.environment, item.register.organisation_id))


def require(actor: Actor, action: Action, item: InRegister) -> Decision:
    """Raises NotFound, worded as for what is not there: a refusal confirms no existence."""
    decision = ask(actor, action, item)
    if not decision.allowed:
        raise NotFound()
    return decision


def visible(rows: QuerySet[M], actor: Actor, action: Action = Action.QUERY) -> QuerySet[M]:
    """The rows of studies or documents that `decide` allows, narrowed in SQL."""
    if actor.kind == ActorKind.SYSTEM:
        return rows
    if actor.kind == ActorKind.CONNECTION and action not in BY_PEOPLE:
        return rows.filter(
            environment=actor.environment, register__organisation_id=actor.organisation_id
        )
    if actor.kind == ActorKind.STAFF:
        roles = actor.roles & STAFF_ROLES
        seer = bool(roles & SEERS) and (action != Action.SEE_PATIENT or bool(actor.reason))
        if action == Action.CORRECT:
            seer = bool(roles & CORRECTORS)
        if seer or (action == Action.SEE_STUDY and roles):
            return rows
    return rows.none()
