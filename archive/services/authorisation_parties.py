"""Who is what to an authorisation: whose register it is, who produces, and who speaks for them."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from archive.actors import Actor, ActorKind
from archive.errors.authorisations import ControllerDiffers, SubcontractingRefused
from archive.models import (
    Authorisation,
    CustomerState,
    Environment,
    Organisation,
    Register,
)
from archive.queries import standing
from archive.queries.authorisations import organisations_of
from archive.rules.authorisations import Fault, Faults, Side
from archive.values import now, today


def sides(actor: Actor, row: Authorisation) -> frozenset[Side]:
    """What the actor is to this authorisation."""
    if actor.kind == ActorKind.SYSTEM:
        return frozenset({Side.TIME})
    if actor.kind == ActorKind.CONNECTION and actor.environment != row.environment:
        return frozenset()
    own = organisations_of(actor)
    found = {Side.ORGANISER: row.organiser_id in own, Side.PRODUCER: row.producer_id in own}
    return frozenset(side for side, is_it in found.items() if is_it)


def require_controller(actor: Actor, register: Register, environment: str) -> None:
    """Raises SubcontractingRefused, ControllerDiffers."""
    if actor.kind == ActorKind.CONNECTION and actor.environment != environment:
        raise ControllerDiffers()
    own = organisations_of(actor)
    if register.organisation_id not in own:
        raise not_controller(own, register, environment)


def not_controller(
    organisations: Iterable[UUID], register: Register, environment: str
) -> ControllerDiffers | SubcontractingRefused:
    """A producer of the register is told that chains are not possible; anybody else, that it is not
    the controller.
    """
    granted = (
        standing.authorisations(each, environment, now()).filter(register=register)
        for each in organisations
    )
    return (
        SubcontractingRefused() if any(rows.exists() for rows in granted) else ControllerDiffers()
    )


def using(environment: str) -> QuerySet[Organisation]:
    """Customers in production; in the test environment those on their way as well."""
    rows = Organisation.objects.filter(is_operator=False).exclude(ended_on__lt=today())
    if environment == Environment.PRODUCTION:
        return rows.filter(state=CustomerState.IN_PRODUCTION)
    return rows.exclude(state=CustomerState.ENDED)


def producers(organiser_id: UUID, environment: str) -> QuerySet[Organisation]:
    """Who can be named: another customer in use."""
    return using(environment).exclude(id=organiser_id)


def organiser_faults(organiser_id: UUID, environment: str) -> Faults:
    """Who has registered and is not in use yet, or has left, orders nothing into its register."""
    if not using(environment).filter(id=organiser_id).exists():
        yield "register", Fault.ORGANISER_NOT_IN_USE


def producer_faults(organiser_id: UUID, producer: Organisation | None, environment: str) -> Faults:
    """A producer is one customer in use, and not the organiser itself."""
    if producer is None:
        return
    if producer.id == organiser_id:
        yield "producer", Fault.PRODUCER_IS_ORGANISER
    elif not producers(organiser_id, environment).filter(id=producer.id).exists():
        yield "producer", Fault.PRODUCER_NOT_IN_USE
