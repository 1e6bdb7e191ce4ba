"""Marks the vault's folder as a vault, at each start; refuses a mount point that is bare."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive.config import settings
from archive.errors import StorageGone
from archive.services import storage


class Command(BaseCommand):
    help = "Marks the vault's folder as a vault, unless objects are awaited there and it is empty."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            storage.set_up()
        except StorageGone:
            raise CommandError(
                f"Objects are stored in files, and {settings().vault_dir} is empty: is its file "
                f"system mounted?"
            ) from None
