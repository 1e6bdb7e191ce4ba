"""The operator's own people: invited with a role, given others, shut out and let in again (NF-3).

By an administrator; somebody can always administer. Every change is in the ledger.
"""

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import QuerySet

from archive.actors import SYSTEM, Actor, ActorKind
from archive.models import CASE_WORKERS, STAFF_ROLES, Membership, Organisation, Role, User
from archive.services import case_work
from onboarding.errors import ActorUnfit, FieldInvalid, LastAdministrator
from onboarding.models import Invitation
from onboarding.rules import fields
from onboarding.services import invitations, memberships

ROLES = tuple(role for role in Role if role in STAFF_ROLES)


def operator() -> Organisation:
    return Organisation.objects.get(is_operator=True)


def require_administrator(actor: Actor) -> None:
    """Raises ActorUnfit."""
    if actor.kind != ActorKind.STAFF or Role.ADMIN.value not in actor.roles:
        raise ActorUnfit()


# --- invited --------------------------------------------------------------------------------------


def invite(
    actor: Actor, *, email: str, role: str, link: invitations.Link, language: str
) -> Invitation:
    """Raises FieldInvalid (no e-mail address, no role of the staff)."""
    require_administrator(actor)
    own = operator()
    wanted = memberships.fitting(own, role)
    return invitations.send(actor, own, email=email, role=wanted, link=link, language=language)


def withdraw(actor: Actor, invitation: Invitation) -> None:
    """Raises InvitationGone when it has been accepted."""
    require_administrator(actor)
    invitations.withdraw(actor, invitation)


# --- changed --------------------------------------------------------------------------------------


def set_roles(actor: Actor, user: User, roles: Iterable[str]) -> None:
    """These and no others. Raises FieldInvalid without any, LastAdministrator."""
    require_administrator(actor)
    with transaction.atomic():
        own = _locked()
        wanted = {memberships.fitting(own, role) for role in roles}
        if not wanted:
            raise FieldInvalid(facts={"field": "roles"})
        held = {Role(row.role): row for row in _of(user)}
        if Role.ADMIN in held and Role.ADMIN not in wanted:
            _require_another(user)
        for role in sorted(held.keys() - wanted):
            held[role].delete()
            memberships.record(actor, own, f"{user} is {role} no more")
        for role in sorted(wanted - held.keys()):
            memberships.give(actor, own, user, role)
        if not wanted & CASE_WORKERS:
            case_work.let_go_of(actor, user)


def deactivate(actor: Actor, user: User) -> None:
    """From this request on nobody acts with the account; its cases have no owner. Raises
    LastAdministrator.
    """
    require_administrator(actor)
    with transaction.atomic():
        own = _locked()
        if any(row.role == Role.ADMIN for row in _of(user)):
            _require_another(user)
        if User.objects.filter(id=user.id, is_active=True).update(is_active=False):
            memberships.record(actor, own, f"account of {user} closed")
            case_work.let_go_of(actor, user)


def reactivate(actor: Actor, user: User) -> None:
    """With the roles it had."""
    require_administrator(actor)
    with transaction.atomic():
        if User.objects.filter(id=user.id, is_active=False).update(is_active=True):
            memberships.record(actor, operator(), f"account of {user} opened again")


def drop_second_factor(actor: Actor, user: User) -> None:
    """For somebody who has lost it; a new one is asked for at the next page."""
    require_administrator(actor)
    _drop_second_factor(actor, user)


def _drop_second_factor(actor: Actor, user: User) -> None:
    with transaction.atomic():
        if Authenticator.objects.filter(user=user).delete()[0]:
            memberships.record(actor, operator(), f"second factor of {user} reset")


def _locked() -> Organisation:
    """Held, so that two administrators cannot remove each other at once."""
    return Organisation.objects.select_for_update().get(is_operator=True)


def _of(user: User) -> QuerySet[Membership]:
    return Membership.objects.filter(
        user=user, organisation__is_operator=True, role__in=STAFF_ROLES
    )


def _require_another(user: User) -> None:
    administrators = Membership.objects.filter(
        organisation__is_operator=True, role=Role.ADMIN, user__is_active=True
    )
    if not administrators.exclude(user=user).exists():
        raise LastAdministrator()


# --- the first one --------------------------------------------------------------------------------


def make_administrator(
    email: str, *, first_name: str = "", last_name: str = "", resets_second_factor: bool = False
) -> User:
    """By whoever runs the machine: the first administrator, or one that was locked out. Its
    password is set by a link. Raises FieldInvalid.
    """
    address = fields.email(email, "email").lower()
    with transaction.atomic():
        own = _locked()
        user = User.objects.filter(email__iexact=address).first()
        if user is None:
            names = {"first_name": first_name[:150], "last_name": last_name[:150]}
            user = User.objects.create_user(address[:150], address, password=None, **names)
            memberships.record(SYSTEM, own, f"account of {user} made")
        if not user.is_active:
            User.objects.filter(id=user.id).update(is_active=True)
            memberships.record(SYSTEM, own, f"account of {user} opened again")
        EmailAddress.objects.update_or_create(
            user=user, email=address, defaults={"verified": True, "primary": True}
        )
        memberships.give(SYSTEM, own, user, Role.ADMIN)
        if resets_second_factor:
            _drop_second_factor(SYSTEM, user)
        return User.objects.get(id=user.id)
