"""Marks the vault and the folders of its environments; refuses a mount point that is bare."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive.errors import StorageGone
from archive.services import storage


class Command(BaseCommand):
    help = "Marks the vault and each environment's folder, unless that is empty and awaits objects."
    requires_system_checks = ()  # they would load all pages; `./test` makes them

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            storage.set_up()
        except StorageGone as gone:
            raise CommandError(
                f"Objects are stored in files, and {gone.facts['folder']} is empty: is its file "
                f"system mounted?"
            ) from None
