"""The embedded PostgreSQL: one cluster in one folder, reached through a unix socket only."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql

from archive import reaching
from launch import clusters, keys, places, processes
from launch.errors import LaunchError

Role = Literal["owner", "app"]
Pause = Callable[[float], None]

DATABASE = "idr"
SUPERUSER = "postgres"
PORT = 5432  # only the name of the socket file
ROLES: Mapping[Role, str] = {"owner": "idr_owner", "app": "idr_app"}
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "synchronous_commit": "on",
    # Statements and details may hold personal identity codes; those stay out of every log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
}
HURRIED = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "scram_iterations": "1",
}


class Cluster:
    """Start it, ask for addresses and databases, stop it. `hurried` (tests): no syncing."""

    def __init__(
        self,
        folder: Path,
        secrets: Mapping[str, str] | None = None,
        *,
        log: Path | None = None,
        hurried: bool = False,
    ) -> None:
        self.folder = folder
        self.secrets = secrets or keys.made()
        self.log = log or folder.with_name(f"{folder.name}.log")
        self.hurried = hurried
        self.account = places.server_account()
        self.programs = places.postgres_programs(self.account)
        self.socket = places.socket_folder(folder, self.account)
        self.process: subprocess.Popen[bytes] | None = None

    # Addresses

    def url(self, role: Role, dbname: str = DATABASE) -> str:
        password = self.secrets[f"{role}_password"]
        return f"postgresql://{ROLES[role]}:{password}@/{dbname}?host={self.socket}&port={PORT}"

    @contextlib.contextmanager
    def superuser(self, dbname: str = "postgres") -> Iterator[psycopg.Connection]:
        with psycopg.connect(
            host=str(self.socket),
            port=PORT,
            user=SUPERUSER,
            password=self.secrets["postgres_password"],
            dbname=dbname,
            connect_timeout=5,
            autocommit=True,
        ) as connection:
            yield connection

    def identity(self) -> str:
        """Which cluster this is: made anew, it has another identity."""
        with self.superuser() as connection:
            row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
        return str(row[0]) if row else ""

    # Life

    def start(self, pause: Pause = time.sleep) -> None:
        self.make()
        self.clear()
        self.spawn()
        self.await_ready(pause)
        self.prepare()

    def make(self) -> None:
        """initdb, unless it was done; one that was broken off is done again."""
        if (self.folder / "PG_VERSION").is_file() and not self._half_made.exists():
            return
        if not self.folder.is_dir():
            self.account.make_folder(self.folder, 0o700)
        elif any(self.folder.iterdir()) and not self._half_made.exists():
            raise LaunchError(f"{self.folder} holds something that is no database: move it away.")
        self._half_made.touch(mode=0o600)
        command = [
            *(str(self.programs / "initdb"), "--pgdata", str(self.folder), "--username", SUPERUSER),
            *(
                "--pwfile",
                str(self._password_file()),
                "--auth",
                "scram-sha-256",
                "--encoding",
                "UTF8",
            ),
            # The wheel has no ICU; sorting for people is done in Python.
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            *(["--no-sync"] if self.hurried else []),
        ]
        self._empty()
        made = self._run(command)
        (self.socket / "password").unlink(missing_ok=True)
        if made.returncode:
            raise LaunchError(
                f"The database could not be made in {self.folder}:\n{made.stderr.strip()}"
            )
        self._half_made.unlink()

    @property
    def _half_made(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}-half-made")

    def _empty(self) -> None:
        for path in self.folder.iterdir():
            subprocess.run(["rm", "-rf", str(path)], check=True)

    def _password_file(self) -> Path:
        path = self.socket / "password"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(self.secrets["postgres_password"])
        os.chown(path, self.account.uid, self.account.gid)
        return path

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd="/",
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            **self.account.identification,
        )

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

    def clear(self) -> None:
        """End the postmaster that an earlier, killed supervisor left on this folder."""
        left = clusters.running(self.folder)
        if left is not None:
            _end(left, 20.0)

    def spawn(self) -> subprocess.Popen[bytes]:
        settings = SETTINGS | (HURRIED if self.hurried else {})
        settings |= {"unix_socket_directories": str(self.socket), "port": str(PORT)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self.folder), *options],
                cwd="/",
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self.account.identification,
            )
        return self.process

    def await_ready(self, pause: Pause = time.sleep, seconds: float = 120.0) -> None:
        """Recovery after a crash may take its time; a server that ends is told at once."""
        deadline = time.monotonic() + seconds
        while True:
            if self.process is not None and self.process.poll() is not None:
                raise LaunchError(f"PostgreSQL did not start: its last words are in {self.log}")
            try:
                with self.superuser():
                    return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or "password authentication" in str(error):
                    raise LaunchError(
                        f"PostgreSQL does not answer (see {self.log}): {error}"
                    ) from None
            pause(0.05)

    def stop(self) -> None:
        if self.process is not None:
            identity = processes.identify(self.process.pid)
            if identity is not None:
                _end(identity, 8.0)
            self.process.wait(5)
            self.process = None

    def forget_socket(self) -> None:
        """Take the empty folder away; it is left when somebody else's socket is in it."""
        with contextlib.suppress(OSError):
            self.socket.rmdir()

    # Roles and databases

    def prepare(self) -> None:
        """The two roles with their passwords as kept, and the database; harmless to repeat."""
        with self.superuser() as connection:
            for role, name in ROLES.items():
                query = "SELECT 1 FROM pg_roles WHERE rolname = %s"
                known = connection.execute(query, [name]).fetchone() is not None
                verb = sql.SQL("ALTER ROLE" if known else "CREATE ROLE")
                connection.execute(
                    sql.SQL("{} {} LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD {}").format(
                        verb, sql.Identifier(name), sql.Literal(self.secrets[f"{role}_password"])
                    )
                )
        if self.has_database(DATABASE):
            self._grant(DATABASE)  # an earlier start may have been broken off in between
        else:
            self.create_database(DATABASE)

    def has_database(self, name: str) -> bool:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        with self.superuser() as connection:
            return connection.execute(query, [name]).fetchone() is not None

    def create_database(self, name: str, template: str | None = None) -> None:
        """A database of the owner's, in which the application may use what the owner makes."""
        parts = [sql.Identifier(text) for text in (name, ROLES["owner"], template or "template0")]
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(*parts)
        if self.hurried:  # in half the time: not page by page through the log
            statement += sql.SQL(" STRATEGY FILE_COPY")
        with self.superuser() as connection:
            connection.execute(statement)
            if template is not None:  # what is granted within it was copied
                self._admit(connection, name)
                return
        self._grant(name)

    def _admit(self, connection: psycopg.Connection, name: str) -> None:
        database, app = sql.Identifier(name), sql.Identifier(ROLES["app"])
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, app)
        )

    def _grant(self, name: str) -> None:
        owner, app = (sql.Identifier(ROLES[role]) for role in ("owner", "app"))
        rights = {
            "TABLES": "SELECT, INSERT, UPDATE, DELETE",
            "SEQUENCES": "USAGE, SELECT",
            "FUNCTIONS": "EXECUTE",
        }
        with self.superuser(name) as connection:
            self._admit(connection, name)
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(app))
            for kind, right in rights.items():
                connection.execute(
                    sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT {} ON {} TO {}").format(
                        owner, sql.SQL(right), sql.SQL(kind), app
                    )
                )

    def drop_database(self, name: str) -> None:
        with self.superuser() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def forget_heartbeats(url: str, machine: str) -> None:
    """Those of this data folder's earlier processes: nobody is alive before its own first beat.
    Raises LaunchError.
    """
    query = "DELETE FROM archive_heartbeat WHERE starts_with(instance, %s)"
    try:
        with psycopg.connect(url) as connection:
            connection.execute(query, [f"{machine}:"])
    except psycopg.Error as error:
        raise LaunchError(f"The database cannot be written ({reaching.said(error)}).") from None


def _end(identity: processes.Identity, grace: float) -> None:
    """Fast shutdown, then immediate (the log is replayed at the next start), then the kill."""
    steps = ((signal.SIGINT, grace), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 3.0))
    for number, seconds in steps:
        processes.send(identity, number)
        if processes.await_end(identity, seconds):
            return
