"""`python -m tests.halfway`: what an earlier version of the product left, in an empty database:
half of the migrations done.
"""

import gc

import django
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
    gc.disable()  # as in tests.stage
    django.setup()
    leave()
