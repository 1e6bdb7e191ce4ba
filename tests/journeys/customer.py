"""A customer's systems: Debian's dcmtk as modality, pynetdicom as the listener for our calls."""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.events import Event
from pynetdicom.sop_class import (
    InstanceAvailabilityNotification,
    StorageCommitmentPushModel,
    Verification,
)

from archive.simulation.sender import Peer

SENDING = re.compile(r"Sending file: (.+)")
ANSWERED = re.compile(r"Received Store Response \((.+)\)")


# Debian's dcmtk


def program(name: str) -> str:
    """pynetdicom's applications of the same names stand before it in PATH."""
    path = shutil.which(name, path="/usr/bin:/usr/local/bin")
    if path is None:
        pytest.skip(f"{name} is not installed: apt-get install dcmtk")
    return path


def command(name: str, peer: Peer, *options: str) -> list[str]:
    titles = ("-aet", peer.calling, "-aec", peer.called)
    return [program(name), *titles, *options, peer.host, str(peer.port)]


@dataclass(frozen=True)
class Sent:
    """What storescu said: the answer to each file by its name, and how it ended."""

    answers: dict[str, str]
    code: int
    said: str

    @property
    def stored(self) -> set[str]:
        return {name for name, answer in self.answers.items() if answer == "Success"}


class Sending:
    """A storescu that is at work; its words are read as they come."""

    def __init__(self, peer: Peer, folder: Path) -> None:
        # Only the contexts that the files need; dimse timeout, so that nothing waits for ever.
        options = ("-v", "-R", "-td", "30", "-ta", "20", "+sd")
        self.process = subprocess.Popen(
            [*command("storescu", peer, *options), str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self.answers: dict[str, str] = {}
        self._file = ""

    def until(self, stored: int) -> None:
        """Read on until so many objects are answered, or it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if found := SENDING.search(line):
                self._file = Path(found[1]).name
            elif found := ANSWERED.search(line):
                self.answers[self._file] = found[1]
                if len(self.answers) == stored:
                    return

    def end(self) -> Sent:
        self.until(-1)
        code = self.process.wait(60)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return Sent(self.answers, code, "".join(self.lines))


def storescu(peer: Peer, folder: Path) -> Sent:
    return Sending(peer, folder).end()


def _run(name: str, peer: Peer, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(name, peer, "-v", "-ta", "20", "-td", "20", *options),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def echoscu(peer: Peer) -> subprocess.CompletedProcess[str]:
    return _run("echoscu", peer)


def findscu(peer: Peer, *keys: str) -> int:
    """How many studies are answered; each key as dcmtk writes it."""
    asked = [part for key in ("QueryRetrieveLevel=STUDY", *keys) for part in ("-k", key)]
    done = _run("findscu", peer, "-S", *asked)
    assert done.returncode == 0, done.stderr
    return (done.stdout + done.stderr).count("(Pending)")


def getscu(peer: Peer, study_uid: str, folder: Path) -> set[str]:
    """The objects of a study that arrived."""
    folder.mkdir()
    asked = ("QueryRetrieveLevel=STUDY", f"StudyInstanceUID={study_uid}")
    keys = [part for key in asked for part in ("-k", key)]
    done = _run("getscu", peer, "-S", *keys, "-od", str(folder))
    assert done.returncode == 0, done.stderr
    return {str(dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in folder.iterdir()}


# The listener


@dataclass
class Arrival:
    """A message that came: who called whom, and the data set."""

    calling: str
    called: str
    content: Dataset
    event_type: int = 0
    at: float = field(default_factory=time.monotonic)


class Arrivals:
    """What came, for a test to wait for."""

    def __init__(self) -> None:
        self._all: list[Arrival] = []
        self._came = threading.Condition()

    def add(self, arrival: Arrival) -> None:
        with self._came:
            self._all.append(arrival)
            self._came.notify_all()

    def of(self, wanted: Callable[[Dataset], bool]) -> list[Arrival]:
        with self._came:
            return [each for each in self._all if wanted(each.content)]

    def wait(self, wanted: Callable[[Dataset], bool], seconds: float, count: int = 1) -> Arrival:
        """The latest of at least so many."""
        with self._came:
            enough = self._came.wait_for(lambda: len(self.of(wanted)) >= count, seconds)
            assert enough, f"{len(self.of(wanted))} of {count} came within {seconds} s"
            return self.of(wanted)[-1]


class Listener:
    """Takes notices (PS3.4 R) and commitment reports (PS3.4 J); closed, it refuses connections."""

    def __init__(self, aet: str, port: int) -> None:
        self.aet, self.port = aet, port
        self.notices, self.reports = Arrivals(), Arrivals()
        self._ae: AE | None = None

    def open(self) -> None:
        self._ae = AE(ae_title=self.aet)
        self._ae.add_supported_context(Verification)
        self._ae.add_supported_context(InstanceAvailabilityNotification)
        self._ae.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
        handlers = [
            (evt.EVT_N_CREATE, self._notice),
            (evt.EVT_N_EVENT_REPORT, self._report),
        ]
        self._ae.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)

    def close(self) -> None:
        if self._ae is not None:
            self._ae.shutdown()
            self._ae = None

    @contextmanager
    def dead(self) -> Iterator[None]:
        """Refuses connections meanwhile."""
        self.close()
        try:
            yield
        finally:
            self.open()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Accepts connections meanwhile (the kernel does) and never says a word."""
        with self.dead(), socket.socket() as mute:
            mute.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            mute.bind(("127.0.0.1", self.port))
            mute.listen(50)
            yield

    def notices_of(self, study_uid: str) -> list[Arrival]:
        return self.notices.of(about(study_uid))

    def await_notice(self, study_uid: str, seconds: float = 20.0, count: int = 1) -> Arrival:
        return self.notices.wait(about(study_uid), seconds, count)

    def _notice(self, event: Event) -> tuple[int, None]:
        self.notices.add(Arrival(*_titles(event), event.attribute_list))
        return 0x0000, None

    def _report(self, event: Event) -> tuple[int, None]:
        report = Arrival(*_titles(event), event.event_information, event.request.EventTypeID)
        self.reports.add(report)
        return 0x0000, None


def about(study_uid: str) -> Callable[[Dataset], bool]:
    return lambda content: content.get("StudyInstanceUID") == study_uid


def _titles(event: Event) -> tuple[str, str]:
    requestor = event.assoc.requestor
    return requestor.ae_title, requestor.primitive.called_ae_title
