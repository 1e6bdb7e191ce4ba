"""Django's, which says what became of the mail."""

from smtplib import SMTPException
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import sendtestemail

from archive.config import settings


class Command(sendtestemail.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except (OSError, SMTPException, ValueError) as error:
            raise CommandError(f"not sent: {type(error).__name__}: {error}") from None
        config = settings()
        if config.mail_server:
            self.stdout.write(f"{config.mail_server}:{config.mail_port} took it.")
        else:
            self.stdout.write(f"No MAIL_SERVER is set: it is a file in {config.mail_dir}, and")
            self.stdout.write("reaches nobody, as every mail of this archive.")
