"""People who sign in, their roles, and how they come to have them."""

from collections.abc import Mapping

from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import QuerySet

from archive import ledger
from archive.actors import SYSTEM, Actor
from archive.models import Membership, Organisation, Role, User
from archive.values import now
from onboarding.errors import FieldInvalid, LastAdministrator, StepOutOfOrder
from onboarding.models import AccessRequest, Invitation, RequestState
from onboarding.rules.road import Party
from onboarding.services import invitations, letters, mails, memberships, rights


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
    user, is_new = User.objects.get_or_create(username=login, defaults={"is_demo": is_demo})
    if is_new or not user.check_password(password):  # half a second each
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


def demo_accounts() -> list[str]:
    """Logins that only demo mode may have; the product refuses to start with them elsewhere."""
    rows = User.objects.filter(is_demo=True, is_active=True).order_by("username")
    return list(rows.values_list("username", flat=True))


def forget_sessions() -> None:
    """Those that are over: they hold whom somebody looked at, and why."""
    SessionStore.clear_expired()


def sign_in_changed(actor: Actor, user: User, what: str) -> None:
    """A person's own password or second factor is another than before."""
    about = ledger.About(organisation_id=actor.organisation_id, subject_id=user.id)
    ledger.record(ledger.Kind.ACCESS_CHANGED, about, {"what": f"{user}: {what}"}, actor=actor)


def signed_in(actor: Actor, user: User, how: str) -> None:
    """`how`: the ways in which the person proved who it is."""
    _of_session(ledger.Kind.SIGNED_IN, user, {"how": how}, actor)


def signed_out(actor: Actor, user: User) -> None:
    """By the person, or because nobody used the session."""
    _of_session(ledger.Kind.SIGNED_OUT, user, {}, actor)


def sign_in_refused(user: User) -> None:
    """Somebody gave a wrong password for the account; who that was nobody knows."""
    _of_session(ledger.Kind.SIGN_IN_REFUSED, user, {"account": str(user)}, SYSTEM)


def _of_session(kind: ledger.Kind, user: User, facts: Mapping[str, str], actor: Actor) -> None:
    about = ledger.About(organisation_id=actor.organisation_id, subject_id=user.id)
    ledger.record(kind, about, facts, actor=actor)


# --- invitations ----------------------------------------------------------------------------------


def invite(
    actor: Actor,
    organisation: Organisation,
    *,
    email: str,
    role: Role,
    link: invitations.Link,
    language: str = "fi",
) -> Invitation:
    """Mail a link with a secret that is kept nowhere else. Raises FieldInvalid (role is not a
    customer's, no e-mail address).
    """
    rights.require(actor, organisation, Party.CUSTOMER, Party.OFFICER)
    return invitations.send(
        actor,
        organisation,
        email=email,
        role=_customer_role(organisation, role),
        link=link,
        language=language,
    )


def withdraw_invitation(actor: Actor, invitation: Invitation) -> None:
    """Raises InvitationGone when it has been accepted."""
    rights.require(actor, invitation.organisation, Party.CUSTOMER, Party.OFFICER)
    invitations.withdraw(actor, invitation)


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
        memberships.record(actor, held.organisation, f"{held.user} is {wanted}")
        return held


def remove(actor: Actor, membership: Membership) -> None:
    """Raises LastAdministrator."""
    rights.require(actor, membership.organisation, Party.CUSTOMER, Party.OFFICER)
    with transaction.atomic():
        held = _locked(membership)
        _customer_role(held.organisation, Role(held.role))
        _require_another(held)
        memberships.record(actor, held.organisation, f"{held.user} is {held.role} no more")
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
    if organisation.is_operator:
        raise FieldInvalid(facts={"field": "role"})
    return memberships.fitting(organisation, role)


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
        wanted = _customer_role(held.organisation, role)
        given = memberships.give(actor, held.organisation, held.user, wanted)
        if held.user.email:
            letter = mails.Letter(*letters.LET_IN, place="home")
            reader = {held.user.email: held.user.language}
            mails.to_readers(reader, held.organisation, letter)
        return given


def turn_away(actor: Actor, request: AccessRequest) -> AccessRequest:
    """Raises StepOutOfOrder when it is decided already."""
    with transaction.atomic():
        held = _decide(actor, request, RequestState.REFUSED)
        memberships.record(actor, held.organisation, f"{held.user} turned away")
        return held


def require_open(request: AccessRequest) -> None:
    """Raises StepOutOfOrder: about whom, who has decided it, what and when."""
    if request.state != RequestState.OPEN:
        at = request.decided_at.isoformat() if request.decided_at else ""
        who = request.user.get_full_name() or request.user.username
        facts = {"who": who, "decided": request.state, "by": request.decided_by, "at": at}
        raise StepOutOfOrder(f"decided already by {request.decided_by}", facts=facts)


def _decide(actor: Actor, request: AccessRequest, state: RequestState) -> AccessRequest:
    rights.require(actor, request.organisation, Party.CUSTOMER, Party.OFFICER)
    rows = AccessRequest.objects.select_related("organisation", "user")
    held = rows.select_for_update(of=("self",)).get(id=request.id)
    require_open(held)
    held.state, held.decided_by, held.decided_at = state, actor.name, now()
    held.save(update_fields=["state", "decided_by", "decided_at"])
    return held
