"""Our calls to customers' systems: commitment reports, notices, echoes, questions for a list of
studies. No database here.

Every failure is one of three, with a detail an engineer of either side can act on.
"""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pydicom.dataset import Dataset
from pynetdicom import AE, build_context, build_role, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.status import code_to_category

from archive.edges.dicom import codec, replies, study_lists, tls
from archive.edges.dicom.acceptance import COMMITMENT, COMMITMENT_INSTANCE, VERIFICATION
from archive.edges.dicom.checkpoint import steady
from archive.edges.dicom.quiet import keep_identifiers_out_of_logs
from archive.errors import PeerAborted, PeerRejected, PeerUnreachable
from archive.objects.messages import CommitmentResult, Notice, Target
from archive.objects.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from archive.objects.study_lists import Answers, ListedStudy, Question
from archive.values import uid_from_uuid

AVAILABILITY = "1.2.840.10008.5.1.4.33"
STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"


def report_commitment(target: Target, result: CommitmentResult) -> None:
    """N-EVENT-REPORT on an association of our own, PS3.4 J.3.3.

    We propose the SCP role; a peer that leaves the role item unanswered gets the report all the
    same. Raises PeerUnreachable, PeerRejected, PeerAborted.
    """
    role = build_role(COMMITMENT, scp_role=True)
    with _association(target, COMMITMENT, [role]) as assoc:
        answer, _ = assoc.send_n_event_report(
            codec.encode_report(result), result.event_type, COMMITMENT, COMMITMENT_INSTANCE
        )
        _require_success("N-EVENT-REPORT", answer)


def send_availability(target: Target, notice: Notice) -> None:
    """IAN by N-CREATE, PS3.4 annex R. Raises PeerUnreachable, PeerRejected, PeerAborted."""
    with _association(target, AVAILABILITY) as assoc:
        answer, _ = assoc.send_n_create(codec.encode_notice(notice), AVAILABILITY, uid_from_uuid())
        _require_success("N-CREATE", answer)


def echo(target: Target) -> None:
    """Raises PeerUnreachable, PeerRejected, PeerAborted."""
    with _association(target, VERIFICATION) as assoc:
        _require_success("C-ECHO", assoc.send_c_echo())


def find_studies(target: Target, question: Question) -> Answers:
    """C-FIND at study level, PS3.4 C.4.1, with no key about the patient.

    Raises PeerUnreachable, PeerRejected, PeerAborted.
    """
    ends = time.monotonic() + question.seconds
    found: list[ListedStudy] = []
    faulty, cancelled = 0, False
    with _association(target, STUDY_ROOT_FIND) as assoc:
        asked = study_lists.encode_question(question)
        for status, answer in assoc.send_c_find(asked, STUDY_ROOT_FIND, msg_id=1):
            if "Status" not in status or code_to_category(status.Status) != "Pending":
                if not cancelled:
                    _require_success("C-FIND", status)
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
    return Answers(found, whole=not cancelled, faulty=faulty)


@contextmanager
def _association(
    target: Target, abstract_syntax: str, roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = ()
) -> Iterator[Association]:
    """Raises PeerUnreachable, PeerRejected, PeerAborted."""
    keep_identifiers_out_of_logs()
    ae = AE(ae_title=target.calling_aet)
    ae.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    ae.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    ae.connection_timeout = ae.acse_timeout = target.timeout
    ae.dimse_timeout = ae.network_timeout = target.timeout
    connected: list[bool] = []
    context = tls.client_context(target.certificate_sha256) if target.certificate_sha256 else None
    try:
        assoc = ae.associate(
            target.host,
            target.port,
            contexts=[build_context(abstract_syntax)],
            ae_title=target.called_aet,
            ext_neg=list(roles),
            evt_handlers=[(evt.EVT_CONN_OPEN, lambda event: connected.append(True))],
            tls_args=(context, target.host) if context is not None else None,
        )
    except (socket.gaierror, UnicodeError):
        raise PeerUnreachable(f"host name {target.host} cannot be resolved") from None
    if not assoc.is_established:
        raise _not_established(assoc, target, bool(connected))
    wire = assoc.dul.socket.socket if assoc.dul.socket is not None else None
    try:
        steady(assoc, target.timeout)
        yield assoc
    finally:
        if assoc.is_established:
            assoc.release()
        if wire is not None:  # pynetdicom forgets to close one whose other end has gone already
            wire.close()


def _not_established(
    assoc: Association, target: Target, connected: bool
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
    return PeerAborted(f"{target.called_aet} at {address} did not answer the association request")


def _require_success(step: str, answer: Dataset) -> None:
    if "Status" not in answer:
        raise PeerAborted(f"no answer to {step}")
    if not replies.is_taken(answer.Status):
        comment = str(answer.get("ErrorComment", ""))[:64]
        raise PeerRejected(
            f"{step} answered with status {answer.Status:04X} {comment}".rstrip(),
            facts={"status": f"{answer.Status:04X}"},
        )
