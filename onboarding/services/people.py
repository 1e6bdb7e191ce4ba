"""People who sign in, their roles, and how they come to have them."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from archive import ledger
from archive.actors import Actor
from archive.models import Membership, Organisation, Role, User
from archive.values import now
from onboarding.errors import FieldInvalid, InvitationGone, LastAdministrator, StepOutOfOrder
from onboarding.models import AccessRequest, Invitation, RequestState
from onboarding.rules import fields
from onboarding.rules.road import Party
from onboarding.services import letters, mails, rights, steps

INVITATION_HOLDS = timedelta(days=7)
CUSTOMER_ROLES = (Role.CUSTOMER_ADMIN, Role.CUSTOMER_TECHNICAL)


def give_access(
    login: str, password: str, organisation: Organisation, role: Role, *, is_demo: bool = False
) -> User:
    """Make the account or renew its password, and give it the role."""
    with transaction.atomic():
        user = give_account(login, password, is_demo=is_demo)
        Membership.objects.get_or_create(user=user, organisation=organisation, role=role)
        return user


def give_account(login: str, password: str, *, is_demo: bool = False) -> User:
    """Make the account or renew its password."""
    user, _ = User.objects.get_or_create(username=login, defaults={"is_demo": is_demo})
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


def demo_accounts() -> list[str]:
    """Logins that only demo mode may have; the product refuses to start with them elsewhere."""
    rows = User.objects.filter(is_demo=True, is_active=True).order_by("username")
    return list(rows.values_list("username", flat=True))


# --- invitations ----------------------------------------------------------------------------------


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
    rights.require(actor, organisation, Party.CUSTOMER, Party.OFFICER)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            organisation=organisation,
            email=fields.email(email, "email"),
            role=_customer_role(organisation, role),
            secret_sha256=_digest(secret),
            invited_by=actor.name,
            invited_at=now(),
            expires_at=now() + INVITATION_HOLDS,
        )
        _record(actor, organisation, f"{invitation.email} invited as {invitation.role}")
        values = {
            "inviter": actor.name,
            "link": link(secret),
            "expires": invitation.expires_at.date(),
        }
        letter = mails.Letter(*letters.INVITED, values)
        mails.to_readers({invitation.email: language}, organisation, letter)
        return invitation


def withdraw_invitation(actor: Actor, invitation: Invitation) -> None:
    """Raises InvitationGone when it has been accepted."""
    rights.require(actor, invitation.organisation, Party.CUSTOMER, Party.OFFICER)
    with transaction.atomic():
        found = Invitation.objects.select_for_update().filter(id=invitation.id, accepted_at=None)
        if not found.update(expires_at=now()):
            raise InvitationGone()
        _record(actor, invitation.organisation, f"invitation of {invitation.email} withdrawn")


def find_invitation(secret: str) -> Invitation:
    """For the page that asks whether to accept. Raises InvitationGone."""
    rows = Invitation.objects.select_related("organisation")
    found = rows.filter(
        secret_sha256=_digest(secret), accepted_at=None, expires_at__gt=now()
    ).first()
    if found is None:
        raise InvitationGone()
    return found


def accept_invitation(secret: str, user: User) -> Membership:
    """Once, and in time. Raises InvitationGone."""
    invitation = find_invitation(secret)
    with transaction.atomic():
        rows = Invitation.objects.filter(id=invitation.id, accepted_at=None)
        if not rows.update(accepted_at=now()):
            raise InvitationGone()
        return _give(
            rights.person(user, invitation.organisation),
            invitation.organisation,
            user,
            Role(invitation.role),
        )


def _digest(secret: str) -> bytes:
    """The secret is random, 256 bits, so a plain digest of it is safe."""
    return hashlib.sha256(secret.encode()).digest()


# --- roles ----------------------------------------------------------------------------------------


def change_role(actor: Actor, membership: Membership, role: Role) -> Membership:
    """Raises LastAdministrator, FieldInvalid (a role of the staff)."""
    rights.require(actor, membership.organisation, Party.CUSTOMER, Party.OFFICER)
    with transaction.atomic():
        held = _locked(membership)
        wanted = _customer_role(held.organisation, role)
        if wanted != Role.CUSTOMER_ADMIN:
            _require_another(held)
        twin = Membership.objects.filter(
            user=held.user, organisation=held.organisation, role=wanted
        ).exclude(id=held.id)
        twin.delete()
        held.role = wanted
        held.save(update_fields=["role"])
        _record(actor, held.organisation, f"{held.user} is {wanted}")
        return held


def remove(actor: Actor, membership: Membership) -> None:
    """Raises LastAdministrator."""
    rights.require(actor, membership.organisation, Party.CUSTOMER, Party.OFFICER)
    with transaction.atomic():
        held = _locked(membership)
        _customer_role(held.organisation, Role(held.role))
        _require_another(held)
        _record(actor, held.organisation, f"{held.user} is {held.role} no more")
        held.delete()


def _locked(membership: Membership) -> Membership:
    """With its organisation held, so that two administrators cannot remove each other at once.
    Raises StepOutOfOrder when it is gone.
    """
    Organisation.objects.select_for_update().get(id=membership.organisation_id)
    rows = Membership.objects.select_related("user", "organisation")
    found = rows.filter(id=membership.id).first()
    if found is None:
        raise StepOutOfOrder()
    return found


def _administrators(organisation: Organisation) -> QuerySet[Membership]:
    return Membership.objects.filter(
        organisation=organisation, role=Role.CUSTOMER_ADMIN, user__is_active=True
    )


def has_administrator(organisation: Organisation) -> bool:
    return _administrators(organisation).exists()


def _require_another(held: Membership) -> None:
    """Somebody can still act for the organisation without this row."""
    others = _administrators(held.organisation).exclude(user=held.user)
    if held.role == Role.CUSTOMER_ADMIN and not others.exists():
        raise LastAdministrator()


def _customer_role(organisation: Organisation, role: Role) -> Role:
    """Nobody gives the operator's roles this way. Raises FieldInvalid."""
    if organisation.is_operator or role not in CUSTOMER_ROLES:
        raise FieldInvalid(facts={"field": "role"})
    return Role(role)


