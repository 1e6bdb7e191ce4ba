"""C-STORE as sub-operation: an archived object goes over a channel, and what is answered comes back
(PS3.4 C.4.2.2, C.4.3.2).

Objects go out as they were received; only for a peer that takes nothing else are they transcoded.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pynetdicom.status import code_to_category

from archive import errors
from archive.edges.dicom import codec, replies, upper_layer
from archive.edges.dicom.acceptance import Taken
from archive.edges.dicom.channel import Channel, Data
from archive.edges.dicom.codec import Originator
from archive.edges.dicom.upper_layer import Violation
from archive.errors import PeerRejected
from archive.errors.retrieval import SyntaxUnavailable
from archive.objects import transcoding
from archive.services.serving import Outgoing
from archive.vault import Held

WARNING = "Warning"


@dataclass(slots=True)
class Giver:
    """Gives objects one after another; a new message id for each."""

    channel: Channel
    taken: Taken
    priority: int
    originator: Originator | None = None
    _last: int = field(default=0, init=False)

    def give(self, item: Outgoing, held: Held) -> bool:
        """Whether the peer took it with a warning. Raises PeerRejected when it did not take it;
        SyntaxUnavailable when it takes no form of it that we can give; Gone, Violation,
        TimeoutError when the association is over.
        """
        self._last = self._last % 0xFFFF + 1
        request = codec.encode_store(
            (item.sop_class_uid, item.sop_instance_uid), self._last, self.priority, self.originator
        )
        with self._prepared(item, held) as (context_id, data):
            self.channel.send(context_id, request, data)
        answer = self.channel.response()
        if answer.message_id != self._last or answer.sop_instance_uid not in (
            "",
            item.sop_instance_uid,
        ):
            raise Violation(upper_layer.UNEXPECTED_PARAMETER)
        if answer.status == replies.SUCCESS:
            return False
        status = replies.PENDING if answer.status is None else answer.status
        if code_to_category(status) == WARNING:
            return True
        raise PeerRejected(
            f"C-STORE answered with status {status:04X}", facts={"status": f"{status:04X}"}
        )

    @contextmanager
    def _prepared(self, item: Outgoing, held: Held) -> Iterator[tuple[int, Data]]:
        """The context to use, and the data set in its transfer syntax. Raises PeerRejected,
        SyntaxUnavailable.
        """
        contexts = self.taken.get(item.sop_class_uid, {})
        stored = item.transfer_syntax_uid
        if stored in contexts:
            yield contexts[stored], held.pieces()
            return
        if not contexts:
            raise PeerRejected("no presentation context for the object's class")
        target = next((syntax for syntax in transcoding.PLAIN if syntax in contexts), None)
        if target is None or not transcoding.is_possible(stored):
            raise SyntaxUnavailable("no presentation context that the object can be given in")
        with held.view() as data:
            try:
                pieces = transcoding.converted(data, stored, target)
            except errors.Unsupported as error:
                raise SyntaxUnavailable(error.detail, facts=error.facts) from None
            yield contexts[target], pieces
