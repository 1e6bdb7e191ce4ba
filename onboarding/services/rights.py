"""Who acts, seen from one customer. Memberships decide, not what the session remembers; the roles
that an actor comes with may be fewer, as an access token has them.
"""

from uuid import UUID

from archive.actors import Actor, ActorKind
from archive.models import Membership, Organisation, Role, User
from onboarding.errors import ActorUnfit
from onboarding.rules.road import Party

OFFICERS = frozenset({Role.ADMIN.value, Role.ONBOARDING.value})


def party_of(actor: Actor, organisation: Organisation) -> Party | None:
    """None for who has no business with this customer."""
    if actor.kind == ActorKind.SYSTEM:
        return Party.SYSTEM
    if actor.kind == ActorKind.STAFF:
        return Party.OFFICER if actor.roles & OFFICERS else Party.STAFF
    if actor.kind != ActorKind.CUSTOMER or actor.id is None:
        return None
    held = set(
        Membership.objects.filter(user_id=actor.id, organisation=organisation).values_list(
            "role", flat=True
        )
    )
    if actor.roles:
        held &= actor.roles
    if Role.CUSTOMER_ADMIN in held:
        return Party.CUSTOMER
    return Party.TECHNICAL if Role.CUSTOMER_TECHNICAL in held else None


def require(actor: Actor, organisation: Organisation, *allowed: Party) -> Party:
    """Raises ActorUnfit."""
    party = party_of(actor, organisation)
    if party is None or party not in allowed:
        raise ActorUnfit()
    return party


def require_officer(actor: Actor) -> UUID:
    """For what concerns no single customer, or needs to be known by account. Raises ActorUnfit."""
    if actor.kind != ActorKind.STAFF or not actor.roles & OFFICERS or actor.id is None:
        raise ActorUnfit()
    return actor.id


def person(user: User, organisation: Organisation) -> Actor:
    """Somebody who acts for this customer; what the person may, `party_of` finds."""
    name = user.get_full_name() or user.get_username()
    return Actor(ActorKind.CUSTOMER, name, user.id, organisation.id)
