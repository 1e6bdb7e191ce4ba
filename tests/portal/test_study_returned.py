"""What a study's page says of returns to the customer's systems, and of marks (AR-6)."""

from typing import Any

import pytest

from archive import ledger
from archive.models import Study
from tests import cast
from tests.portal.test_study import opened, page
from tests.services.test_marks import presentation_state

pytestmark = pytest.mark.django_db


def returned(study: Study, **facts: Any) -> None:
    about = ledger.About(environment=study.environment, subject_id=study.id, study_id=study.id)
    told = {
        "by": "C-MOVE",
        "destination": "ESIM_PACS",
        "instances": 212,
        "failed": 0,
        "outcome": "done",
        "bytes": 111_000_000,
        "ms": 900,
        **facts,
    }
    ledger.record(ledger.Kind.STUDY_RETRIEVED, about, told)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "212 objects returned to ESIM_PACS"),
        ("fi", "212 objektia palautettu järjestelmään ESIM_PACS"),
        ("sv", "212 objekt returnerade till ESIM_PACS"),
    ],
)
def test_a_return_is_on_the_timeline_in_the_readers_language(language: str, words: str) -> None:
    study = cast.store(cast.dataset())
    returned(study)
    client = opened(study)
    client.post("/language/", {"language": language})
    assert words in page(client, study).replace("\xa0", " ")


def test_a_return_that_failed_in_part_or_was_broken_off_says_so() -> None:
    study = cast.store(cast.dataset())
    returned(study, failed=3)
    returned(study, outcome="cancelled")
    returned(study, outcome="broken off")
    content = page(opened(study), study).replace("\xa0", " ")
    assert "; 3 not" in content
    assert "cancelled by the system that asked" in content
    assert "the system that asked went away" in content


def test_marks_are_listed_with_what_they_say() -> None:
    image = cast.dataset()
    study = cast.store(image, presentation_state([str(image.SOPInstanceUID)]))
    content = page(opened(study), study)
    assert "Marks that go with the study" in content
    assert "Keuhkon muutos" in content and "presentation state" in content
    plain = cast.store(
        cast.dataset(StudyInstanceUID="1.2.246.10.90000003.7", SeriesInstanceUID="1.2.7.1")
    )
    assert "Marks that go" not in page(opened(plain), plain)
