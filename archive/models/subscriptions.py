"""How people are told of cases by mail, each by an own choice (SD-5)."""

from django.conf import settings
from django.db import models

from archive.models.choices import MailPace
from archive.models.fields import uuid_key


class CaseMail(models.Model):
    """A person's choice; who has none gets no mail, until somebody gives them a case. Hours are
    Helsinki's; in quiet hours nothing is sent, what came meanwhile follows in one mail.
    """

    id = uuid_key()
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="case_mail")
    pace = models.CharField(max_length=10, choices=MailPace, default=MailPace.OFF)
    digest_hour = models.PositiveSmallIntegerField(default=7)
    quiet_from = models.PositiveSmallIntegerField(default=0)  # equal hours: none are quiet
    quiet_until = models.PositiveSmallIntegerField(default=0)
    told_until = models.DateTimeField()  # what happened before is in no mail to come

    def __str__(self) -> str:
        return self.pace
