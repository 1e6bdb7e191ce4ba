"""Two who owe the registration of the same studies in one moment do so in one order, and neither
waits for the other (AR-4, AR-7, HL-1).
"""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import transaction

from archive import jobs
from archive.models import Rejection, Study
from archive.services import registration, rejections
from tests import cast, meanwhile, notes
from tests.cast import dataset
from tests.persons import merge, official, patient, study, temporary
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_rejections import ARCHIVIST

pytestmark = pytest.mark.usefixtures("fresh_database")

ACCESSION = "W1"


def two() -> list[Study]:
    """Of which the earlier one was written again since."""
    made = [study(temporary(), AccessionNumber=each) for each in ("V1", ACCESSION)]
    Study.objects.filter(id=made[0].id).update(accession_number=ACCESSION)
    return made


def arrive() -> None:
    with transaction.atomic():
        person = patient(temporary()).id
        oid = cast.organisation().registers.get(is_default=True).controller_oid
        registration.documents_arrived("production", oid, ACCESSION, person)


def owe_beside(act: Callable[[], object], earlier: Study, later: Study) -> None:
    with transaction.atomic():
        registration.owe(earlier)
        other = meanwhile.begun(act)
        meanwhile.until_it_waits_or_ends(other)
        registration.owe(later)
    other.result(60)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(partial(merge, temporary(), official()), id="a merge"),
        pytest.param(arrive, id="documents"),
    ],
)
def test_who_wakes_the_studies_of_a_person(act: Callable[[], object]) -> None:
    owe_beside(act, *two())


@pytest.mark.parametrize("revokes", [False, True])
def test_who_rejects_objects_of_two_studies_or_gives_them_back(*, revokes: bool) -> None:
    """Whichever object came first."""
    uids = [
        {"StudyInstanceUID": each, "SeriesInstanceUID": f"{each}.1"} for each in ("1.2.7", "1.2.8")
    ]
    earlier, later = (cast.store(dataset(**each)) for each in uids)
    made = [
        dataset(**each, SOPInstanceUID=f"1.2.9.{place}") for place, each in enumerate(uids[::-1])
    ]
    for each in made:
        cast.store(each)
    act = partial(notes.send, notes.note(notes.SAFETY, *made))
    if revokes:
        act()
        rejection = Rejection.objects.get()
        act = partial(rejections.revoke, ARCHIVIST, rejection, reason="a slip")
    owe_beside(act, earlier, later)


def test_who_corrects_studies_of_two_persons_and_who_makes_them_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both write the persons' rows."""
    made = [study(each) for each in (official(), temporary())]
    act = partial(merge, temporary(), official())
    with monkeypatch.context() as patched:
        others = meanwhile.begun_after(patched, jobs, "defer", act)
        lay_over(*made, PatientName="Mallikas^Venla")
    assert others[0].result(60) == 1
