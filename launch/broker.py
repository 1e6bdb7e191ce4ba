"""The embedded Redis: the broker, on a unix socket; it keeps nothing (jobs are database rows)."""

import contextlib
import subprocess
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from launch import places
from launch.errors import LaunchError
from launch.postgres import Pause

DATABASES = 64


class Broker:
    def __init__(self, folder: Path, *, log: Path) -> None:
        self.log = log
        self.account = places.server_account()
        self.program = places.redis_program(self.account)
        self.folder = places.socket_folder(folder, self.account)
        self.socket = self.folder / "redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        return f"redis+socket://{self.socket}?virtual_host={database}"

    def client(self, database: int = 0) -> redis.Redis:
        # Without the library's own waiting and trying again: who calls does that himself.
        once = Retry(NoBackoff(), 0)
        address = str(self.socket)
        return redis.Redis(unix_socket_path=address, db=database, socket_timeout=2, retry=once)

    def start(self, pause: Pause = time.sleep) -> None:
        self.spawn()
        self.await_ready(pause)

    def spawn(self) -> subprocess.Popen[bytes]:
        self.socket.unlink(missing_ok=True)
        options = {
            "--port": "0",
            "--unixsocket": str(self.socket),
            "--unixsocketperm": "700",
            "--save": "",
            "--appendonly": "no",
            "--databases": str(DATABASES),
            "--maxmemory-policy": "noeviction",
            "--dir": str(self.folder),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.program), *(part for option in options.items() for part in option)],
                cwd="/",
                env={"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self.account.identification,
            )
        return self.process

    def await_ready(self, pause: Pause = time.sleep, seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while True:
            if self.process is not None and self.process.poll() is not None:
                raise LaunchError(f"Redis did not start: its last words are in {self.log}")
            try:
                with self.client() as client:
                    client.ping()
                    return
            except redis.RedisError as error:
                if time.monotonic() > deadline:
                    raise LaunchError(f"Redis does not answer (see {self.log}): {error}") from None
            pause(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(3)
            self.process = None
        self.socket.unlink(missing_ok=True)

    def forget_socket(self) -> None:
        self.socket.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()
