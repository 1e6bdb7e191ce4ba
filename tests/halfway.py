"""`python -m tests.halfway`: an earlier version of the product, brought up to date: of an empty
database half of the migrations are done, and then the rest of them, as `migrate` does.
"""

import gc

import django
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

LEFT = (
    ("archive", "0040_persons_and_messages"),
    ("onboarding", "0040_hl7_senders"),
    ("account", "0009_emailaddress_unique_primary_email"),
    ("mfa", "0003_authenticator_type_uniq"),
    ("sessions", "0001_initial"),
)


def leave() -> None:
    executor = MigrationExecutor(connections["owner"])
    executor.loader = MigrationLoader(connections["owner"], replace_migrations=False)
    executor.migrate(LEFT)


if __name__ == "__main__":
    # As in tests.stage; but of 15,000 historical models not all are kept.
    gc.set_threshold(500_000, 50, 50)
    django.setup()
    leave()
    call_command("migrate", database="owner", interactive=False, no_color=True)
