"""The clients: dcmtk's, the same for every server, each in a process of its own.

Without TCP_NODELAY a small object costs 40 ms on loopback, whoever takes it.
"""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from archive.simulation.sender import Peer
from bench.corpus import Folder
from bench.servers import DESTINATION

FOLDER = Path("/usr/bin")  # not by PATH: pynetdicom has commands of the same names
ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}
PATIENCE = 1800.0


class ClientFailed(Exception):
    """A client that did not get success: nothing was measured."""


def store(peer: Peer, folders: Sequence[Folder]) -> float:
    """Each folder in an association of its own, all at once; seconds until the last is done."""
    commands = [_command("storescu", peer, "-R", "+sd", after=[str(each.path)]) for each in folders]
    return _run(commands)


def move(peer: Peer, study_uid: str) -> float:
    return _run([_command("movescu", peer, "-S", "-aem", DESTINATION, *_keys(study_uid))])


def get(peer: Peer, study_uid: str) -> float:
    return _run([_command("getscu", peer, "-S", "--ignore", *_keys(study_uid))])


def find(peer: Peer, study_uid: str, times: int) -> float:
    """One study by its UID, so many times on one association; seconds for all of them."""
    asked = ("PatientID", "PatientName", "StudyDate", "AccessionNumber", "ModalitiesInStudy")
    keys = [part for name in asked for part in ("-k", name)]
    again = ["--repeat", str(times)]
    return _run([_command("findscu", peer, "-S", *again, *_keys(study_uid), *keys)])


def has(peer: Peer, study_uid: str) -> bool:
    """Whether it is found: what finds nothing is quick."""
    command = _command("findscu", peer, "-S", *_keys(study_uid))
    done = subprocess.run(
        command, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    return f"[{study_uid}" in done.stdout + done.stderr


@contextmanager
def destination(port: int) -> Iterator[None]:
    """A system that takes what is moved to it, and keeps none of it."""
    listener = subprocess.Popen(
        [str(FOLDER / "storescp"), "--ignore", "-aet", DESTINATION, str(port)],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        listener.terminate()
        listener.wait(PATIENCE)


def _keys(study_uid: str) -> list[str]:
    return ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study_uid}"]


def _command(name: str, peer: Peer, *options: str, after: Sequence[str] = ()) -> list[str]:
    titles = ["-aet", peer.calling, "-aec", peer.called]
    return [str(FOLDER / name), *titles, *options, peer.host, str(peer.port), *after]


def _run(commands: Sequence[Sequence[str]]) -> float:
    """All at once. Raises ClientFailed."""
    began = time.monotonic()
    clients = [
        subprocess.Popen(
            command,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for command in commands
    ]
    said = [client.communicate(timeout=PATIENCE)[1] for client in clients]
    seconds = time.monotonic() - began
    for client, words in zip(clients, said, strict=True):
        if client.returncode:
            last = words.decode(errors="replace").strip().splitlines()[-3:]
            raise ClientFailed(f"{client.args!r}: {client.returncode}\n" + "\n".join(last))
    return seconds
