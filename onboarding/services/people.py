"""People who sign in, and their roles."""

from collections.abc import Callable

from django.db import transaction
from django.db.models import QuerySet

from archive.actors import Actor
from archive.models import Membership, Organisation, Role, User
from onboarding.models import AccessRequest, Invitation


def give_access(
    login: str, password: str, organisation: Organisation, role: Role, *, is_demo: bool = False
) -> User:
    """Make the account or renew its password, and give it the role."""
    with transaction.atomic():
        user, _ = User.objects.get_or_create(username=login, defaults={"is_demo": is_demo})
        if not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        Membership.objects.get_or_create(user=user, organisation=organisation, role=role)
        return user


def demo_accounts() -> list[str]:
    """Logins that only demo mode may have; the product refuses to start with them elsewhere."""
    rows = User.objects.filter(is_demo=True, is_active=True).order_by("username")
    return list(rows.values_list("username", flat=True))


def invite(
    actor: Actor,
    organisation: Organisation,
    *,
    email: str,
    role: Role,
    link: Callable[[str], str],
    language: str = "fi",
) -> Invitation:
    """Mail a link with a secret that is kept nowhere else; `link` turns the secret into an address.
    Raises FieldInvalid (role is not a customer's, no e-mail address).
    """
    ...


def withdraw_invitation(actor: Actor, invitation: Invitation) -> None: ...


def find_invitation(secret: str) -> Invitation:
    """For the page that asks whether to accept. Raises InvitationGone."""
    ...


def accept_invitation(secret: str, user: User) -> Membership:
    """Once, and in time. Raises InvitationGone."""
    ...


def change_role(actor: Actor, membership: Membership, role: Role) -> Membership:
    """Raises LastAdministrator."""
    ...


def remove(actor: Actor, membership: Membership) -> None:
    """Raises LastAdministrator."""
    ...


def waits_for_approval(user: User, organisation: Organisation) -> bool: ...


def access_requests(organisation: Organisation | None = None) -> QuerySet[AccessRequest]:
    """Open ones, of one organisation or all."""
    ...


def let_in(actor: Actor, request: AccessRequest, *, role: Role) -> Membership:
    """By an administrator of the organisation or an officer. Raises StepOutOfOrder."""
    ...


def turn_away(actor: Actor, request: AccessRequest) -> AccessRequest: ...
