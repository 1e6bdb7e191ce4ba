"""The test databases themselves: who may do what in them."""

import os
import subprocess
import sys

import psycopg
import pytest
from django.db import connection, transaction

from archive.models import User


@pytest.mark.django_db
def test_the_application_owns_no_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("idr_app", False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_the_application_may_write_and_may_not_truncate() -> None:
    User.objects.create(username="trial")
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        connection.cursor().execute("TRUNCATE archive_user CASCADE")


def test_a_fresh_database_is_shared_with_other_processes(fresh_database: str) -> None:
    User.objects.create(username="trial")
    script = "from archive.models import User; print(User.objects.filter(username='trial').count())"
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "1"


def test_a_fresh_database_starts_without_what_others_committed(fresh_database: str) -> None:
    assert not User.objects.filter(username="trial").exists()
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        assert owner.execute("SELECT current_database()").fetchone() == (fresh_database,)
