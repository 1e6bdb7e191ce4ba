"""What a patient says is recorded, or refused by its own name and nothing else written (AC-1)."""

from datetime import datetime

import pytest

from archive.errors import wishes as errors
from archive.models import DisclosurePermission, WillSubject
from archive.queries import standing
from archive.queries import wishes as queries
from archive.services import wishes as services
from archive.services.wish_documents import FormDocument
from archive.values import now
from tests import cast, wishes
from tests.cast import ESIMERKKILA
from tests.wishes import (
    ARCHIVIST,
    CITIZEN,
    EVENT,
    REPOSITORY,
    ago,
    corrected,
    inform,
    permit,
    person,
    prohibit,
    said,
    wanted,
    whose,
)

pytestmark = pytest.mark.django_db

WILL = WillSubject.ORGAN_DONATION


def facts() -> standing.PersonFacts:
    return standing.people([person().id], now())[person().id]


# --- what is said holds ---------------------------------------------------------------------------


def test_a_person_nobody_knows_yet_may_speak() -> None:
    assert services.filing.find_patient("production", whose().identifier) is None
    recorded = services.prohibit(CITIZEN, whose(), said(), wanted("everything"))
    (event,) = wishes.ledger("wish.recorded")
    assert (event.subject_id, event.patient_id) == (recorded.id, person().id)
    assert event.facts["what"] == "prohibition" and event.facts["scope"] == "everything"
    assert wishes.AINO not in str(event.facts)


def test_who_spoke_first_gets_a_name_with_the_first_images() -> None:
    inform()
    assert person().name == ""
    cast.store(cast.dataset(PatientID=wishes.AINO, PatientName="Nieminen^Aino"))
    assert person().name == "Nieminen^Aino"
    cast.store(
        cast.dataset(
            PatientID=wishes.AINO,
            PatientName="Other^Name",
            StudyInstanceUID="1.2.246.10.90000003.2",
            SeriesInstanceUID="1.2.246.10.90000003.2.1",
        )
    )
    assert person().name == "Nieminen^Aino"


def test_informed_and_permitted_opens_and_its_withdrawal_closes_at_once() -> None:
    inform()
    assert facts().informed and not facts().permitted
    permit()
    assert facts().permitted
    permit(False)
    assert not facts().permitted


def test_a_prohibition_names_the_controller_of_its_day_and_ends() -> None:
    recorded = prohibit(wanted("provider", ESIMERKKILA, emergency_exception=True))
    (ban,) = facts().bans
    assert ban.emergency_exception and ban.controller_oid == "1.2.246.10.90000003.19.0"
    services.end_prohibition(CITIZEN, whose(), said(), recorded.id)
    assert facts().bans == ()


def test_a_cancellation_may_name_what_it_is_about() -> None:
    prohibit(wanted("register", ESIMERKKILA, register_type="4"))
    services.end_prohibition(
        REPOSITORY, whose(), said("repository"), wanted("register", ESIMERKKILA, register_type="4")
    )
    assert facts().bans == ()


def test_a_service_event_nobody_knows_is_kept_with_a_warning() -> None:
    assert prohibit(wanted("service_event", service_event=EVENT)).warnings == (
        "service-event-unknown",
    )


def test_what_was_given_before_november_2021_is_a_consent() -> None:
    day = datetime.fromisoformat("2019-05-01T09:00:00+00:00")
    inform(effective_at=day)
    services.permit(REPOSITORY, whose(), said("repository", effective_at=day), given=True)
    assert wishes.the_one(DisclosurePermission).form == "consent"
    assert facts().permitted


def test_the_latest_expression_of_will_holds() -> None:
    services.express(CITIZEN, whose(), said(), subject=WILL, given=True)
    services.express(CITIZEN, whose(), said(), subject=WILL, given=False, text="not any more")
    (held,) = queries.state(person().id, now()).wills
    assert (held.given, held.text) == (False, "not any more")


def test_the_same_form_document_changes_nothing_the_second_time() -> None:
    form = FormDocument.of("1.2.3.4", {"kind": "informing"})
    first = services.inform(REPOSITORY, whose(), said("repository", form=form))
    before = wishes.counts()
    again = services.inform(REPOSITORY, whose(), said("repository", form=form))
    assert again == services.Recorded(first.id, repeated=True)
    assert wishes.counts() == before and len(wishes.ledger("wish.recorded")) == 1


@pytest.mark.parametrize("source", ["repository", "desk"])
def test_a_withdrawal_that_comes_before_what_it_takes_back_holds(source: str) -> None:
    """Messages of the repository may overtake each other."""
    inform(effective_at=ago(days=9))
    late, form = ago(days=1), FormDocument.of("1.2.3.5", {"given": False})
    taken = said(source, effective_at=late, form=form)
    services.permit(REPOSITORY, whose(), taken, given=False)
    assert not facts().permitted
    given = said(source, effective_at=ago(days=5), form=FormDocument.of("1.2.3.6", {"given": True}))
    with pytest.raises(errors.StatementOutdated):
        services.permit(REPOSITORY, whose(), given, given=True)
    assert not facts().permitted
    permit()  # what the person says later holds
    assert facts().permitted


def test_a_withdrawal_that_took_nothing_back_is_not_turned_into_a_permission() -> None:
    inform(effective_at=ago(days=9))
    form = FormDocument.of("1.2.3.5", {"given": False})
    taken = said("repository", effective_at=ago(days=1), form=form)
    recorded = services.permit(REPOSITORY, whose(), taken, given=False)
    with pytest.raises(errors.NoPermissionGiven):
        services.never_said(ARCHIVIST, whose(), corrected(), recorded.id)
    assert not facts().permitted
    services.permit(ARCHIVIST, whose(), corrected(effective_at=ago(days=5)), given=True)
    services.never_said(ARCHIVIST, whose(), corrected(), recorded.id)
    assert facts().permitted


# --- corrections ----------------------------------------------------------------------------------


def test_a_prohibition_recorded_by_mistake_never_was() -> None:
    recorded = prohibit(wanted("everything"), effective_at=ago(days=3))
    before = now()
    services.end_prohibition(ARCHIVIST, whose(), corrected(), recorded.id)
    assert facts().bans == ()
    # What was asked before the correction is answered as it was.
    assert len(standing.people([person().id], before)[person().id].bans) == 1
    (line, *_) = queries.history(person().id, now())
    assert line.kind == "prohibition-end" and line.row.reason == "recorded on paper that day"


def test_an_informing_recorded_by_mistake_closes_what_it_opened() -> None:
    recorded = inform()
    permit()
    services.never_informed(ARCHIVIST, whose(), corrected(), recorded.id)
    assert not facts().informed and facts().permitted


def test_a_permission_recorded_by_mistake_never_was() -> None:
    inform(effective_at=ago(days=9))
    given = permit(effective_at=ago(days=5))
    before = now()
    services.never_said(ARCHIVIST, whose(), corrected(), given.id)
    assert not facts().permitted
    assert standing.people([person().id], before)[person().id].permitted
    (latest, first) = standing.permissions(now()).filter(person=person().id)
    assert (latest.effective_at, latest.given) == (first.effective_at, False)


def test_a_correction_may_lie_before_a_later_statement() -> None:
    inform(effective_at=ago(days=9))
    permit(effective_at=ago(days=5))
    permit(False, effective_at=ago(days=1))
    with pytest.raises(errors.StatementOutdated):
        permit(True, effective_at=ago(days=8))
    services.permit(ARCHIVIST, whose(), corrected(effective_at=ago(days=8)), given=True)
    assert not facts().permitted
