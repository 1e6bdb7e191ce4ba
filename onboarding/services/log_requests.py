"""Requests for explanation as a customer's people meet them: the administrators, and whoever is the
data protection contact, see what they are asked and answer it (LG-5).
"""

from uuid import UUID

from django.db.models import QuerySet

from archive import ledger
from archive.actors import Actor, ActorKind
from archive.errors import NotFound
from archive.models import ExplanationRequest, Membership, Role, User
from archive.services import review_explanations
from onboarding.models import Contact, ContactKind


def open_to(actor: Actor) -> QuerySet[ExplanationRequest]:
    """Those that this person may read and answer."""
    rows = ExplanationRequest.objects.filter(organisation_id__in=answers_for(actor))
    return rows.select_related("organisation", "case")


def answers_for(actor: Actor) -> set[UUID]:
    """The customers for which this person answers, in the roles that the actor comes with."""
    if actor.kind != ActorKind.CUSTOMER or actor.id is None:
        return set()
    rows = Membership.objects.filter(user_id=actor.id, organisation__is_operator=False)
    if actor.roles:
        rows = rows.filter(role__in=actor.roles)
    held = set(rows.values_list("organisation_id", flat=True))
    administered = rows.filter(role=Role.CUSTOMER_ADMIN)
    found = set(administered.values_list("organisation_id", flat=True))
    email = User.objects.values_list("email", flat=True).filter(id=actor.id).first()
    if email:
        contacts = Contact.objects.filter(
            kind=ContactKind.DATA_PROTECTION, email__iexact=email, organisation_id__in=held
        )
        found |= set(contacts.values_list("organisation_id", flat=True))
    return found


def one(actor: Actor, request_id: UUID) -> ExplanationRequest:
    """Raises NotFound."""
    row = open_to(actor).filter(id=request_id).first()
    if row is None:
        raise NotFound()
    return row


def viewed(actor: Actor, row: ExplanationRequest) -> None:
    """Written before it is shown."""
    about = ledger.About(
        environment=row.case.environment, organisation_id=row.organisation_id, subject_id=row.id
    )
    facts = {"what": "explanation asked for", "number": str(row.case)}
    ledger.record(ledger.Kind.REVIEW_VIEWED, about, facts, actor=actor)


def answer(actor: Actor, request_id: UUID, text: str) -> None:
    """Raises NotFound, ExplanationDecided."""
    review_explanations.answer(actor, one(actor, request_id), text)
