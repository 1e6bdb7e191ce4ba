"""How far an order has come when what was stored for it is rejected, or another's (AC-3)."""

import pytest

from archive.models import Authorisation, Instance
from archive.queries import followup
from archive.services import registration, rejections
from archive.values import now
from tests import authorising, cast, notes
from tests.cast import MATTI, RONTGEN, VENLA
from tests.notes import WORKLIST, note
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_rejections import ARCHIVIST

pytestmark = pytest.mark.usefixtures("db")


def told(row: Authorisation) -> tuple[str, list[str]]:
    fresh = followup.with_stage(row)
    studies = followup.studies_of([fresh]).get(fresh.series, [])
    return fresh.stage, followup.missing(fresh, studies)


def documented() -> tuple[Authorisation, cast.Study]:
    row = authorising.made()
    image = authorising.naming()
    study = cast.store(image, business_id=RONTGEN)
    cast.documents()
    Instance.objects.update(committed_at=now())
    registration.advance(study.id)
    assert told(row) == ("documents", ["acceptance"])
    return row, study


def test_an_order_whose_images_are_all_rejected_lacks_images_again() -> None:
    row, study = documented()
    image = Instance.objects.get()
    named = authorising.naming(SOPInstanceUID=image.sop_instance_uid)
    notes.send(note(WORKLIST, named), RONTGEN)
    registration.advance(study.id)
    assert told(row) == ("ordered", ["acceptance", "images"])
    rejections.revoke(ARCHIVIST, study.rejections.get(), reason="by mistake")
    registration.advance(study.id)
    assert told(row) == ("documents", ["acceptance"])


def test_images_that_turn_out_to_be_of_somebody_else_are_not_what_was_ordered() -> None:
    row, study = documented()
    lay_over(study, PatientID=VENLA)
    assert told(row) == ("ordered", ["acceptance", "images"])
    lay_over(study, PatientID=MATTI)
    assert told(row)[0] != "ordered"


def test_of_the_population_everybodys_images_count() -> None:
    row = authorising.made(None)
    study = cast.store(authorising.naming(), business_id=RONTGEN)
    lay_over(study, PatientID=VENLA)
    assert told(row)[0] == "performed"
