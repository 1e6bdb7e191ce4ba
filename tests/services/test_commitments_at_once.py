"""Two commitments of one study are reported in the same moment (AR-3)."""

import pytest
from django.db import transaction

from archive.models import Instance, Study
from archive.services import commitment
from archive.values import uid_from_uuid
from tests import cast, meanwhile
from tests.cast import dataset

pytestmark = pytest.mark.usefixtures("fresh_database")


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