def _give(actor: Actor, organisation: Organisation, user: User, role: Role) -> Membership:
    given, made = Membership.objects.get_or_create(
        user=user, organisation=organisation, role=_customer_role(organisation, role)
    )
    if made:
        _record(actor, organisation, f"{user} is {role}")
    return given


# --- who asks to be let in ------------------------------------------------------------------------


def waits_for_approval(user: User, organisation: Organisation) -> bool:
    return AccessRequest.objects.filter(
        user=user, organisation=organisation, state=RequestState.OPEN
    ).exists()


def access_requests(organisation: Organisation | None = None) -> QuerySet[AccessRequest]:
    """Open ones, of one organisation or all; oldest first."""
    rows = AccessRequest.objects.filter(state=RequestState.OPEN)
    if organisation is not None:
        rows = rows.filter(organisation=organisation)
    return rows.select_related("organisation", "user").order_by("asked_at")


def let_in(actor: Actor, request: AccessRequest, *, role: Role) -> Membership:
    """By an administrator of the organisation or an officer. Raises StepOutOfOrder when it is
    decided already.
    """
    with transaction.atomic():
        held = _decide(actor, request, RequestState.DONE)
        given = _give(actor, held.organisation, held.user, role)
        if held.user.email:
            letter = mails.Letter(*letters.LET_IN)
            reader = {held.user.email: held.user.language}
            mails.to_readers(reader, held.organisation, letter)
        return given


def turn_away(actor: Actor, request: AccessRequest) -> AccessRequest:
    """Raises StepOutOfOrder when it is decided already."""
    with transaction.atomic():
        held = _decide(actor, request, RequestState.REFUSED)
        _record(actor, held.organisation, f"{held.user} turned away")
        return held


def _decide(actor: Actor, request: AccessRequest, state: RequestState) -> AccessRequest:
    rights.require(actor, request.organisation, Party.CUSTOMER, Party.OFFICER)
    rows = AccessRequest.objects.filter(id=request.id, state=RequestState.OPEN)
    if not rows.update(state=state, decided_by=actor.name, decided_at=now()):
        raise StepOutOfOrder()
    return AccessRequest.objects.select_related("organisation", "user").get(id=request.id)


def _record(actor: Actor, organisation: Organisation, what: str) -> None:
    about = steps.about(organisation)
    ledger.record(ledger.Kind.ACCESS_CHANGED, about, {"what": what}, actor=actor)
