"""What a source told of a study before its objects were archived here (RAD-68)."""

from datetime import timedelta

import pytest
from pydicom.dataset import Dataset

from archive import vault
from archive.models import CaseEvent, Document, LedgerEvent, ProvidedDocument, Study
from archive.objects import manifest as kos
from archive.objects.manifest import ManifestContent
from archive.queries import held
from archive.services import registration
from archive.values import HETU_ROOT, now, uid_from_uuid
from tests import cast, notes
from tests.cast import MATTI, dataset
from tests.notes import SAFETY, note
from tests.services.test_registration import state, stored
from tests.services.test_rejections import registered

pytestmark = pytest.mark.usefixtures("db")


def brought(*named: Dataset) -> Document:
    """A source's manifest of these, in force before they have come."""
    first = named[0]
    objects = tuple((str(each.SOPClassUID), str(each.SOPInstanceUID)) for each in named)
    content = ManifestContent(
        patient_id=MATTI,
        patient_issuer=HETU_ROOT,
        patient_name="Meikäläinen^Matti",
        birth_date="19810101",
        sex="F",
        study_uid=str(first.StudyInstanceUID),
        study_date="20261120",
        study_time="101500",
        accession="A1",
        accession_issuer="",
        study_description="",
        study_id="",
        series=((str(first.SeriesInstanceUID), "CT", objects),),
        retrieve_aet="SOURCE",
        retrieve_location_uid="1.2.3",
        instance_uid=uid_from_uuid(),
        series_uid=uid_from_uuid(),
        made_at=now(),
    )
    row = cast.document("manifest", study_uid=str(first.StudyInstanceUID))
    ProvidedDocument.objects.create(
        environment="production",
        unique_id=row.unique_id,
        content=kos.build(content),
        connection=cast.connection(),
        provided_at=now(),
    )
    return row


def uids(*objects: Dataset) -> list[str]:
    return sorted(str(each.SOPInstanceUID) for each in objects)


def found_by_query() -> list[list[str]]:
    """The objects that each manifest in force names, ours first."""
    rows = Document.objects.filter(kind="manifest", status="approved").order_by("-vault_key")
    contents = [
        vault.read("production", bytes.fromhex(row.vault_key))
        if row.vault_key
        else bytes(ProvidedDocument.objects.get(unique_id=row.unique_id).content)
        for row in rows
    ]
    return [sorted(each.instance_uid for each in kos.read(content)) for content in contents]


def awaited() -> dict[str, object]:
    """What the desk was told, by what became of it."""
    rows = CaseEvent.objects.filter(case__reason="objects-awaited")
    return {row.outcome: row.facts for row in rows}


def test_it_stays_in_force_until_all_that_it_names_has_come() -> None:
    first, second, third = dataset(), dataset(), dataset()
    brought(first, second, third)
    study = registered(first, second)
    assert found_by_query() == [uids(first, second), uids(first, second, third)]
    registration.advance(study.id)
    assert awaited() == {"open": {"named": "3", "missing": "1"}}
    stored(third)
    notes.send(note(SAFETY, second))  # it has come, though it is given out no more
    registration.advance(study.id)
    assert state(study) == "registered"
    assert found_by_query() == [uids(first, third)]
    assert list(awaited()) == ["solved"]


def test_one_whose_content_was_removed_names_nothing() -> None:
    made = dataset()
    row = brought(made)
    ProvidedDocument.objects.all().delete()
    registered(made)
    row.refresh_from_db()
    assert row.status == "approved" and not awaited()


def withdrawn(row: Document, study: Study) -> bool:
    """In the log too, so that a question of the past is answered."""
    row.refresh_from_db()
    events = list(LedgerEvent.objects.filter(kind="manifest.withdrawn", subject_id=row.id))
    if row.status == "approved":
        assert not events
        return False
    (event,) = events
    assert (event.facts["why"], event.study_id) == ("rejected", study.id)
    before = event.at - timedelta(seconds=1)
    assert held.in_force_then([row], "production", before) == {row.entry_uuid}
    assert held.in_force_then([row], "production", now()) == set()
    return True


def test_it_is_withdrawn_when_all_that_it_names_was_rejected_before_registration() -> None:
    made, more = dataset(), dataset()
    whole, part = brought(made), brought(made, more)
    study = stored(made)
    notes.send(note(SAFETY, made))
    registration.advance(study.id)
    assert state(study) == "corrected"
    assert withdrawn(whole, study) and not withdrawn(part, study)


def test_it_is_withdrawn_too_while_the_study_waits_for_documents() -> None:
    bad, good = dataset(), dataset()
    named, other = brought(bad), brought(bad, good)
    study = stored(bad, good)
    notes.send(note(SAFETY, bad))
    registration.advance(study.id)
    assert state(study) == "waiting_for_documents"
    assert withdrawn(named, study) and not withdrawn(other, study)
