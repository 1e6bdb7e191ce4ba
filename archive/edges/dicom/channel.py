"""Messages on an accepted association: ours go out whole; while a query or retrieval runs, cancels
and the answers to our own operations come in.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from archive.edges.dicom import codec, upper_layer
from archive.edges.dicom.acceptance import Taken
from archive.edges.dicom.codec import Command
from archive.edges.dicom.upper_layer import Fragment, Gone, Violation, Wire
from archive.errors import Malformed

LARGEST_COMMAND = 64 << 10

Data = Iterable[bytes | memoryview]


@dataclass(frozen=True, slots=True)
class Call:
    """A C-FIND, C-MOVE or C-GET as it was received; `together` as negotiated."""

    command: Command
    context_id: int
    abstract_syntax: str  # of the context
    transfer_syntax_uid: str
    identifier: bytes
    together: bool = False
    taken: Taken = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed with the peer."""

    accepted: Mapping[int, tuple[str, str]]  # abstract and transfer syntax by context id
    largest_pdu: int
    taken: Taken = field(default_factory=dict)
    together: frozenset[str] = frozenset()  # SOP classes that match dates with times


class Channel:
    """Of one operation, or of nothing but sending. `take_report` is given answers to commitment
    reports, which may come meanwhile. Every method raises Gone, Violation or TimeoutError when the
    association is over.
    """

    def __init__(
        self,
        wire: Wire,
        largest_pdu: int,
        take_report: Callable[[Command], None] | None = None,
        rest: Iterable[Fragment] = (),
    ) -> None:
        self.wire = wire
        self.largest_pdu = largest_pdu
        self.take_report = take_report
        # What came in one PDU behind the request; the wire reads the next one over it.
        self.rest = deque(each._replace(data=memoryview(bytes(each.data))) for each in rest)
        self._cancelled: set[int] = set()
        self._responses: deque[Command] = deque()
        self._command = bytearray()
        self._past = False  # what comes next is a data set that is read past

    def send(self, context_id: int, command: bytes, data: Data = ()) -> None:
        """A whole message. Of its data set each piece but the last has some bytes."""
        for parts in upper_layer.message(context_id, command, data, self.largest_pdu):
            self.wire.send_parts(parts)

    def cancelled(self, message_id: int) -> bool:
        """Whether the peer has asked to end this operation."""
        self.hear()
        return message_id in self._cancelled

    def hear(self) -> None:
        """Read what has come."""
        while self.rest or self.wire.has_unread():
            self._read()

    def response(self) -> Command:
        """The answer to a C-STORE of ours."""
        while not self._responses:
            self._read()
        return self._responses.popleft()

    def finish(self) -> None:
        """Read to the end of a message that has begun to come."""
        while self._command or self._past:
            self._read()

    def _read(self) -> None:
        if self.rest:
            self._receive(self.rest.popleft())
            return
        kind, body = self.wire.read_pdu(upper_layer.MAX_PDU + upper_layer.SLACK)
        if kind == upper_layer.ABORT:
            raise Gone
        if kind != upper_layer.P_DATA:
            raise Violation(upper_layer.UNEXPECTED_PDU)
        for fragment in upper_layer.fragments(body):
            self._receive(fragment)

    def _receive(self, fragment: Fragment) -> None:
        if self._past and not fragment.is_command:
            self._past = not fragment.is_last
            return
        self._command += fragment.data
        if self._past or not fragment.is_command or len(self._command) > LARGEST_COMMAND:
            raise Violation(upper_layer.UNEXPECTED_PARAMETER)
        if fragment.is_last:
            self._take(decoded(self._command))
            self._command.clear()

    def _take(self, command: Command) -> None:
        if command.field == codec.C_CANCEL_RQ:
            self._cancelled.add(command.message_id)
        elif command.field == codec.C_STORE_RQ | codec.RESPONSE and not command.has_data_set:
            self._responses.append(command)
        elif command.field == codec.N_EVENT_REPORT_RSP and self.take_report:
            self.take_report(command)
            self._past = command.has_data_set
        else:  # nobody may ask twice at once: no asynchronous operations were agreed
            raise Violation(upper_layer.UNEXPECTED_PARAMETER)


def decoded(command: bytearray) -> Command:
    """Raises Violation."""
    try:
        return codec.decode_command(command)
    except Malformed:
        raise Violation(upper_layer.INVALID_PARAMETER) from None
