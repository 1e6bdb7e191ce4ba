"""Django's, told in words when the mail server does not take the mail."""

from smtplib import SMTPException
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import sendtestemail


class Command(sendtestemail.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except (OSError, SMTPException, ValueError) as error:
            raise CommandError(f"not sent: {type(error).__name__}: {error}") from None
