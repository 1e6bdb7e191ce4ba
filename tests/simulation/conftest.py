"""Peers of the simulator's: an archive and a registry that answer as told, over real sockets."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts, evt
from pynetdicom.dimse_messages import N_ACTION_RSP
from pynetdicom.events import Event
from pynetdicom.sop_class import StorageCommitmentPushModel, Verification

from archive.edges.dicom.checkpoint import steady
from archive.simulation import phantoms, world
from archive.simulation.world import World

SUCCESS = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    b'<r:RegistryResponse xmlns:r="urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0" '
    b'status="urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"/></s:Body></s:Envelope>'
)


HERE = Path(__file__).parent
UNCLOSED = "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pynetdicom leaves a socket to the garbage collector when its peer was the first to close."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(UNCLOSED))


@pytest.fixture(scope="module", autouse=True)
def small_pictures() -> Iterator[None]:
    """And few slices: to draw, pack and send pixels is most of what these tests do."""
    sizes: dict[Any, tuple[int, ...]] = {
        phantoms.head_ct: (128,),  # more than one PDU, so that a transfer can be broken off
        phantoms.belly_ct: (128,),
        phantoms.head_mr: (64,),
        phantoms.chest_frontal: (220, 180),
        phantoms.chest_lateral: (220, 180),
        phantoms.sector: (60, 80),
    }
    volume = phantoms.volume
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phantoms, "volume", lambda at, count, random: volume(at, count // 5, random))
        for picture, size in sizes.items():
            patch.setattr(picture, "__defaults__", size)
        yield


@dataclass
class ArchiveDouble:
    """Takes what its judge takes, and commits to everything it has taken."""

    port: int = 0
    judge: Callable[[Dataset], tuple[int, str]] = lambda dataset: (0x0000, "")
    received: list[Dataset] = field(default_factory=list)
    titles: set[tuple[str, str]] = field(default_factory=set)
    broken: threading.Event = field(default_factory=threading.Event)
    reports: bool = True

    def on_store(self, event: Event) -> Dataset:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        self.titles.add(
            (event.assoc.requestor.ae_title, event.assoc.requestor.primitive.called_ae_title)
        )
        status, comment = self.judge(dataset)
        if not status:
            self.received.append(dataset)
        answer = Dataset()
        answer.Status = status
        if comment:
            answer.ErrorComment = comment
        return answer

    def on_action(self, event: Event) -> tuple[int, None]:
        event.assoc.asked = event.action_information
        return 0x0000, None

    def on_message(self, event: Event) -> None:
        event.assoc.answered = isinstance(event.message, N_ACTION_RSP)

    def on_pdu(self, event: Event) -> None:
        """Once the N-ACTION response is on the wire the report may follow."""
        if getattr(event.assoc, "answered", False) and self.reports:
            event.assoc.answered = False
            threading.Thread(target=self.report, args=(event.assoc,), daemon=True).start()

    def report(self, assoc: Any) -> None:
        held = {str(dataset.SOPInstanceUID) for dataset in self.received}
        info = Dataset()
        info.TransactionUID = assoc.asked.TransactionUID
        info.ReferencedSOPSequence, info.FailedSOPSequence = [], []
        for item in assoc.asked.ReferencedSOPSequence:
            if item.ReferencedSOPInstanceUID in held:
                info.ReferencedSOPSequence.append(item)
            else:
                item.FailureReason = 0x0112
                info.FailedSOPSequence.append(item)
        steady(assoc, 10)
        kind = 2 if info.FailedSOPSequence else 1
        assoc.send_n_event_report(info, kind, StorageCommitmentPushModel, "1.2.840.10008.1.20.1.1")


@pytest.fixture
def archive(served: ArchiveDouble) -> ArchiveDouble:
    """The double as new, but for its port: pynetdicom takes half a second to close one."""
    fresh = ArchiveDouble(port=served.port)
    vars(served).update(vars(fresh))
    return served


@pytest.fixture(scope="session")
def served() -> Iterator[ArchiveDouble]:
    double = ArchiveDouble()
    ae = AE(ae_title="KANTA")
    ae.require_calling_aet = ["ESIM_PACS", "ESIM_TEST", "MALLI_PACS", "RONTGEN_PACS"]
    for context in AllStoragePresentationContexts:
        ae.add_supported_context(str(context.abstract_syntax), ALL_TRANSFER_SYNTAXES)
    ae.add_supported_context(Verification)
    ae.add_supported_context(StorageCommitmentPushModel)
    handlers: list[Any] = [
        (evt.EVT_C_STORE, double.on_store),
        (evt.EVT_N_ACTION, double.on_action),
        (evt.EVT_DIMSE_SENT, double.on_message),
        (evt.EVT_PDU_SENT, double.on_pdu),
        (evt.EVT_ABORTED, lambda event: double.broken.set()),
        (evt.EVT_CONN_CLOSE, lambda event: double.broken.set()),
    ]
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    double.port = server.socket.getsockname()[1]
    yield double
    ae.shutdown()


@dataclass
class RegistryDouble:
    """Keeps what was posted; answers what it was told to."""

    address: str = ""
    status: int = 200
    answer: bytes = SUCCESS
    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def registry() -> Iterator[RegistryDouble]:
    double = RegistryDouble()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            double.posted.append((self.path, dict(self.headers), body))
            self.send_response(double.status)
            self.send_header("Content-Length", str(len(double.answer)))
            self.end_headers()
            self.wfile.write(double.answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    double.address = f"http://127.0.0.1:{server.server_port}"
    yield double
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run_file(
    archive: ArchiveDouble, registry: RegistryDouble, pick_port: Callable[[], int], tmp_path: Path
) -> Path:
    """What ./run would have written about those two, with ports for the customers' listeners."""
    path = tmp_path / "run.json"
    path.write_text(json.dumps(_found(archive.port, registry.address, pick_port)), encoding="utf-8")
    return path


@pytest.fixture
def found(run_file: Path) -> World:
    return world.read(run_file)


def _found(dicom_port: int, web: str, port: Callable[[], int]) -> dict[str, Any]:
    customers = (
        ("Esimerkkilän hyvinvointialue", "9000001-1", "ESIM_PACS", "ESIM_TEST"),
        ("Mallilan hyvinvointialue", "9000003-8", "MALLI_PACS", "MALLI_TEST"),
        ("Röntgen Esimerkki Oy", "9000004-6", "RONTGEN_PACS", "RONTGEN_TEST"),
    )
    return {
        "web": web,
        "dicom": {"host": "127.0.0.1", "port": dicom_port, "aet": "KANTA", "test_aet": "KANTATEST"},
        "customers": [
            {
                "name": name,
                "business_id": business_id,
                "organisation_oid": f"1.2.246.10.{business_id.replace('-', '')}.10.0",
                "controller_oid": f"1.2.246.10.{business_id.replace('-', '')}.19.0",
                "aet": aet,
                "test_aet": test_aet,
                "host": "127.0.0.1",
                "port": port(),
                "xds": {"user": "x", "password": "x"},
                "test_xds": {"user": "x", "password": "x"},
            }
            for name, business_id, aet, test_aet in customers
        ],
        "pdr": {"user": "pdr", "password": "secret"},
        "test_pdr": {"user": "pdr-test", "password": "secret-test"},
        "patients": [
            {"id": "010181-900C", "name": "Äijälä Örjan"},
            {"id": "010594Y9032", "name": "Testi^Åsa"},
            {"id": "020516C903K", "name": "Malli^Väinö"},
        ],
    }
