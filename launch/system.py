"""The whole system: from the empty folder to the printed table, and back down."""

import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from archive.config import Config, ConfigError, read
from launch import clusters, datafolder, health, keys, own_servers, places, runfile, table
from launch.attention import Attention
from launch.broker import Broker
from launch.children import Child, Process, Say, Supervisor, search_path, without
from launch.errors import LaunchError
from launch.plan import Plan, check_ports, free_port, silent
from launch.postgres import Cluster, forget_heartbeats
from launch.programs import FIRST_SCREEN, PROGRAMS, set_up_steps, stand_in_pdr
from launch.steps import Steps

SERVERS = ("redis", "postgres")  # ended in this order, after everybody who uses them
QUICK = ((signal.SIGTERM, 1.0),)
FAST = ((signal.SIGINT, 3.0), (signal.SIGQUIT, 1.0))  # PostgreSQL: fast, then immediate shutdown
SAY_AFTER = 30.0  # seconds without being ready
TURN_LOGS_EVERY = 60.0
Ended = Callable[[int], None]


class Asked(dict[str, str]):
    """Remembers which settings exist: those are what another process needs to join us."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.keys_asked: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.keys_asked.add(key)
        return super().get(key, default)


class System:
    def __init__(self, plan: Plan, attention: Attention, say: Say) -> None:
        self.plan = plan
        self.attention = attention
        self.say = say
        self.supervisor = Supervisor(plan.data, attention, say)
        self.cluster: Cluster | None = None
        self.broker: Broker | None = None
        self.environment: dict[str, str] = {}  # what joins a process to this system
        self.config: Config
        self.lock: TextIO | None = None
        self.pdr_port = 0  # of the stand-in; 0 without one

    def start(self) -> None:
        """Raises LaunchError, or StopRequested when a signal comes meanwhile."""
        datafolder.prepare(self.plan.data)
        self.lock = datafolder.lock(self.plan.data)
        runfile.remove(self.plan.data)
        self.supervisor.clear()
        check_ports(self.plan)
        datafolder.turn_logs(self.plan.data / "log")
        self._arrange()
        self._ask_own_servers()
        self._start_servers()
        steps = Steps(self.plan.data, self.supervisor, self.attention, self.say)
        identity = self.cluster.identity() if self.cluster else self.environment["DATABASE_URL"]
        for step in set_up_steps(self.plan, identity, external=self.cluster is None):
            self.attention.check()
            steps.run(step, self._child_environment())
        if self.cluster:
            clusters.note_use(self.cluster.folder, self.plan.data, demo=self.plan.demo)
        demo = runfile.read_demo(self.plan)
        content = runfile.content(self.plan, self.config, demo, self.environment)
        runfile.write(self.plan.data, content)
        forget_heartbeats(self.environment["DATABASE_URL"], self.config.machine)
        for name in self.plan.programs:
            self._start_program(name, PROGRAMS[name](self.plan))
        if self.pdr_port:
            self._start_program("pdr", stand_in_pdr(self.pdr_port))

    def _arrange(self) -> None:
        """Settle where the servers are to be, and with that every setting; starts nothing."""
        plan, secrets = self.plan, keys.load(self.plan.data / "secrets")
        logs = plan.data / "log"
        settings = {
            "DATA_DIR": str(plan.data),
            "SECRET_KEY": plan.given.get("SECRET_KEY") or secrets["secret_key"],
            "DEMO": "1" if plan.demo else "0",
            "WEB_HOST": plan.web_host,
            "WEB_PORT": str(plan.web_port),
            "DICOM_HOST": plan.dicom_host,
            "DICOM_PORT": str(plan.dicom_port),
            "HL7_PORT": str(plan.hl7_port),
            "MACHINE": f"{socket.gethostname()[:40]}-{secrets['machine'][:8]}",
        }
        if not plan.given.get("DATABASE_URL"):
            account = places.server_account()
            if not account.ours:
                clusters.sweep()
            folder = clusters.settle(plan.data, account, demo=plan.demo)
            self.cluster = Cluster(folder, secrets, log=logs / "postgres.log")
            settings["DATABASE_URL"] = self.cluster.url("app")
            settings["DATABASE_OWNER_URL"] = self.cluster.url("owner")
            settings["DATABASE_DIR"] = str(folder)
        if not plan.given.get("CELERY_BROKER_URL"):
            self.broker = Broker(plan.data, log=logs / "redis.log")
            settings["CELERY_BROKER_URL"] = self.broker.url()
        if plan.demo and not plan.given.get("PDR_URL"):
            self.pdr_port = free_port()
            settings.update(_stand_in(self.pdr_port, secrets["pdr_secret"]))
        asked = Asked({**plan.given, **settings})
        try:
            self.config = read(asked)
        except ConfigError as error:
            raise LaunchError(str(error)) from None
        self.environment = {key: asked[key] for key in sorted(asked.keys_asked) if asked.get(key)}
        self.environment["DATABASE_OWNER_URL"] = self.config.database_owner_url
        portal = plan.web_address if "web" in plan.programs else ""
        self.environment["PUBLIC_URL"] = self.config.public_url or portal
        self.environment["DJANGO_SETTINGS_MODULE"] = "portal.settings"

    def _child_environment(self) -> dict[str, str]:
        inherited = without(self.plan.given, "INVOKED_FROM", "VIRTUAL_ENV", "PYTHONHOME")
        path = search_path(inherited, Path(sys.executable).parent)
        return {**inherited, **self.environment, "PATH": path, "PYTHONUNBUFFERED": "1"}

    def _ask_own_servers(self) -> None:
        if self.cluster is None:
            own_servers.check_database(self.plan, self.config)
        if self.broker is None and (away := own_servers.check_broker(self.config.broker_url)):
            self.say(away)

    def _start_servers(self) -> None:
        if self.broker is not None:
            self.supervisor.start(Child("redis", self.broker.spawn, self.broker.log, QUICK))
        if self.cluster is not None:
            if not (self.cluster.folder / "PG_VERSION").exists():
                self.say("• making the database")
            self.cluster.make()
            self.cluster.clear()
            self.supervisor.start(Child("postgres", self.cluster.spawn, self.cluster.log, FAST))
            self.cluster.await_ready(self.attention.pause)
            self.cluster.prepare()
        if self.broker is not None:
            self.broker.await_ready(self.attention.pause)

    def _start_program(self, name: str, command: Sequence[str], ended: Ended | None = None) -> None:
        environment = {**self._child_environment(), "PROCESS": name}

        def spawn() -> Process:
            return self.supervisor.program(name, command, environment)

        log = self.plan.data / f"log/{name}.log"
        self.supervisor.start(Child(name, spawn, log, ended=ended))

    def watch(self) -> NoReturn:
        """Keep everybody alive until StopRequested; print the table when the system is ready."""
        ready, began = False, time.monotonic()
        told_at = turned_at = began
        name = health.a_name(self.config.allowed_hosts)
        while True:
            self.supervisor.tick()
            if time.monotonic() - turned_at > TURN_LOGS_EVERY:
                turned_at = time.monotonic()
                datafolder.turn_logs(self.plan.data / "log")
            if not ready:
                missing = self._missing(name)
                ready = not missing
                if ready:
                    self._welcome(time.monotonic() - began)
                elif time.monotonic() - told_at > SAY_AFTER:
                    told_at = time.monotonic()
                    self.say(f"! still not ready: {missing}. See {self.plan.data / 'log'}")
            self.attention.pause(1.0 if ready else 0.2)

    def _missing(self, name: str) -> str:
        """Empty when the system is ready, as its portal says; without one here when all that
        listen on this machine do.
        """
        if "web" in self.plan.programs:
            return health.missing(self.plan.web_address, name)
        still = silent(self.plan)
        return f"{still} (does not listen yet)" if still else ""

    def _welcome(self, seconds: float) -> None:
        self.say(f"• ready after {seconds:.1f} s; Ctrl-C ends everything")
        self.say(table.render(self.plan, self.config, runfile.read_demo(self.plan)))
        stamp = self.plan.data / "stamps/first-screen"
        if self.plan.demo and not stamp.exists():

            def ended(code: int) -> None:
                if code == 0:
                    stamp.touch()

            self._start_program("first-screen", FIRST_SCREEN, ended)

    def stop(self) -> None:
        """Leaves no process of ours; harmless when little or nothing was started."""
        if self.lock is None:
            return  # what is in the folder is another's
        self.supervisor.stop(SERVERS)
        runfile.remove(self.plan.data)
        for server in (self.cluster, self.broker):
            if server is not None:
                server.forget_socket()


def _stand_in(port: int, secret: str) -> dict[str, str]:
    """The settings by which our stand-in for the Patient Data Repository is called."""
    address = f"http://127.0.0.1:{port}"
    return {
        "PDR_URL": f"{address}/production",
        "TEST_PDR_URL": f"{address}/test",
        "PDR_SECRET": secret,
    }
