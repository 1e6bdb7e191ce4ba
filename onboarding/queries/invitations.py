"""Invitations that wait to be accepted, each with what became of its mail."""

from django.db.models import QuerySet

from archive.models import Organisation
from archive.values import now
from onboarding.models import Invitation


def waiting(organisation: Organisation) -> QuerySet[Invitation]:
    """Newest first."""
    rows = Invitation.objects.filter(
        organisation=organisation, accepted_at=None, expires_at__gt=now()
    )
    return rows.order_by("-invited_at").prefetch_related("mails")
