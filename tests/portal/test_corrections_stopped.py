"""What is not undone or given back, as objects would name another patient than their study, is said
with what to do (AR-7).
"""

import pytest

from archive.models import Rejection
from tests import cast, notes
from tests.cast import VENLA, dataset
from tests.notes import QUALITY, note
from tests.portal.test_corrections import corrector, said
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_rejections import rejection_of

pytestmark = pytest.mark.django_db

WHAT_TO_DO = "correct the study to its former patient instead"


def test_undoing_and_revoking_say_why_they_did_nothing() -> None:
    study = cast.store(dataset())
    [made] = lay_over(study, PatientID=VENLA)
    late = dataset(PatientID=VENLA)
    cast.store(late)
    client = corrector(study)
    undo = f"/corrections/{made.id}/undo/"
    content = said(client.post(undo, {"reason": "a slip"}, follow=True))
    assert WHAT_TO_DO in content and "corrected again since" not in content
    notes.send(note(QUALITY, late))
    assert "is undone" in said(client.post(undo, {"reason": "a slip"}, follow=True))
    page = f"/rejections/{Rejection.objects.get().id}/"
    content = said(client.post(f"{page}revoke/", {"reason": "a slip", "all": "1"}))
    assert WHAT_TO_DO in content
    assert rejection_of(late) == QUALITY
