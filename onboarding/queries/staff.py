"""The operator's own people, as the administrator's page shows them (NF-3)."""

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from archive.models import STAFF_ROLES, Membership, Organisation, Role, User
from onboarding.models import Invitation
from onboarding.queries.customers import alphabet_key
from onboarding.queries.invitations import waiting

FACTORS = {Authenticator.Type.TOTP: "app", Authenticator.Type.WEBAUTHN: "key"}


@dataclass(frozen=True, slots=True)
class Colleague:
    """`factors` are "app" and "key"."""

    user: User
    roles: tuple[Role, ...]
    factors: frozenset[str]

    @property
    def name(self) -> str:
        return self.user.get_full_name() or self.user.get_username()


def colleagues() -> list[Colleague]:
    """Those who may sign in before those who may not; by name."""
    rows = Membership.objects.filter(organisation__is_operator=True, role__in=STAFF_ROLES)
    roles: dict[User, list[Role]] = {}
    for row in rows.select_related("user"):
        roles.setdefault(row.user, []).append(Role(row.role))
    factors: dict[object, set[str]] = {}
    for held in Authenticator.objects.filter(user__in=roles, type__in=FACTORS):
        factors.setdefault(held.user_id, set()).add(FACTORS[Authenticator.Type(held.type)])
    found = [
        Colleague(user, tuple(sorted(own)), frozenset(factors.get(user.id, ())))
        for user, own in roles.items()
    ]
    return sorted(found, key=lambda each: (not each.user.is_active, alphabet_key(each.name)))


def invitations() -> QuerySet[Invitation]:
    """To the staff, open ones; newest first."""
    return waiting(Organisation.objects.get(is_operator=True))
