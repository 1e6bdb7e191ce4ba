"""A modality's or PACS's sending side: verify, store, ask for commitment (PS3.4 A, B, J)."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from queue import Empty, SimpleQueue

from pydicom.dataset import Dataset
from pynetdicom import AE, _config, build_role, evt
from pynetdicom.association import Association
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode
from pynetdicom.events import Event
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import StorageCommitmentPushModel, Verification  # type: ignore[attr-defined]

from archive.edges.dicom.checkpoint import steady
from archive.values import uid_from_uuid

# Identifiers of people must not reach any log (pynetdicom writes them by default).
_config.LOG_REQUEST_IDENTIFIERS = False
_config.LOG_RESPONSE_IDENTIFIERS = False

SUCCESS = 0x0000  # PS3.7 C.1.1
COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"  # PS3.4 J.3.5, the well-known SOP Instance
REQUEST_COMMITMENT = 1  # PS3.4 Table J.3-1, Action Type ID
PATIENCE = 30.0
LARGEST_PDU = 16384


class Rejected(Exception):
    """No association: nobody there, or refused; `answer` says which (PS3.8 9.3.4)."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom to call and by what names."""

    host: str
    port: int
    calling: str
    called: str


@dataclass(slots=True)
class Stored:
    """What the archive answered to the objects of one association."""

    instances: list[tuple[str, str]] = field(default_factory=list)  # class, instance: stored
    statuses: Counter[str] = field(default_factory=Counter)
    comments: list[str] = field(default_factory=list)  # Error Comment (0000,0902), each once

    @property
    def refused(self) -> int:
        return self.statuses.total() - self.statuses[f"{SUCCESS:04X}"]

    def add(self, dataset: Dataset, answer: Dataset) -> None:
        status = answer.get("Status")
        self.statuses["no answer" if status is None else f"{status:04X}"] += 1
        if status == SUCCESS:
            self.instances.append((str(dataset.SOPClassUID), str(dataset.SOPInstanceUID)))
        comment = str(answer.get("ErrorComment", ""))
        if comment and comment not in self.comments:
            self.comments.append(comment)


@dataclass(frozen=True, slots=True)
class Report:
    """A commitment report: what the archive is now responsible for, and what not and why."""

    transaction_uid: str
    committed: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]  # instance, Failure Reason (0008,1197)


def verify(peer: Peer) -> str:
    """C-ECHO; the status as four hexadecimal digits. Raises Rejected."""
    with association(peer, [build_context(Verification)]) as assoc:
        answer = assoc.send_c_echo()
        return f"{answer.Status:04X}" if "Status" in answer else "no answer"


def store(peer: Peer, datasets: Sequence[Dataset]) -> Stored:
    """C-STORE each in its own transfer syntax, in one association. Raises Rejected."""
    stored = Stored()
    with association(peer, contexts(datasets)) as assoc:
        for number, dataset in enumerate(datasets, start=1):
            if not assoc.is_established:
                stored.statuses["no answer"] += 1
                continue
            try:
                answer = assoc.send_c_store(dataset, msg_id=number % 65536 or 1)
            except ValueError:  # the presentation context was not accepted
                stored.statuses["no context"] += 1
                continue
            stored.add(dataset, answer)
    return stored


def commit(peer: Peer, instances: Sequence[tuple[str, str]], *, patience: float) -> Report | None:
    """Ask, and wait for the report on the same association; None: not in time. Raises Rejected."""
    reports: SimpleQueue[tuple[Report, threading.Thread]] = SimpleQueue()
    handlers = [(evt.EVT_N_EVENT_REPORT, _take_report, [reports])]
    with association(peer, [build_context(StorageCommitmentPushModel)], handlers) as assoc:
        _ask(assoc, instances)
        try:
            report, thread = reports.get(timeout=patience)
        except Empty:
            return None
        # pynetdicom answers in a thread of its own; the answer must go before the release.
        thread.join(PATIENCE)
        return report


def commit_and_leave(peer: Peer, instances: Sequence[tuple[str, str]]) -> str:
    """Ask and release: the report goes to the customer's listener. Raises Rejected."""
    with association(peer, [build_context(StorageCommitmentPushModel)]) as assoc:
        return _ask(assoc, instances)


