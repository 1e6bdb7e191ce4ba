"""A producer's PACS stores for the organiser, over real associations (AC-4)."""

import subprocess
from pathlib import Path
from queue import SimpleQueue

import pytest
from pynetdicom.association import Association

from archive.models import Case, Instance, Study
from archive.services import authorisations
from tests import cast, notes
from tests.authorising import made, naming, person, register
from tests.edges.dicom.customer import Inbox
from tests.edges.dicom.listening import Listening, eventually, send
from tests.edges.dicom.test_commitment import BOTH, ask, taking
from tests.edges.dicom.test_finding import FIND, asked, found
from tests.edges.dicom.test_storing import write

pytestmark = pytest.mark.usefixtures("fresh_database")

PRODUCER = "RONTGEN_PACS"
STORESCU = "/usr/bin/storescu"


def refused(assoc: Association) -> bool:
    answer = send(assoc, naming(InstanceNumber="9"))
    said = "0124: no authorisation for the organiser's register"
    return answer.Status == 0x0124 and answer.ErrorComment == said


def test_it_stands_in_the_organisers_register_until_the_next_association_after_the_end(
    listener: Listening,
) -> None:
    with listener.associate(*BOTH, calling=PRODUCER) as assoc:
        assert refused(assoc)
    row = made()
    with listener.associate(*BOTH, calling=PRODUCER) as assoc:
        assert send(assoc, naming()).Status == 0x0000
        authorisations.revoke(person(), row, reason="x")
        assert send(assoc, naming(InstanceNumber="2")).Status == 0x0000
    with listener.associate(*BOTH, calling=PRODUCER) as assoc:
        assert refused(assoc)
        own = cast.dataset(StudyInstanceUID="1.2.7", SeriesInstanceUID="1.2.7.1")
        assert send(assoc, own).Status == 0x0000
    study = Study.objects.get(authorisation=row)
    assert (study.register_id, study.instances.count()) == (register().id, 2)
    assert Study.objects.get(study_instance_uid="1.2.7").register_id == register(cast.RONTGEN).id
    case = Case.objects.get(reason="controller-unauthorised")
    assert case.organisation_id == row.producer_id and case.event_count == 2


def test_storescu_stores_and_commitment_is_reported(listener: Listening, tmp_path: Path) -> None:
    made()
    image = naming()
    file = write(image, tmp_path / "one.dcm")
    command = [STORESCU, "-aet", PRODUCER, "-aec", "KANTA", "127.0.0.1", str(listener.port), file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    row = Instance.objects.select_related("study__authorisation").get()
    assert row.study.authorisation is not None and row.study.register_id == register().id
    inbox: Inbox = SimpleQueue()
    with listener.associate(*BOTH, calling=PRODUCER, evt_handlers=taking(inbox)) as assoc:
        assert ask(assoc, str(image.SOPInstanceUID)) == 0
        report = inbox.get(timeout=30)
        assert report.event_type == 1
        eventually(lambda: Instance.objects.get().committed_at)


def test_who_may_only_store_finds_what_it_has_begun_and_takes_it_out_of_use(
    listener: Listening,
) -> None:
    row = made(None, may_read=False)
    contexts = (*BOTH, FIND, (notes.KOS, cast.EXPLICIT))
    theirs, own = naming(StudyInstanceUID="1.2.7", SeriesInstanceUID="1.2.7.1"), cast.dataset()
    cast.store(own)
    with listener.associate(*contexts, calling=PRODUCER) as assoc:
        assert send(assoc, theirs).Status == 0x0000
        (_, match), (status, _) = found(assoc, asked(PatientID=cast.MATTI, StudyInstanceUID=""))
        assert (match.StudyInstanceUID, status) == ("1.2.7", 0x0000)
        assert send(assoc, notes.note(notes.SAFETY, own)).Status == 0x0124
        assert send(assoc, notes.note(notes.SAFETY, theirs)).Status == 0x0000
        assert found(assoc, asked(StudyInstanceUID="1.2.7")) == [(0x0000, None)]
        good = naming(StudyInstanceUID="1.2.7", SeriesInstanceUID="1.2.7.1", InstanceNumber="2")
        assert send(assoc, good).Status == 0x0000
        assert len(found(assoc, asked(StudyInstanceUID="1.2.7"))) == 2
        authorisations.revoke(person(), row, reason="x")
        assert found(assoc, asked(StudyInstanceUID="1.2.7")) == [(0x0000, None)]
    assert Instance.objects.get(sop_instance_uid=own.SOPInstanceUID).rejection == ""
