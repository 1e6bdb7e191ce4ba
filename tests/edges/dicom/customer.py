"""A customer's own listener: takes reports and notices, and answers as the test wants."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue

from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.events import Event
from pynetdicom.presentation import build_context

from tests import cast
from tests.edges.dicom.listening import COMMITMENT, VERIFICATION

AVAILABILITY = "1.2.840.10008.5.1.4.33"


@dataclass(slots=True)
class Message:
    """What came, from whom and how."""

    kind: str
    calling: str
    called: str
    information: Dataset
    event_type: int | None = None
    roles: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    same_association: bool = False


Inbox = SimpleQueue[Message]


def report_of(event: Event, *, same_association: bool = False) -> Message:
    roles = event.assoc.requestor.role_selection
    return Message(
        "report",
        event.assoc.requestor.ae_title,
        event.assoc.acceptor.ae_title,
        event.event_information,
        event.event_type,
        {str(uid): (bool(item.scu_role), bool(item.scp_role)) for uid, item in roles.items()},
        same_association,
    )


@contextmanager
def customer(
    port: int,
    *,
    status: int = 0x0000,
    answers_roles: bool = True,
    title: str = "ESIM_PACS",
    context: ssl.SSLContext | None = None,
) -> Iterator[Inbox]:
    """Listens at `port`; what arrives is in the inbox."""
    inbox: Inbox = SimpleQueue()

    def on_report(event: Event) -> tuple[int, None]:
        inbox.put(report_of(event))
        return status, None

    def on_notice(event: Event) -> tuple[int, None]:
        titles = event.assoc.requestor.ae_title, event.assoc.acceptor.ae_title
        inbox.put(Message("notice", *titles, event.attribute_list))
        return status, None

    ae = AE(ae_title=title)
    ae.require_called_aet = True
    commitment = build_context(COMMITMENT, cast.IMPLICIT)
    if answers_roles:
        commitment.scu_role = commitment.scp_role = True
    ae.supported_contexts = [
        commitment,
        build_context(AVAILABILITY, cast.IMPLICIT),
        build_context(VERIFICATION, cast.IMPLICIT),
    ]
    handlers = [(evt.EVT_N_EVENT_REPORT, on_report), (evt.EVT_N_CREATE, on_notice)]
    server = ae.start_server(
        ("127.0.0.1", port), block=False, evt_handlers=handlers, ssl_context=context
    )
    try:
        yield inbox
    finally:
        server.shutdown()
