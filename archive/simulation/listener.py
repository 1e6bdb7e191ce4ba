"""The customers' own listeners: notices, commitment reports and retrieved objects arrive here."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    InstanceAvailabilityNotification,
    StorageCommitmentPushModel,
    Verification,
)
from pynetdicom.transport import ThreadedAssociationServer

from archive.simulation.sender import SUCCESS, Report, read_report
from archive.simulation.world import Customer


class PortTaken(Exception):
    """Something else listens on a customer's port; the message names it."""


@dataclass(frozen=True, slots=True)
class Received:
    """Something that came to a customer's listener; never who it is about."""

    what: str  # notice, report, object
    calling: str
    called: str
    study_uid: str = ""
    instance_uid: str = ""
    counts: tuple[tuple[str, int], ...] = ()  # availability or outcome, and how many objects
    report: Report | None = None

    @property
    def line(self) -> str:
        listed = ", ".join(f"{count} {word}" for word, count in self.counts)
        subject = (
            self.study_uid or self.instance_uid or (self.report and self.report.transaction_uid)
        )
        return f"{self.called:<16} {self.what:<7} {subject}  {listed}".rstrip()

    def facts(self) -> dict[str, Any]:
        return asdict(self)


Taker = Callable[[Received], None]


@contextmanager
def listening(customers: Iterable[Customer], take: Taker) -> Iterator[None]:
    """Each customer's listener on its own port. Raises PortTaken."""
    with ExitStack() as stack:
        for customer in customers:
            stack.enter_context(_listening(customer, take))
        yield


@contextmanager
def _listening(customer: Customer, take: Taker) -> Iterator[None]:
    ae = AE(ae_title=customer.aet)
    ae.maximum_associations = 50
    for context in AllStoragePresentationContexts:
        ae.add_supported_context(str(context.abstract_syntax), ALL_TRANSFER_SYNTAXES)
    ae.add_supported_context(Verification)
    ae.add_supported_context(InstanceAvailabilityNotification)
    # The archive calls as the commitment SCP, by role selection (PS3.4 J.3.3).
    ae.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
    handlers: list[evt.EventHandlerType] = [
        (evt.EVT_N_CREATE, _take_notice, [take]),
        (evt.EVT_N_EVENT_REPORT, _take_report, [take]),
        (evt.EVT_C_STORE, _take_object, [take]),
    ]
    try:
        server = ae.start_server((customer.host, customer.port), block=False, evt_handlers=handlers)
    except OSError:
        raise PortTaken(
            f"port {customer.port} of {customer.aet} is taken on {customer.host}: "
            "is another `manage.py simulate --listen` running?"
        ) from None
    assert isinstance(server, ThreadedAssociationServer)  # what block=False gives
    try:
        yield
    finally:
        ae.shutdown()


def _take_notice(event: Event, take: Taker) -> tuple[int, None]:
    """Instance Availability Notification, PS3.4 R.3.2."""
    notice = event.attribute_list
    counts: dict[str, int] = {}
    for series in notice.get("ReferencedSeriesSequence") or ():
        for item in series.ReferencedSOPSequence:
            availability = str(item.InstanceAvailability)
            counts[availability] = counts.get(availability, 0) + 1
    study_uid = str(notice.get("StudyInstanceUID", ""))
    take(Received("notice", *_titles(event), study_uid=study_uid, counts=tuple(counts.items())))
    return SUCCESS, None


def _take_report(event: Event, take: Taker) -> tuple[int, None]:
    report = read_report(event.event_information)
    counts = (("committed", len(report.committed)), ("failed", len(report.failed)))
    take(Received("report", *_titles(event), counts=counts, report=report))
    return SUCCESS, None


def _take_object(event: Event, take: Taker) -> int:
    """A retrieved object: its UID is told, its bytes are let go."""
    request = event.request
    assert isinstance(request, C_STORE)  # what EVT_C_STORE brings
    instance_uid = str(request.AffectedSOPInstanceUID)
    take(Received("object", *_titles(event), instance_uid=instance_uid, counts=(("object", 1),)))
    return SUCCESS


def _titles(event: Event) -> tuple[str, str]:
    requestor = event.assoc.requestor
    called = requestor.primitive.called_ae_title if requestor.primitive else ""
    return str(requestor.ae_title).strip(), str(called).strip()
