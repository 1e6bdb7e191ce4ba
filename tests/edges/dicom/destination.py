"""A customer's storage, as well-behaved or as bad as the test wants."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pynetdicom import AE, evt
from pynetdicom.events import Event

from archive.models import Connection
from tests import cast

SYNTAXES = (cast.EXPLICIT, cast.IMPLICIT)


@dataclass(slots=True)
class Stored:
    """One object that came, as bytes, with what its request said."""

    sop_class: str
    uid: str
    transfer_syntax: str
    data: bytes
    originator: str
    originator_id: int | None
    calling: str


@dataclass(slots=True)
class Storage:
    """What has come, in order; the test decides what is answered."""

    port: int
    stored: list[Stored] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)  # of the next objects; success after them
    arrived: threading.Event = field(default_factory=threading.Event)
    answer: Callable[[Event], object] | None = None  # in place of `take`

    def handle(self, event: Event) -> object:
        return (self.answer or self.take)(event)

    def take(self, event: Event) -> int:
        request = event.request
        self.stored.append(
            Stored(
                sop_class=str(request.AffectedSOPClassUID),
                uid=str(request.AffectedSOPInstanceUID),
                transfer_syntax=str(event.context.transfer_syntax),
                data=request.DataSet.getvalue(),
                originator=str(request.MoveOriginatorApplicationEntityTitle or "").strip(),
                originator_id=request.MoveOriginatorMessageID,
                calling=str(event.assoc.requestor.ae_title).strip(),
            )
        )
        self.arrived.set()
        return self.statuses.pop(0) if self.statuses else 0x0000


@contextmanager
def storage(
    port: int,
    *,
    title: str = "ESIM_PACS",
    classes: Sequence[str] = (cast.CT,),
    syntaxes: Sequence[str] = SYNTAXES,
    context: ssl.SSLContext | None = None,
) -> Iterator[Storage]:
    """Listens at `port`, and is the connection of this title."""
    Connection.objects.filter(aet=title).update(port=port)
    found = Storage(port)
    ae = AE(ae_title=title)
    ae.require_called_aet = True
    for sop_class in classes:
        ae.add_supported_context(sop_class, list(syntaxes))
    server = ae.start_server(
        ("127.0.0.1", port),
        block=False,
        evt_handlers=[(evt.EVT_C_STORE, found.handle)],
        ssl_context=context,
    )
    try:
        yield found
    finally:
        server.shutdown()


@contextmanager
def accepting(port: int, says: bytes, *, title: str = "ESIM_PACS") -> Iterator[None]:
    """Accepts a connection, says this to the request and holds the line until the test is over."""
    Connection.objects.filter(aet=title).update(port=port)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", port)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(says)
                over.wait(30)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
