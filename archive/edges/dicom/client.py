"""Our calls to customers' systems: commitment reports, notices, echoes, questions for a list of
studies. No database here.

Every failure is one of four, with a detail an engineer of either side can act on.
"""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pydicom.dataset import Dataset
from pynetdicom import AE, build_context, build_role, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.status import code_to_category

from archive.edges.dicom import codec, replies, study_lists, tls
from archive.edges.dicom.acceptance import COMMITMENT, COMMITMENT_INSTANCE, VERIFICATION
from archive.edges.dicom.checkpoint import steady
from archive.edges.dicom.quiet import keep_identifiers_out_of_logs
from archive.errors import PeerAborted, PeerRejected, PeerSilent, PeerUnreachable
from archive.objects.messages import CommitmentResult, Notice, Target
from archive.objects.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from archive.objects.study_lists import Answers, ListedStudy, Question
from archive.values import uid_from_uuid

AVAILABILITY = "1.2.840.10008.5.1.4.33"
STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"


def report_commitment(target: Target, result: CommitmentResult) -> None:
    """N-EVENT-REPORT on an association of our own, PS3.4 J.3.3.

    We propose the SCP role; a peer that leaves the role item unanswered gets the report all the
    same. Raises PeerUnreachable, PeerRejected, PeerAborted, PeerSilent.
    """
    role = build_role(COMMITMENT, scp_role=True)
    with _association(target, COMMITMENT, [role]) as assoc:
        since = time.monotonic()
        answer, _ = assoc.send_n_event_report(
            codec.encode_report(result), result.event_type, COMMITMENT, COMMITMENT_INSTANCE
        )
        _require_success("N-EVENT-REPORT", answer, target, since)


def send_availability(target: Target, notice: Notice) -> None:
    """IAN by N-CREATE, PS3.4 annex R.

    Raises PeerUnreachable, PeerRejected, PeerAborted, PeerSilent.
    """
    with _association(target, AVAILABILITY) as assoc:
        since = time.monotonic()
        answer, _ = assoc.send_n_create(codec.encode_notice(notice), AVAILABILITY, uid_from_uuid())
        _require_success("N-CREATE", answer, target, since)


def echo(target: Target) -> None:
    """Raises PeerUnreachable, PeerRejected, PeerAborted, PeerSilent."""
    with _association(target, VERIFICATION) as assoc:
        since = time.monotonic()
        _require_success("C-ECHO", assoc.send_c_echo(), target, since)


def find_studies(target: Target, question: Question) -> Answers:
    """C-FIND at study level, PS3.4 C.4.1, with no key about the patient.

    Raises PeerUnreachable, PeerRejected, PeerAborted, PeerSilent.
    """
    ends = time.monotonic() + question.seconds
    found: list[ListedStudy] = []
    faulty, cancelled = 0, False
    with _association(target, STUDY_ROOT_FIND) as assoc:
        asked = study_lists.encode_question(question)
        since = time.monotonic()
        for status, answer in assoc.send_c_find(asked, STUDY_ROOT_FIND, msg_id=1):
            if "Status" not in status or code_to_category(status.Status) != "Pending":
                if not cancelled:
                    _require_success("C-FIND", status, target, since)
            elif cancelled:
                if time.monotonic() > ends + target.timeout:
                    assoc.abort()  # it heeds no cancel
                    break
            elif len(found) == question.most or time.monotonic() > ends:
                assoc.send_c_cancel(1, query_model=STUDY_ROOT_FIND)
                cancelled = True
            else:
                try:
                    found.append(study_lists.decode_study(answer or Dataset()))
                except ValueError:
                    faulty += 1
            since = time.monotonic()
    return Answers(found, whole=not cancelled, faulty=faulty)


@contextmanager
def _association(
    target: Target, abstract_syntax: str, roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = ()
) -> Iterator[Association]:
    """Raises PeerUnreachable, PeerRejected, PeerAborted, PeerSilent."""
    keep_identifiers_out_of_logs()
    ae = AE(ae_title=target.calling_aet)
    ae.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    ae.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    ae.connection_timeout = ae.acse_timeout = target.timeout
    ae.dimse_timeout = ae.network_timeout = target.timeout
    opened: list[tuple[float, socket.socket]] = []  # when, and what is to be closed
    context = tls.client_context(target.certificate_sha256) if target.certificate_sha256 else None
    try:
        assoc = ae.associate(
            target.host,
            target.port,
            contexts=[build_context(abstract_syntax)],
            ae_title=target.called_aet,
            ext_neg=list(roles),
            evt_handlers=[(evt.EVT_CONN_OPEN, _opened, [opened])],
            tls_args=(context, target.host) if context is not None else None,
        )
    except (socket.gaierror, UnicodeError):
        raise PeerUnreachable(f"host name {target.host} cannot be resolved") from None
    try:
        if not assoc.is_established:
            raise _not_established(assoc, target, [at for at, _wire in opened])
        steady(assoc, target.timeout)
        yield assoc
    finally:
        if assoc.is_established:
            assoc.release()
        for _at, wire in opened:  # pynetdicom forgets one whose other end has gone already
            wire.close()


def _opened(event: Event, opened: list[tuple[float, socket.socket]]) -> None:
    opened.append((time.monotonic(), event.assoc.dul.socket.socket))


def _not_established(
    assoc: Association, target: Target, connected: Sequence[float]
) -> PeerUnreachable | PeerRejected | PeerAborted:
    address = f"{target.host}:{target.port}"
    if not connected:
        other = ", or not with its registered certificate" if target.certificate_sha256 else ""
        return PeerUnreachable(
            f"no connection to {address}: refused, or no answer within {target.timeout:g} s{other}"
        )
    answer = assoc.acceptor.primitive
    if assoc.is_rejected and answer is not None:
        told = f"result {answer.result}, source {answer.result_source}, reason {answer.diagnostic}"
        return PeerRejected(
            f"association rejected by {target.called_aet} at {address}: {told}",
            facts={"rejection": told},
        )
    if assoc.rejected_contexts:
        return PeerRejected(f"{target.called_aet} at {address} accepted no presentation context")
    said = f"{target.called_aet} at {address} did not answer the association request"
    return _unanswered(said, target, connected[0])


def _unanswered(said: str, target: Target, since: float) -> PeerAborted:
    """pynetdicom does not tell which it was; one that breaks off does so before the time is up."""
    if time.monotonic() - since < target.timeout:
        return PeerAborted(said)
    return PeerSilent(f"{said} within {target.timeout:g} s")


def _require_success(step: str, answer: Dataset, target: Target, since: float) -> None:
    """`since` when the peer has not said a word."""
    if "Status" not in answer:
        raise _unanswered(f"no answer to {step}", target, since)
    if not replies.is_taken(answer.Status):
        comment = str(answer.get("ErrorComment", ""))[:64]
        raise PeerRejected(
            f"{step} answered with status {answer.Status:04X} {comment}".rstrip(),
            facts={"status": f"{answer.Status:04X}"},
        )