def break_off(peer: Peer, dataset: Dataset) -> None:
    """Begin a C-STORE and drop the line in the middle of the data set. Raises Rejected."""
    with association(peer, contexts([dataset])) as assoc:
        pdus = [pdu.encode() for pdu in _pdus(assoc, dataset)]
        wire = assoc.dul.socket
        if len(pdus) < 3 or wire is None or wire.socket is None:
            raise Rejected("nothing to break off: the object fits into one PDU")
        # Written past the state machine, which has nothing of its own to send meanwhile.
        for pdu in pdus[: 1 + len(pdus) // 2]:
            wire.socket.sendall(pdu)
        wire.close()
        assoc.join(PATIENCE)


@contextmanager
def association(
    peer: Peer,
    wanted: Iterable[PresentationContext],
    handlers: Sequence[evt.EventHandlerType] = (),
    scp_of: Iterable[str] = (),
) -> Iterator[Association]:
    """An established association, released at the end; we are the SCP of some. Raises Rejected."""
    ae = AE(ae_title=peer.calling)
    ae.connection_timeout = 10
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = PATIENCE
    assoc = ae.associate(
        peer.host,
        peer.port,
        contexts=list(wanted),
        ae_title=peer.called,
        evt_handlers=list(handlers),
        ext_neg=[build_role(class_uid, scp_role=True) for class_uid in scp_of],
    )
    if not assoc.is_established:
        raise Rejected(_why(assoc))
    checkpoint = steady(assoc, PATIENCE)
    try:
        yield assoc
    finally:
        if assoc.is_established and checkpoint.hold(PATIENCE) and assoc.is_alive():
            assoc.release()


def contexts(datasets: Iterable[Dataset]) -> list[PresentationContext]:
    """One presentation context for each class and transfer syntax that occurs."""
    pairs = {(str(d.SOPClassUID), str(d.file_meta.TransferSyntaxUID)): None for d in datasets}
    return [build_context(class_uid, syntax) for class_uid, syntax in pairs]


def read_report(information: Dataset) -> Report:
    """The event information of either type, PS3.4 Table J.3-2."""
    return Report(
        transaction_uid=str(information.get("TransactionUID", "")),
        committed=tuple(
            str(item.ReferencedSOPInstanceUID)
            for item in information.get("ReferencedSOPSequence") or ()
        ),
        failed=tuple(
            (str(item.ReferencedSOPInstanceUID), f"{item.FailureReason:04X}")
            for item in information.get("FailedSOPSequence") or ()
        ),
    )


def _take_report(
    event: Event, reports: "SimpleQueue[tuple[Report, threading.Thread]]"
) -> tuple[int, None]:
    reports.put((read_report(event.event_information), threading.current_thread()))
    return SUCCESS, None


def _ask(assoc: Association, instances: Sequence[tuple[str, str]]) -> str:
    request = Dataset()
    request.TransactionUID = uid_from_uuid()
    request.ReferencedSOPSequence = [_reference(*instance) for instance in instances]
    answer, _ = assoc.send_n_action(
        request, REQUEST_COMMITMENT, StorageCommitmentPushModel, COMMITMENT_INSTANCE
    )
    status = answer.get("Status")
    if status != SUCCESS:
        raise Rejected("no answer" if status is None else f"N-ACTION answered {status:04X}")
    return str(request.TransactionUID)


def _reference(class_uid: str, instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = class_uid, instance_uid
    return item


def _why(assoc: Association) -> str:
    """Result, source and reason of an A-ASSOCIATE-RJ, else that nobody answered."""
    answer = assoc.acceptor.primitive
    if assoc.is_rejected and answer is not None:
        return f"rejected {answer.result}/{answer.result_source}/{answer.diagnostic}"
    return "aborted" if assoc.is_aborted and answer is not None else "no connection"


def _pdus(assoc: Association, dataset: Dataset) -> Iterator[P_DATA_TF]:
    """The C-STORE request as the wire carries it."""
    context = assoc.accepted_contexts[0]
    syntax = context.transfer_syntax[0]
    data = encode(dataset, syntax.is_implicit_VR, syntax.is_little_endian)
    request = C_STORE()
    request.MessageID, request.Priority = 1, 2
    request.AffectedSOPClassUID = dataset.SOPClassUID
    request.AffectedSOPInstanceUID = dataset.SOPInstanceUID
    request.DataSet = BytesIO(data or b"")
    message = C_STORE_RQ()
    message.primitive_to_message(request)
    pdu_size = min(assoc.dimse.maximum_pdu_size or LARGEST_PDU, LARGEST_PDU)
    for primitive in message.encode_msg(context.context_id or 1, pdu_size):
        pdu = P_DATA_TF()
        pdu.from_primitive(primitive)
        yield pdu
