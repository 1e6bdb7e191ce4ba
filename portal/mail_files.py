"""Mails where no mail server is named: each a file of its own in MAIL_DIR."""

from pathlib import Path

from django.core.mail.backends import filebased

from archive.values import now, uuid7


class EmailBackend(filebased.EmailBackend):
    def _get_filename(self) -> str:
        """Django's name is the second and the place of an object in memory, which the next mail has
        again: it would be written into the file of the one before.
        """
        return str(Path(self.file_path) / f"{now():%Y%m%d-%H%M%S}-{uuid7()}.log")
