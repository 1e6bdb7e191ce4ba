"""C-GET on the asker's own association, and objects in other transfer syntaxes (AR-6)."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pynetdicom import build_role, evt
from pynetdicom.association import Association
from pynetdicom.events import Event

from archive.models import Case, LedgerEvent
from archive.objects.sameness import LOSSLESS, same_content
from archive.services import ingest
from archive.services.sessions import Session
from tests import cast
from tests.edges.dicom.destination import storage
from tests.edges.dicom.listening import COMMITMENT, Listening, dcmtk
from tests.edges.dicom.moves import MOVE, UID, counts, failed_uids, moved, stored, study_level
from tests.edges.dicom.test_finding import asked
from tests.objects import samples

pytestmark = pytest.mark.usefixtures("fresh_database")

STUDY_GET = "1.2.840.10008.5.1.4.1.2.2.3"
GET = (STUDY_GET, cast.IMPLICIT)
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
CONTEXTS = (GET, (COMMITMENT, cast.IMPLICIT))


class Inbox:
    """What a C-GET has brought: transfer syntax and bytes by SOP Instance UID."""

    def __init__(self) -> None:
        self.brought: dict[str, tuple[str, bytes]] = {}
        self.cancel_after = 0

    def take(self, event: Event) -> int:
        syntax, data = str(event.context.transfer_syntax), event.request.DataSet.getvalue()
        self.brought[str(event.request.AffectedSOPInstanceUID)] = (syntax, data)
        if len(self.brought) == self.cancel_after:
            event.assoc.send_c_cancel(1, query_model=STUDY_GET)
        return 0x0000

    def options(self, *classes: str) -> dict[str, Any]:
        roles = [build_role(each, scp_role=True) for each in classes or (cast.CT,)]
        return {"ext_neg": roles, "evt_handlers": [(evt.EVT_C_STORE, self.take)]}


def got(assoc: Association, request: Dataset) -> tuple[list[Dataset], Dataset, Dataset | None]:
    answers = list(assoc.send_c_get(request, STUDY_GET))
    last, identifier = answers[-1]
    return [status for status, _ in answers[:-1]], last, identifier


def test_a_study_comes_byte_by_byte_on_the_same_association(listener: Listening) -> None:
    made, inbox = stored(3), Inbox()
    with listener.associate(*CONTEXTS, (cast.CT, cast.EXPLICIT), **inbox.options()) as assoc:
        pending, last, identifier = got(assoc, study_level())
        assert got(assoc, asked(StudyInstanceUID="1.2.3"))[1].Status == 0x0000
    assert (last.Status, counts(last), identifier) == (0x0000, (None, 3, 0, 0), None)
    assert [counts(status) for status in pending] == [(2, 1, 0, 0), (1, 2, 0, 0)]
    assert inbox.brought == {
        str(each.SOPInstanceUID): (cast.EXPLICIT, cast.encoded(each)) for each in made
    }
    facts = LedgerEvent.objects.get(kind="study.retrieved").facts
    assert (facts["by"], facts["destination"], facts["instances"]) == ("C-GET", "ESIM_PACS", 3)


def test_getscu_gets_a_study(listener: Listening, tmp_path: Path) -> None:
    made = stored(3)
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={UID}")
    done = dcmtk("getscu", listener.port, "-S", "-od", tmp_path, *keys)
    assert done.returncode == 0, done.stderr
    read = {str(pydicom.dcmread(path).SOPInstanceUID) for path in tmp_path.iterdir()}
    assert read == {str(each.SOPInstanceUID) for each in made}


def test_without_the_role_every_object_fails(listener: Listening) -> None:
    stored(2)
    with listener.associate(GET, (cast.CT, cast.EXPLICIT)) as assoc:
        _, last, identifier = got(assoc, study_level())
    assert (last.Status, counts(last)) == (0xA702, (None, 0, 2, 0))
    assert len(failed_uids(identifier)) == 2
    assert Case.objects.get().reason == "peer-rejected"


def test_a_cancelled_get_ends_with_what_remains(listener: Listening) -> None:
    stored(6)
    inbox = Inbox()
    inbox.cancel_after = 2
    with listener.associate(*CONTEXTS, (cast.CT, cast.EXPLICIT), **inbox.options()) as assoc:
        _, last, _ = got(assoc, study_level())
        remaining, completed, failed, warning = counts(last)
        assert (last.Status, failed, warning) == (0xFE00, 0, 0)
        assert completed == len(inbox.brought) < 6 and remaining == 6 - completed
        assert got(assoc, asked(StudyInstanceUID="1.2.3"))[1].Status == 0x0000


# --- transfer syntaxes ----------------------------------------------------------------------------


OURS = {"SOPClassUID": SECONDARY_CAPTURE, "PatientName": "Testi^Aino", "StudyDescription": "AA1AD"}


def adapted() -> dict[str, tuple[str, bytes]]:
    """pydicom's test files under our identifiers: transfer syntax and bytes by UID."""
    found = {}
    for name, (data, syntax) in samples.data_sets().items():
        if name in samples.TRUNCATED:
            continue
        read = samples.read(data, syntax)
        ours = cast.dataset(**OURS, SpecificCharacterSet=None)
        for element in ours:
            if element.tag.group < 0x28:
                read[element.tag] = element
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            encoded = samples.encoded(read, syntax)
        found[str(ours.SOPInstanceUID)] = (syntax, encoded)
    return found


