"""C-MOVE and C-GET, PS3.4 C.4.2 and C.4.3: objects go out one by one, counted, until all have gone
or the peer cancels (AR-6).

The next large object is read, and its digest checked, while the one before is on its way.
"""

import logging
import threading
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from archive.config import settings
from archive.edges.dicom import calling, codec, replies
from archive.edges.dicom.calling import Calling
from archive.edges.dicom.channel import Call, Channel
from archive.edges.dicom.codec import Counts, Originator
from archive.edges.dicom.finding import question
from archive.edges.dicom.giving import Giver
from archive.edges.dicom.upper_layer import Gone, Violation
from archive.edges.edge import as_archive_error, exchange, reply_for
from archive.errors import ArchiveError, Busy, PeerAborted, PeerSilent
from archive.objects import identifier
from archive.services import retrieval
from archive.services.associations import Peer
from archive.services.retrieval import Retrieval
from archive.services.serving import Outgoing
from archive.vault import Held

# Reading a smaller one takes less than telling another thread to: it is read at its turn.
AHEAD = 128 << 10
Ahead = deque[tuple[Outgoing, Future[Held | ArchiveError] | None]]

log = logging.getLogger(__name__)


def move(call: Call, channel: Channel, peer: Peer, stopping: threading.Event) -> None:
    """To another system. Raises Gone, Violation, TimeoutError of the one that asks."""
    try:
        with exchange(peer.association_id):
            wanted = retrieval.move(peer, question(call), call.command.move_destination)
    except ArchiveError as error:
        _refuse(call, channel, error)
        return
    with closing(Destination(wanted, call, peer)) as destination:
        Fetch(call, channel, peer, stopping, wanted, destination).run()


def get(call: Call, channel: Channel, peer: Peer, stopping: threading.Event) -> None:
    """To the one that asks, on its own association. Raises as `move`."""
    try:
        with exchange(peer.association_id):
            wanted = retrieval.get(peer, question(call))
    except ArchiveError as error:
        _refuse(call, channel, error)
        return
    giver = Giver(channel, call.taken, call.command.priority)
    Fetch(call, channel, peer, stopping, wanted, giver).run()


def _refuse(call: Call, channel: Channel, error: ArchiveError) -> None:
    status = reply_for(replies.TABLE, error).move
    channel.send(call.context_id, codec.encode_response(call.command, status, error))


class Destination:
    """Gives objects to the system that a C-MOVE names; the association is made for the first one.
    When it is over, it is over for all objects that are left.
    """

    def __init__(self, wanted: Retrieval, call: Call, peer: Peer) -> None:
        self.wanted = wanted
        self.call = call
        self.peer = peer
        self.over: ArchiveError | None = None
        self._calling: Calling | None = None
        self._giver: Giver | None = None

    def give(self, item: Outgoing, held: Held) -> bool:
        """Raises PeerUnreachable, PeerRejected, PeerAborted, PeerSilent."""
        if self.over is not None:
            raise self.over
        if self._giver is None:
            self._giver = self._call()
        try:
            return self._giver.give(item, held)
        except TimeoutError:
            self.over = PeerSilent("destination gave no answer in time during C-STORE")
            raise self.over from None
        except (Gone, Violation) as raised:
            said = "broke off" if isinstance(raised, Gone) else "broke the protocol"
            self.over = PeerAborted(f"destination {said} during C-STORE")
            raise self.over from None

    def close(self) -> None:
        if self._calling is not None:
            (self._calling.release if self.over is None else self._calling.abort)()

    def _call(self) -> Giver:
        try:
            self._calling = calling.call(
                self.wanted.target, self.wanted.kinds, patience=settings().dicom_timeout
            )
        except ArchiveError as error:
            self.over = error
            raise
        originator = Originator(self.peer.calling, self.call.command.message_id)
        return Giver(
            self._calling.channel, self._calling.taken, self.call.command.priority, originator
        )


