"""A study that is of another order has the service event of that order, and what was told of the
earlier one keeps its own: prohibitions go by it (AR-7, AC-1).
"""

import pytest

from archive.models import Document, Instance, Study
from archive.services import overlays, registration
from archive.values import now
from tests import cast
from tests.cast import MATTI, VENLA, dataset
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_rejections import ARCHIVIST

pytestmark = pytest.mark.usefixtures("db")

FIRST, SECOND = "1.2.246.10.90000003.14.2026.1", "1.2.246.10.90000003.14.2026.2"


def papers(accession: str, patient: str, event: str) -> None:
    before = set(Document.objects.values_list("id", flat=True))
    cast.documents(accession=accession, patient=patient)
    Document.objects.exclude(id__in=before).update(service_event=event)


def test_the_service_event_follows_the_order_and_earlier_manifests_keep_theirs() -> None:
    papers("A1", MATTI, FIRST)
    papers("B2", VENLA, SECOND)
    papers("C3", MATTI, "")
    study = cast.store(dataset())
    Instance.objects.update(committed_at=now())
    registration.advance(study.id)
    [made] = lay_over(study, PatientID=VENLA, AccessionNumber="B2")
    registration.advance(study.id)
    assert events(study) == (SECOND, [FIRST, SECOND])
    overlays.undo(ARCHIVIST, made, reason="x")
    registration.advance(study.id)
    assert events(study) == (FIRST, [FIRST, SECOND, FIRST])
    lay_over(study, AccessionNumber="C3")
    registration.advance(study.id)
    assert events(study) == ("", [FIRST, SECOND, FIRST, ""])


def test_an_event_that_is_known_late_is_of_all_its_manifests() -> None:
    papers("A1", MATTI, "")
    study = cast.store(dataset())
    Instance.objects.update(committed_at=now())
    registration.advance(study.id)
    Document.objects.exclude(kind="manifest").update(service_event=FIRST)
    registration.advance(study.id)
    assert events(study) == (FIRST, [FIRST])


def events(study: Study) -> tuple[str, list[str]]:
    """The study's, and those of its manifests in their order."""
    manifests = Document.objects.filter(study=study).order_by("registered_at", "id")
    fresh = Study.objects.get(id=study.id)
    assert fresh.state == "registered"
    return fresh.service_event, list(manifests.values_list("service_event", flat=True))
