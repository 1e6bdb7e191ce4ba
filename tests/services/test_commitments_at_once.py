"""A commitment is reported in the moment in which another one is, or in which what it covers is
rejected or destroyed (AR-3, AR-7, AR-9).
"""

from functools import partial
from uuid import UUID

import pytest
from django.db import transaction
from pydicom.dataset import Dataset

from archive import jobs
from archive.models import Instance, Study
from archive.services import commitment, tombstones
from archive.values import now, uid_from_uuid
from tests import cast, meanwhile, notes, retention
from tests.cast import dataset
from tests.services.test_tombstones import forgotten

pytestmark = pytest.mark.usefixtures("fresh_database", "own_vault")


def judged(*made: Dataset) -> UUID:
    """A request that is to be reported."""
    asked = commitment.request(
        cast.peer(),
        transaction_uid=uid_from_uuid(),
        references=[(str(each.SOPClassUID), str(each.SOPInstanceUID)) for each in made],
    )
    commitment.result(asked)
    return asked


reported = partial(commitment.reported, same_association=True)


def test_a_study_of_which_each_association_commits_its_part_is_committed_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = cast.store(dataset(), dataset())
    rows = Instance.objects.order_by("id").values_list("sop_class_uid", "sop_instance_uid")
    asked = [
        commitment.request(cast.peer(), transaction_uid=uid_from_uuid(), references=[each])
        for each in rows
    ]
    for each in asked:
        commitment.result(each)
    with transaction.atomic():
        commitment.reported(asked[0], same_association=True)
        other = meanwhile.begun(lambda: commitment.reported(asked[1], same_association=True))
        meanwhile.until_it_waits_or_ends(other)
    other.result(60)
    assert not Instance.objects.filter(committed_at=None).exists()
    assert Study.objects.get(id=study.id).committed_at is not None


def test_who_rejects_and_who_commits_do_not_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both write the study's row and owe its registration."""
    bad, good = dataset(), dataset()
    study = cast.store(bad, good)
    Instance.objects.filter(sop_instance_uid=bad.SOPInstanceUID).update(committed_at=now())
    asked = judged(good)
    with monkeypatch.context() as patched:
        others = meanwhile.begun_after(patched, jobs, "defer", lambda: reported(asked))
        notes.send(notes.note(notes.QUALITY, bad))
    others[0].result(60)
    study.refresh_from_db()
    assert study.instance_count == 1 and study.committed_at is not None


def test_who_destroys_again_and_who_commits_do_not_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both write the study's row and its objects'."""
    retention.nothing_is_for_ever()
    study = retention.ended()
    sent = [dataset(SOPInstanceUID=uid) for uid in uids(study)]
    asked = judged(*sent)
    retention.finish(retention.approved(study))
    forgotten(study)
    Instance.objects.update(committed_at=None)
    study.refresh_from_db()
    with monkeypatch.context() as patched:
        others = meanwhile.begun_after(patched, tombstones, "withdraw", lambda: reported(asked))
        assert tombstones.put_in_force(study)
    others[0].result(60)
    study.refresh_from_db()
    assert study.state == "destroyed"


def uids(study: Study) -> list[str]:
    rows = Instance.objects.filter(study=study)
    return list(rows.values_list("sop_instance_uid", flat=True))
