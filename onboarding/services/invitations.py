"""An invitation to act for an organisation: mailed with a secret, accepted once, in time."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from archive.actors import Actor
from archive.models import STAFF_ROLES, Membership, Organisation, Role, User
from archive.values import civil_day, now
from onboarding.errors import FieldInvalid, InvitationGone, InvitationOfAnother
from onboarding.models import Invitation, OutgoingMail
from onboarding.rules import fields
from onboarding.services import letters, mails, memberships

HOLDS = timedelta(days=7)
Link = Callable[[str], str]  # turns the secret into an address


def send(
    actor: Actor, organisation: Organisation, *, email: str, role: Role, link: Link, language: str
) -> Invitation:
    """The caller has checked who acts and which role. It takes the place of one whose mail did not
    go. Raises FieldInvalid (no e-mail address).
    """
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        _end_failed(organisation, email, role)
        made = Invitation.objects.create(
            organisation=organisation,
            email=fields.email(email, "email"),
            role=role,
            secret_sha256=_digest(secret),
            invited_by=actor.name,
            invited_at=now(),
            expires_at=now() + HOLDS,
        )
        memberships.record(actor, organisation, f"{made.email} invited as {made.role}")
        last_day = civil_day(made.expires_at)
        values = {"inviter": actor.name, "link": link(secret), "expires": last_day}
        letter = mails.Letter(*letters.INVITED, values)
        mails.to_readers({made.email: language}, organisation, letter, made)
        return made


def _end_failed(organisation: Organisation, email: str, role: Role) -> None:
    failed = OutgoingMail.objects.filter(given_up_at__isnull=False).values("invitation")
    rows = Invitation.objects.filter(organisation=organisation, email__iexact=email, role=role)
    rows.filter(id__in=failed, accepted_at=None, expires_at__gt=now()).update(expires_at=now())


def withdraw(actor: Actor, invitation: Invitation) -> None:
    """Raises InvitationGone when it has been accepted."""
    with transaction.atomic():
        found = Invitation.objects.select_for_update().filter(id=invitation.id, accepted_at=None)
        if not found.update(expires_at=now()):
            raise InvitationGone()
        mails.call_back(invitation)
        what = f"invitation of {invitation.email} withdrawn"
        memberships.record(actor, invitation.organisation, what)


def find(secret: str) -> Invitation:
    """For the page that asks whether to accept. Raises InvitationGone."""
    rows = Invitation.objects.select_related("organisation")
    found = rows.filter(
        secret_sha256=_digest(secret), accepted_at=None, expires_at__gt=now()
    ).first()
    if found is None:
        raise InvitationGone()
    return found


def former(secret: str) -> Invitation | None:
    """One that was accepted, withdrawn or has expired; for the page that says what to do then."""
    rows = Invitation.objects.select_related("organisation")
    return rows.filter(secret_sha256=_digest(secret)).first()


def accept(secret: str, user: User) -> Membership:
    """Once, and in time. Raises InvitationGone; InvitationOfAnother for a role of the staff, which
    goes to the verified address that was invited and to no other.
    """
    invitation = find(secret)
    if invitation.role in STAFF_ROLES and not _has(user, invitation.email):
        raise InvitationOfAnother()
    with transaction.atomic():
        rows = Invitation.objects.filter(id=invitation.id, accepted_at=None)
        rows = rows.filter(expires_at__gt=now())  # it may have been withdrawn this moment
        if not rows.update(accepted_at=now()):
            raise InvitationGone()
        return memberships.give(
            memberships.person(user, invitation.organisation),
            invitation.organisation,
            user,
            Role(invitation.role),
        )


def _has(user: User, email: str) -> bool:
    return EmailAddress.objects.filter(user=user, email__iexact=email, verified=True).exists()


# --- who has no account yet -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewAccount:
    first_name: str
    last_name: str
    password: str
    language: str


def needs_account(invitation: Invitation) -> bool:
    """Nobody has an account with the invited address."""
    known = EmailAddress.objects.filter(email__iexact=invitation.email).exists()
    return not known and not User.objects.filter(email__iexact=invitation.email).exists()


def accept_as_new(secret: str, told: NewAccount) -> User:
    """Make the account and accept: the secret came to the address, which is verified by it. Raises
    InvitationGone, InvitationOfAnother when the address has an account, FieldInvalid.
    """
    with transaction.atomic():
        # Held: who presses the button twice is told so, and not that the archive has a fault.
        held = Invitation.objects.select_for_update().filter(id=find(secret).id, accepted_at=None)
        invitation = held.first()
        if invitation is None:
            raise InvitationGone()
        if not needs_account(invitation):
            raise InvitationOfAnother()
        email = invitation.email.lower()
        user = User(
            username=email[:150],
            email=email,
            first_name=fields.text(told.first_name, "first_name", limit=150),
            last_name=fields.text(told.last_name, "last_name", limit=150),
            language=told.language,
        )
        try:
            validate_password(told.password, user)
        except ValidationError as error:
            raise FieldInvalid(
                facts={"field": "password", "said": " ".join(error.messages)}
            ) from None
        user.set_password(told.password)
        user.save()
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        accept(secret, user)
        return user


def _digest(secret: str) -> bytes:
    """The secret is random, 256 bits, so a plain digest of it is safe."""
    return hashlib.sha256(secret.encode()).digest()
