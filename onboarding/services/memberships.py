"""Roles given and noted; who may give which is `people`'s and `staff`'s affair."""

from archive import ledger
from archive.actors import Actor, ActorKind
from archive.models import STAFF_ROLES, Membership, Organisation, Role, User
from onboarding.errors import FieldInvalid
from onboarding.services import rights, steps

CUSTOMER_ROLES = (Role.CUSTOMER_ADMIN, Role.CUSTOMER_TECHNICAL)


def fitting(organisation: Organisation, role: str) -> Role:
    """The operator's roles are given in the operator only, a customer's in customers. Raises
    FieldInvalid.
    """
    fits = role in STAFF_ROLES if organisation.is_operator else role in CUSTOMER_ROLES
    if not fits:
        raise FieldInvalid(facts={"field": "role"})
    return Role(role)


def person(user: User, organisation: Organisation) -> Actor:
    """Somebody who is about to act for the organisation."""
    if not organisation.is_operator:
        return rights.person(user, organisation)
    name = user.get_full_name() or user.get_username()
    return Actor(ActorKind.STAFF, name, user.id, organisation.id)


def give(actor: Actor, organisation: Organisation, user: User, role: Role) -> Membership:
    given, made = Membership.objects.get_or_create(
        user=user, organisation=organisation, role=fitting(organisation, role)
    )
    if made:
        record(actor, organisation, f"{user} is {role}")
    return given


def record(actor: Actor, organisation: Organisation, what: str) -> None:
    about = steps.about(organisation)
    ledger.record(ledger.Kind.ACCESS_CHANGED, about, {"what": what}, actor=actor)
