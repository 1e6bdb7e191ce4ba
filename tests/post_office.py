"""A mail server that takes mails, refuses some, says nothing or is slow; and the mails that are
owed, sent as a worker does.
"""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from django.core import mail
from django.test import override_settings

import onboarding.tasks  # noqa: F401 - its kinds of work
from archive import tasks
from archive.models import Job, JobKind, JobState
from archive.values import now

BACKEND = "portal.mail_server.EmailBackend"
OTHERWISE = {"QUIT": "221 bye", "AUTH": "235 known", "STARTTLS": "220 begin"}
NOBODY, FULL = "nobody@", "full@"  # how addresses begin that are refused for good and for now


class PostOffice(socketserver.ThreadingTCPServer):
    """What it heard, to whom it took mails, and how it behaves from now on."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.said: list[str] = []
        self.took: list[str] = []
        self.calls = 0
        self.is_mute = False
        self.pause = 0.0  # before each answer
        self.tls: ssl.SSLContext | None = None  # spoken when it is asked for
        self.closed = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321, 3207, 4954) as our client needs."""

    server: PostOffice

    def handle(self) -> None:
        self.server.calls += 1
        if self.server.is_mute:
            self.server.closed.wait(30)
            return
        self._answer("220 here")
        to = ""
        while line := self.rfile.readline().decode().strip():
            self.server.said.append(line)
            word = line.partition(" ")[0].upper()
            if word == "RCPT":
                to = line.partition("<")[2].partition(">")[0]
            if word == "DATA":
                self._answer("354 go on")
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    self.server.said.append(part.decode().rstrip())
                self.server.took.append(to)
            self._answer(_answer_to(word, to, offers_tls=self.server.tls is not None))
            if word == "STARTTLS" and self.server.tls is not None:
                self._be_refused(self.server.tls)
                return

    def _be_refused(self, tls: ssl.SSLContext) -> None:
        """The client reads our certificate, does not believe it, and goes."""
        with suppress(OSError), tls.wrap_socket(self.connection, server_side=True) as secured:
            secured.recv(1)

    def _answer(self, text: str) -> None:
        self.server.closed.wait(self.server.pause)
        try:
            self.wfile.write(f"{text}\r\n".encode())
        except OSError:  # who called has gone
            return


def _answer_to(word: str, to: str, *, offers_tls: bool) -> str:
    if word == "EHLO":
        return f"250-here\r\n{'250-STARTTLS' if offers_tls else '250-8BITMIME'}\r\n250 AUTH PLAIN"
    if word in OTHERWISE:
        return OTHERWISE[word]
    if word == "RCPT" and to.startswith(NOBODY):
        return "550 no such box"
    if word == "RCPT" and to.startswith(FULL):
        return "452 no room"
    return "250 well"


@contextmanager
def opened() -> Iterator[PostOffice]:
    with PostOffice() as office:
        thread = threading.Thread(target=office.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield office
        finally:
            office.closed.set()
            office.shutdown()
            thread.join()


@contextmanager
def used(port: int, seconds: float = 10.0, *, tls: bool = False) -> Iterator[None]:
    """The mail server is there; a mail may take so long."""
    with override_settings(
        EMAIL_BACKEND=BACKEND,
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        EMAIL_USE_TLS=tls,
        EMAIL_TIMEOUT=seconds,
    ):
        yield


def owed() -> list[Job]:
    """The mails that wait, the oldest first."""
    return list(Job.objects.filter(kind=JobKind.MAIL, state=JobState.WAITING).order_by("made_at"))


def work(job: Job) -> None:
    """As a worker does, within the test's own transaction."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "close_old_connections", lambda: None)
        tasks.run_job(str(job.id))


def deliver(*, again: bool = False) -> list[mail.EmailMessage]:
    """Send what is owed and due, with `again` also what waits for its next try; the outbox."""
    if again:
        Job.objects.filter(kind=JobKind.MAIL, state=JobState.WAITING).update(not_before=now())
    for job in owed():
        work(job)
    return list(getattr(mail, "outbox", ()))