def keep(objects: dict[str, tuple[str, bytes]]) -> None:
    session = Session(cast.peer())
    for uid, (syntax, data) in objects.items():
        receipt = ingest.begin(
            session,
            sop_class_uid=SECONDARY_CAPTURE,
            sop_instance_uid=uid,
            transfer_syntax_uid=syntax,
        )
        receipt.write(data)
        receipt.finish()
    session.close()


def test_every_transfer_syntax_is_stored_and_returned_byte_for_byte(
    listener: Listening, pick_port: Callable[[], int]
) -> None:
    kept = adapted()
    keep(kept)
    syntaxes = sorted({syntax for syntax, _ in kept.values()})
    assert len(syntaxes) == 12 and len(kept) > 60
    inbox = Inbox()
    wanted = [(SECONDARY_CAPTURE, syntax) for syntax in syntaxes]
    with listener.associate(GET, *wanted, **inbox.options(SECONDARY_CAPTURE)) as assoc:
        assert got(assoc, study_level())[1].Status == 0x0000
    assert inbox.brought == kept
    with storage(pick_port(), classes=(SECONDARY_CAPTURE,), syntaxes=syntaxes) as destination:
        with listener.associate(MOVE) as assoc:
            assert moved(assoc, study_level())[1].Status == 0x0000
    returned = {each.uid: (each.transfer_syntax, each.data) for each in destination.stored}
    assert returned == kept


def test_a_peer_that_takes_only_plain_syntaxes_gets_what_can_be_unpacked(
    listener: Listening, pick_port: Callable[[], int]
) -> None:
    kept = adapted()
    keep(kept)
    with storage(pick_port(), classes=(SECONDARY_CAPTURE,), syntaxes=(cast.IMPLICIT,)) as received:
        with listener.associate(MOVE) as assoc:
            _, last, identifier = moved(assoc, study_level())
    given = {each.uid: each for each in received.stored}
    refused = failed_uids(identifier)
    assert (last.Status, counts(last)) == (0xB000, (None, len(given), len(refused), 0))
    assert given.keys() | refused == kept.keys() and len(refused) == 1
    assert {each.transfer_syntax for each in received.stored} == {cast.IMPLICIT}
    assert all(
        same_content(kept[uid][1], kept[uid][0], each.data, cast.IMPLICIT)
        for uid, each in given.items()
        if kept[uid][0] in LOSSLESS - {samples.BIG}
    )
    # Not the peer's refusal: what it may do is another matter.
    assert Case.objects.get().reason == "syntax-unavailable"
    assert str(last.ErrorComment).startswith("urn:dicom:wado:0007: object cannot be given")
