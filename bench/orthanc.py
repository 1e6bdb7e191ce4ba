"""Orthanc of Debian, with its index in SQLite or in PostgreSQL; it syncs its files, as we do."""

import json
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from archive.simulation.sender import Peer, Rejected, verify
from bench.dcmtk import ENVIRONMENT
from bench.servers import DESTINATION, BenchError, Web
from launch import keys
from launch.plan import free_port
from launch.postgres import Cluster

PROGRAM = "/usr/sbin/Orthanc"
PLUGINS = Path("/usr/share/orthanc/plugins")
POSTGRESQL = PLUGINS / "libOrthancPostgreSQLIndex.so"
DICOMWEB = PLUGINS / "libOrthancDicomWeb.so"
PACKAGES = "apt-get install orthanc orthanc-postgresql orthanc-dicomweb"
READY_SECONDS = 60.0


def require() -> None:
    """Raises BenchError when Debian's packages are not installed."""
    if not shutil.which(PROGRAM) or not POSTGRESQL.exists() or not DICOMWEB.exists():
        raise BenchError(
            f"Orthanc is missing. As root: {PACKAGES}; then systemctl disable --now orthanc"
        )


class Orthanc:
    """With its index in SQLite."""

    name = "Orthanc, SQLite"

    def __init__(self, data: Path, destination_port: int = 0) -> None:
        self.data = data
        self.port, self.web_port = free_port(), free_port()
        self.destination_port = destination_port
        self.syncs = True
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        file = self.data / "orthanc.json"
        file.write_text(json.dumps({**self._settings(), **self._index()}))
        with (self.data / "orthanc.log").open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, str(file)],
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._await_ready()

    def _settings(self) -> dict[str, Any]:
        return {
            "Name": "BENCH",
            "StorageDirectory": str(self.data / "storage"),
            "IndexDirectory": str(self.data / "index"),
            "StorageCompression": False,
            "SyncStorageArea": self.syncs,
            "MaximumPatientCount": 0,
            "HttpPort": self.web_port,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomAet": "ORTHANC",
            "DicomPort": self.port,
            "DicomCheckCalledAet": False,
            "DicomAlwaysAllowGet": True,
            "DicomModalities": {
                "destination": {
                    "AET": DESTINATION,
                    "Host": "127.0.0.1",
                    "Port": self.destination_port or 104,
                    "AllowGet": True,
                }
            },
            "Plugins": [str(DICOMWEB)],
        }

    def _index(self) -> Mapping[str, Any]:
        return {}

    def _await_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                verify(self.peer)
                return
            except Rejected:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise BenchError(
                        f"{self.name} did not start: {self.data}/orthanc.log"
                    ) from None
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(READY_SECONDS)
            self.process = None

    @property
    def peer(self) -> Peer:
        return Peer("127.0.0.1", self.port, DESTINATION, "ORTHANC")

    @property
    def web(self) -> Web:
        return Web(f"http://127.0.0.1:{self.web_port}/dicom-web")

    @property
    def receiver(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def workers(self) -> Sequence[int]:
        return (self.receiver,)


class OrthancPostgres(Orthanc):
    """With its index in the PostgreSQL that we use too, set as ours is; files stay files."""

    name = "Orthanc, PostgreSQL"
    database = "orthanc"

    cluster: Cluster | None = None

    def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        self.data.chmod(0o711)  # the database's user passes through
        secrets = keys.load(self.data / "secrets")
        self.cluster = Cluster(self.data / "postgres", secrets, log=self.data / "postgres.log")
        self.cluster.start()
        if not self.cluster.has_database(self.database):
            self.cluster.create_database(self.database)
        super().start()

    def _index(self) -> Mapping[str, Any]:
        assert self.cluster is not None
        settings = {
            "EnableIndex": True,
            "EnableStorage": False,
            "Lock": False,
            "ConnectionUri": self.cluster.url("owner", self.database),
        }
        return {"Plugins": [str(DICOMWEB), str(POSTGRESQL)], "PostgreSQL": settings}

    def stop(self) -> None:
        super().stop()
        if self.cluster is not None:
            self.cluster.stop()
            self.cluster.forget_socket()
            self.cluster = None

    @property
    def workers(self) -> Sequence[int]:
        assert self.cluster is not None and self.cluster.process is not None
        return self.receiver, self.cluster.process.pid


def both(data: Path, destination_port: int = 0) -> list[Orthanc]:
    return [
        Orthanc(data / "orthanc-sqlite", destination_port),
        OrthancPostgres(data / "orthanc-postgresql", destination_port),
    ]
