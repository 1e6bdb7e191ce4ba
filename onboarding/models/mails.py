"""Mails that are owed to people of customers and of the operator."""

from django.db import models
from django.db.models import Q

from archive.models import Organisation
from archive.models.fields import uuid_key
from onboarding.models.choices import MailState
from onboarding.models.joining import Invitation


class OutgoingMail(models.Model):
    """One mail to one address, written in the transaction of what it tells. Its body, which may
    hold an invitation's secret, is gone as soon as nobody will send it any more.

    Without an organisation it is to whoever has an account, or wants one: such a row goes with it.
    """

    id = uuid_key()
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="mails", null=True, blank=True
    )
    invitation = models.ForeignKey(
        Invitation, models.PROTECT, related_name="mails", null=True, blank=True
    )
    address = models.EmailField()
    language = models.CharField(max_length=5)
    subject = models.TextField()
    body = models.TextField(blank=True)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(body="") | Q(sent_at=None, given_up_at=None),
                name="mail_ended_has_no_body",
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    @property
    def state(self) -> MailState:
        if self.sent_at is not None:
            return MailState.GONE
        return MailState.WAITS if self.given_up_at is None else MailState.FAILED
