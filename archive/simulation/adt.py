"""ADT messages as a customer's patient record system sends them, over MLLP (HL-1)."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from archive.edges.hl7.mllp import Content, Frames, frame
from archive.objects.er7 import Separators
from archive.simulation.world import Customer, Patient, World, WorldUnknown
from archive.values import HETU_ROOT, now

PATIENCE = 20.0  # seconds
MOST_ANSWER = 64 << 10
MERGE, UPDATE, PERSON, CHANGE = "a40", "a08", "a31", "a47"
STRUCTURES: Mapping[str, str] = {
    MERGE: "ADT^A40^ADT_A39",
    UPDATE: "ADT^A08^ADT_A01",
    PERSON: "ADT^A31^ADT_A05",
    CHANGE: "ADT^A47^ADT_A30",
}
SIGNS = Separators()


@dataclass(frozen=True, slots=True)
class Order:
    """What a message is to say. `prior` is the id that is retired, under the customer's root."""

    kind: str
    customer: Customer
    environment: str
    patient: Patient
    prior: str = ""
    control_id: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """MSA-1 to MSA-3, and the words of ERR."""

    acknowledgement: str
    control_id: str
    text: str = ""

    @property
    def line(self) -> str:
        return " ".join(filter(None, (self.acknowledgement, self.control_id, self.text)))


def temporary_root(customer: Customer) -> str:
    return f"{customer.arc}.22.{now().year}"


def message(world: World, order: Order) -> bytes:
    """Raises WorldUnknown when run.json tells no HL7 sender."""
    sender = order.customer.hl7_sender(order.environment)
    if world.hl7 is None or sender is None:
        raise WorldUnknown("run.json tells no HL7 listener, or this customer has no sender")
    receiver = world.hl7.receiver(order.environment)
    at = now().strftime("%Y%m%d%H%M%S+0000")
    event = STRUCTURES[order.kind].split("^")[1]
    control_id = order.control_id or f"SIM{now().timestamp():.6f}".replace(".", "")
    processing = "P" if order.environment == "production" else "T"
    segments = [
        f"MSH|{SIGNS.encoding_characters}|{sender.application}|{sender.facility}"
        f"|{receiver.application}|{receiver.facility}|{at}||{STRUCTURES[order.kind]}"
        f"|{control_id}|{processing}|2.5||||||UNICODE UTF-8",
        f"EVN|{event}|{at}",
        _pid(order.patient),
    ]
    if order.kind in (MERGE, CHANGE):
        segments.append(f"MRG|{_cx(order.prior, temporary_root(order.customer))}")
    return "".join(f"{segment}\r" for segment in segments).encode()


def _cx(value: str, root: str) -> str:
    return f"{SIGNS.escaped(value)}^^^&{root}&ISO"


def _pid(patient: Patient) -> str:
    parts = (*patient.name.split("^"), "", "", "", "", "")[:5]
    family, given, middle, prefix, suffix = map(SIGNS.escaped, parts)
    name = "^".join((family, given, middle, suffix, prefix)).rstrip("^")
    return f"PID|1||{_cx(patient.id, HETU_ROOT)}||{name}||{patient.birth_date}|{patient.sex}"


def send(world: World, content: bytes) -> Answer:
    """Raises WorldUnknown when nobody listens, OSError when the answer does not come."""
    if world.hl7 is None:
        raise WorldUnknown("run.json tells no HL7 listener")
    try:
        connection = socket.create_connection((world.hl7.host, world.hl7.port), PATIENCE)
    except OSError as problem:
        raise WorldUnknown(f"the HL7 listener does not answer: {problem.strerror}") from None
    with connection:
        connection.sendall(frame(content))
        return _read(connection)


def _read(connection: socket.socket) -> Answer:
    frames = Frames(MOST_ANSWER)
    while data := connection.recv(MOST_ANSWER):
        for found in frames.feed(data):
            if isinstance(found, Content):
                return _answer(found.raw.decode("utf-8", "replace"))
    raise ConnectionResetError("closed without an answer")


def _answer(text: str) -> Answer:
    lines = {line[:3]: line.split("|") for line in text.split("\r") if line}
    msa, err = lines["MSA"], lines.get("ERR", [])
    said = ", ".join(filter(None, (err[2], err[3], err[-1]))) if len(err) > 3 else ""
    return Answer(msa[1], msa[2], said)