@dataclass(slots=True)
class Fetch:
    """The sub-operations of one request."""

    call: Call
    channel: Channel
    peer: Peer
    stopping: threading.Event
    wanted: Retrieval
    giver: Giver | Destination
    counts: Counts = field(default_factory=Counts)
    failed: list[str] = field(default_factory=list)
    why: ArchiveError | None = None  # the first of them failed

    def run(self) -> None:
        """Raises Gone, Violation, TimeoutError."""
        ending, error = retrieval.BROKEN_OFF, None
        try:
            ending = self._give_all()
        except ArchiveError as raised:
            ending, error = retrieval.FAILED, raised
        finally:
            # Before the last answer: who has been answered finds it written down.
            self._close(ending)
        listed = identifier.failed_uids(self.failed, self.call.transfer_syntax_uid)
        status = self._status(ending, error)
        ended = ending != retrieval.CANCELLED
        self._tell(status, error or self.why, ended=ended, listed=listed)

    def _give_all(self) -> str:
        with closing(self._read_ahead()) as objects:
            for item, held in objects:
                if self.channel.cancelled(self.call.command.message_id):
                    return retrieval.CANCELLED
                if self.stopping.is_set():
                    raise Busy("listener is stopping")
                self._give(item, held)
                if self._remaining():
                    self._tell(replies.PENDING)
        return retrieval.DONE

    def _give(self, item: Outgoing, held: Held | ArchiveError) -> None:
        """One sub-operation, counted whatever becomes of it."""
        if isinstance(held, ArchiveError):
            self._fail(item, held)
            return
        try:
            with closing(held):
                warned = self.giver.give(item, held)
        except ArchiveError as error:
            self._fail(item, error)
            return
        if warned:
            self.counts.warning += 1
        else:
            self.counts.completed += 1
        self.wanted.note(item, None)

    def _fail(self, item: Outgoing, error: ArchiveError) -> None:
        self.counts.failed += 1
        self.failed.append(item.sop_instance_uid)
        # Its frames hold the object's bytes.
        self.why = self.why or error.with_traceback(None)
        self.wanted.note(item, error.with_traceback(None))

    def _remaining(self) -> int:
        done = self.counts.completed + self.counts.failed + self.counts.warning
        return max(self.wanted.total - done, 0)

    def _tell(
        self,
        status: int,
        error: ArchiveError | None = None,
        *,
        ended: bool = False,
        listed: bytes = b"",
    ) -> None:
        """A response; unless it `ended` otherwise than by a cancel with what remains, PS3.4
        C.4.2.1.6.
        """
        self.counts.remaining = None if ended else self._remaining()
        response = codec.encode_response(
            self.call.command, status, error, counts=self.counts, data_set=bool(listed)
        )
        self.channel.send(self.call.context_id, response, [listed] if listed else ())

    # --- the objects ------------------------------------------------------------------------------

    def _read_ahead(self) -> Generator[tuple[Outgoing, Held | ArchiveError], None, None]:
        """Each object with its bytes, or with why they cannot be given."""
        ahead: Ahead = deque()
        with ThreadPoolExecutor(1, "read-ahead") as reader:
            try:
                for item in self.wanted.objects(partial(exchange, self.peer.association_id)):
                    is_large = item.size > AHEAD
                    ahead.append((item, reader.submit(self._hold, item) if is_large else None))
                    if len(ahead) > 1:
                        yield self._next(ahead)
                while ahead:
                    yield self._next(ahead)
            finally:
                for _, future in ahead:
                    if future is not None and isinstance(held := future.result(), Held):
                        held.close()

    def _next(self, ahead: Ahead) -> tuple[Outgoing, Held | ArchiveError]:
        item, future = ahead.popleft()
        return item, self._hold(item) if future is None else future.result()

    def _hold(self, item: Outgoing) -> Held | ArchiveError:
        """In another thread, without a database; nothing is read for a destination that is over."""
        over = getattr(self.giver, "over", None)
        if over is not None:
            return over
        try:
            return item.hold()
        except Exception as raised:
            return as_archive_error(raised)

    # --- the end ----------------------------------------------------------------------------------

    def _close(self, ending: str) -> None:
        try:
            with exchange(self.peer.association_id):
                self.wanted.close(ending)
        except ArchiveError as error:
            log.error("retrieval is not written down: %s", error.detail)

    def _status(self, ending: str, error: ArchiveError | None) -> int:
        """PS3.4 tables C.4-2 and C.4-3."""
        if error is not None:
            return reply_for(replies.TABLE, error).move
        if ending == retrieval.CANCELLED:
            return replies.CANCELLED
        if self.counts.failed and not self.counts.completed and not self.counts.warning:
            return replies.ALL_FAILED
        if self.counts.failed or self.counts.warning:
            return replies.SOME_FAILED
        return replies.SUCCESS
