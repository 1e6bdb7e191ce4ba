"""C-FIND, PS3.4 C.4.1: decode, ask the service, encode each match from its own row (AR-6)."""

import threading

from archive.edges.dicom import codec, replies
from archive.edges.dicom.acceptance import PATIENT_ROOT
from archive.edges.dicom.channel import Call, Channel
from archive.edges.edge import as_archive_error, exchange, reply_for
from archive.errors import ArchiveError, QueryTooBroad
from archive.objects import identifier
from archive.services import querying
from archive.services.associations import Peer
from archive.services.querying import Question, Search


def find(call: Call, channel: Channel, peer: Peer, stopping: threading.Event) -> None:
    """Raises Gone, Violation, TimeoutError."""
    error: ArchiveError | None = None
    try:
        with exchange(peer.association_id):
            search = querying.find(peer, question(call))
        status = _answer(call, channel, search)
        if status == replies.SUCCESS and search.more:
            error = QueryTooBroad()
    except ArchiveError as raised:
        error = raised
    if error is not None:
        status = reply_for(replies.TABLE, error).find
    channel.send(call.context_id, codec.encode_response(call.command, status, error))


def question(call: Call) -> Question:
    return Question(
        call.identifier,
        call.transfer_syntax_uid,
        patient_root=call.abstract_syntax in PATIENT_ROOT,
        together=call.together,
    )


def _answer(call: Call, channel: Channel, search: Search) -> int:
    """Every match, unless the peer cancels. Raises ArchiveError, and what ends the association."""
    status = replies.PENDING_IN_PART if search.partial else replies.PENDING
    pending = codec.encode_response(call.command, status, data_set=True)
    for page in search.pages():
        with exchange(search.peer.association_id):
            answers = search.answers(page)
        for answer in answers:
            if channel.cancelled(call.command.message_id):
                return replies.CANCELLED
            try:
                encoded = identifier.encode(answer, call.transfer_syntax_uid, search.character_set)
            except Exception as raised:
                raise as_archive_error(raised) from raised
            channel.send(call.context_id, pending, [encoded])
    return replies.SUCCESS
