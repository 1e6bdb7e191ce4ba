"""deploy/database.sql on a PostgreSQL of one's own, and what its log tells (NF-3, NF-5)."""

import shutil
import subprocess
from collections.abc import Iterator

import psycopg
import pytest

from launch import postgres
from launch.plan import ROOT
from launch.postgres import Cluster
from tests import environment

# As somebody sets them for a whole server who looks for what is slow.
CURIOUS = {
    "log_statement": "all",
    "log_duration": "on",
    "log_min_duration_statement": "0",
    "log_min_duration_sample": "0",
    "log_statement_sample_rate": "1",
    "log_transaction_sample_rate": "1",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "log_min_error_statement": "error",
    "log_error_verbosity": "verbose",
}
PERSON = "010181-900C"
ELSEWHERE = "in another database"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    for name, value in CURIOUS.items():
        monkeypatch.setitem(postgres.SETTINGS, name, value)
    folder = environment.folder() / f"own-{environment.worker()}"
    made = Cluster(folder, hurried=True)
    try:
        made.make()
        made.spawn()
        made.await_ready()
        yield made
    finally:
        made.stop()
        made.forget_socket()
        shutil.rmtree(folder)
        made.log.unlink()


def run_script(server: Cluster) -> None:
    """Twice: the second time changes nothing."""
    given = {
        "PGHOST": str(server.socket),
        "PGUSER": postgres.SUPERUSER,
        "PGDATABASE": "postgres",
        "PGPASSWORD": server.secrets["postgres_password"],
    }
    command = [server.programs / "psql", "-f", ROOT / "deploy/database.sql"]
    for _ in range(2):
        done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    with server.superuser() as connection:
        for role, name in postgres.ROLES.items():
            password = server.secrets[f"{role}_password"]
            connection.execute(f"ALTER ROLE {name} PASSWORD '{password}'")


def test_what_is_asked_in_it_stays_out_of_the_servers_log(server: Cluster) -> None:
    run_script(server)
    with server.superuser() as connection:
        connection.execute(f"SELECT '{ELSEWHERE}'")
    for role in postgres.ROLES:
        with psycopg.connect(server.url(role), autocommit=True) as connection:
            connection.execute(f"SELECT '{PERSON}', pg_sleep(0.01)")
            connection.execute("SELECT %s::text", [PERSON])
            with pytest.raises(psycopg.errors.DivisionByZero):
                connection.execute("SELECT %s::text, 1 / 0", [PERSON])
    told = server.log.read_text()
    assert ELSEWHERE in told, "the server writes no statements at all"
    assert "division by zero" in told
    assert PERSON not in told


def test_the_application_uses_what_the_owner_makes(server: Cluster) -> None:
    run_script(server)
    with psycopg.connect(server.url("owner")) as owner:
        owner.execute("CREATE TABLE made (id bigserial, said text)")
    with psycopg.connect(server.url("app")) as app:
        app.execute("INSERT INTO made (said) VALUES ('here')")
        assert app.execute("SELECT said FROM made").fetchall() == [("here",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DROP TABLE made")
