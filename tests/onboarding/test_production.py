"""Into production, notice, end: what the archive's own doors say before and after (ON-5, ON-6)."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest

from archive.errors import PeerEnded, PeerUnknown
from archive.models import Connection, CustomerState, Organisation, Register, Study
from archive.services import associations, authorisation_parties, credentials
from archive.values import today, uuid7
from onboarding.errors import (
    AlreadyAsked,
    DayPassed,
    PreconditionsMissing,
    SameOfficer,
    StepOutOfOrder,
)
from onboarding.models import (
    EvidenceState,
    Joining,
    JoiningState,
    Precondition,
    PublicCustomer,
    RunState,
)
from onboarding.rules.calendar import earliest_notice_running, last_day_after_notice
from onboarding.services import connections, joining, production
from onboarding.services.connections import Plan
from tests import cast as archive_cast
from tests.kept import Kept
from tests.onboarding import cast

pytestmark = pytest.mark.usefixtures("db")
Brought = Callable[[JoiningState], Joining]


@pytest.fixture(scope="module")
def draft(kept: Kept) -> UUID:
    """That lacks nothing."""
    return kept(lambda: cast.proved(cast.filled(cast.applicant())).id)


@pytest.fixture
def brought_to(db: None, draft: UUID) -> Brought:
    return lambda state: cast.onward(Joining.objects.get(id=draft), state)


def knock(aet: str, called: str) -> str:
    """What an association from this title is told: the environment it is let into."""
    peer = associations.establish(
        calling=aet, called=called, address="127.0.0.1", association_id=uuid7()
    )
    return peer.environment


def test_connections_work_from_the_second_their_environment_opens(brought_to: Brought) -> None:
    road = brought_to(JoiningState.IN_REVIEW)
    for aet, called in (("UUSI_TEST", "KANTATEST"), ("UUSI_PACS", "KANTA")):
        with pytest.raises(PeerUnknown):
            knock(aet, called)
    road = joining.accept_for_testing(cast.officer(), road)
    assert knock("UUSI_TEST", "KANTATEST") == "test"
    with pytest.raises(PeerUnknown):
        knock("UUSI_PACS", "KANTA")
    joining.record_test(cast.run(road))
    with pytest.raises(PeerUnknown):
        knock("UUSI_PACS", "KANTA")
    production.open_production(cast.officer(), road)
    assert knock("UUSI_PACS", "KANTA") == "production"


def test_opening_sets_the_joining_date_and_the_public_line(brought_to: Brought) -> None:
    road = brought_to(JoiningState.IN_PRODUCTION)
    organisation = road.organisation
    organisation.refresh_from_db()
    assert (organisation.state, organisation.joined_on) == (CustomerState.IN_PRODUCTION, today())
    line = PublicCustomer.objects.get(organisation=organisation)
    assert (line.name_fi, line.sector, line.joined_on) == (cast.NAMES.fi, "2", today())


def test_a_customer_whom_the_source_names_keeps_the_sources_line_and_date(
    brought_to: Brought,
) -> None:
    road = brought_to(JoiningState.TEST_PASSED)
    organisation = road.organisation
    organisation.name_fi = "SYNLAB Suomi Oy"
    organisation.save()
    production.open_production(cast.officer(), road)
    line = PublicCustomer.objects.get(organisation=organisation)
    assert (line.joined_on, line.source) == (date(2023, 12, 1), "Kanta web page 12.1.2024")
    assert PublicCustomer.objects.filter(name_fi="SYNLAB Suomi Oy").count() == 1


@pytest.mark.parametrize("precondition", list(Precondition))
def test_nothing_opens_while_a_precondition_is_missing(
    precondition: Precondition, brought_to: Brought
) -> None:
    road = brought_to(JoiningState.TEST_PASSED)
    organisation = road.organisation
    if precondition in (Precondition.DELIVERY_TERMS, Precondition.SERVICE_DESCRIPTION):
        organisation.acceptances.filter(document__kind=precondition).delete()
    elif precondition == Precondition.DEPLOYMENT_DATA:
        organisation.planned_connections.filter(environment="production").delete()
    else:
        road.evidence.filter(precondition=precondition).update(state=EvidenceState.GIVEN)
    with pytest.raises(PreconditionsMissing) as refused:
        production.open_production(cast.officer(), road)
    assert refused.value.facts == {"missing": precondition.value}
    organisation.refresh_from_db()
    assert organisation.state == CustomerState.JOINING
    assert not Connection.objects.filter(organisation=organisation, environment="production")


def test_a_pass_opens_production_at_once_where_the_policy_says_so(
    monkeypatch: pytest.MonkeyPatch, brought_to: Brought
) -> None:
    road = brought_to(JoiningState.ACCEPTED)
    policy = type("Policy", (), {"pass_opens_production": True})()
    monkeypatch.setattr(joining, "settings", lambda: policy)
    moved = joining.record_test(cast.run(road))
    assert moved is not None and moved.state == JoiningState.IN_PRODUCTION
    assert knock("UUSI_PACS", "KANTA") == "production"


def test_a_failed_run_moves_nothing_and_a_later_pass_in_production_is_evidence(
    brought_to: Brought,
) -> None:
    road = brought_to(JoiningState.ACCEPTED)
    moved = joining.record_test(cast.run(road, RunState.FAILED))
    assert moved is not None and moved.state == JoiningState.ACCEPTED
    joining.record_test(cast.run(road))
    production.open_production(cast.officer(), road)
    again = joining.record_test(cast.run(road))
    assert again is not None and again.state == JoiningState.IN_PRODUCTION
    assert cast.evidence_of(road, Precondition.ROLLOUT_TEST).number == "3"


# --- four eyes ------------------------------------------------------------------------------------


def test_a_waiver_takes_two_officers(brought_to: Brought) -> None:
    road = brought_to(JoiningState.ACCEPTED)
    asked = joining.ask_waiver(cast.officer(), road, reason="It only views images")
    with pytest.raises(AlreadyAsked):
        joining.ask_waiver(cast.second_officer(), road, reason="The same")
    with pytest.raises(SameOfficer):
        joining.grant_waiver(cast.officer(), asked)
    road.refresh_from_db()
    assert road.state == JoiningState.ACCEPTED
    moved = joining.grant_waiver(cast.second_officer(), asked)
    assert moved.state == JoiningState.TEST_WAIVED
    row = cast.evidence_of(road, Precondition.ROLLOUT_TEST)
    assert (row.state, row.judgement) == (EvidenceState.WAIVED, "It only views images")
    assert production.open_production(cast.officer(), road).state == JoiningState.IN_PRODUCTION


def test_a_refused_waiver_stays_refused(brought_to: Brought) -> None:
    road = brought_to(JoiningState.ACCEPTED)
    asked = joining.ask_waiver(cast.officer(), road, reason="It only views images")
    joining.refuse_waiver(cast.second_officer(), asked)
    with pytest.raises(StepOutOfOrder):
        joining.grant_waiver(cast.second_officer(), asked)


# --- the way out ----------------------------------------------------------------------------------


def test_a_notice_dated_yesterday_is_refused_at_its_field(brought_to: Brought) -> None:
    road = brought_to(JoiningState.IN_PRODUCTION)
    with pytest.raises(DayPassed) as refused:
        production.give_notice(cast.admin(road), road, given_on=today() - timedelta(days=1))
    assert refused.value.facts == {"field": "given_on"}
    road.refresh_from_db()
    assert (road.state, road.notice_given_on) == (JoiningState.IN_PRODUCTION, None)


@pytest.mark.parametrize(
    ("day", "earliest"),
    [
        (date(2026, 11, 28), date(2026, 10, 28)),
        (date(2026, 3, 31), date(2026, 3, 1)),  # February's days are all over by then
        (date(2026, 2, 28), date(2026, 1, 28)),
        (date(2026, 3, 1), date(2026, 2, 1)),
        (date(2026, 1, 15), date(2025, 12, 15)),
    ],
)
def test_the_earliest_day_of_a_notice_whose_last_day_is_not_over(day: date, earliest: date) -> None:
    assert earliest_notice_running(day) == earliest
    assert last_day_after_notice(earliest) >= day
    assert last_day_after_notice(earliest - timedelta(days=1)) < day


def test_a_letter_that_came_yesterday_counts_from_then(brought_to: Brought) -> None:
    road = brought_to(JoiningState.IN_PRODUCTION)
    road.organisation.joined_on = today() - timedelta(days=400)
    road.organisation.save()
    yesterday = today() - timedelta(days=1)
    road = production.give_notice(cast.officer(), road, given_on=yesterday)
    assert road.notice_given_on == yesterday
    assert road.ends_on == last_day_after_notice(yesterday)


@pytest.mark.parametrize("joined", [400, 3])
def test_no_letter_counts_from_so_long_ago_that_use_would_be_over(
    joined: int, brought_to: Brought
) -> None:
    road = brought_to(JoiningState.IN_PRODUCTION)
    road.organisation.joined_on = today() - timedelta(days=joined)
    road.organisation.save()
    first = max(earliest_notice_running(today()), road.organisation.joined_on)
    with pytest.raises(DayPassed):
        production.give_notice(cast.officer(), road, given_on=first - timedelta(days=1))
    assert production.give_notice(cast.officer(), road, given_on=first).notice_given_on == first


def test_until_the_last_day_is_over_all_works_and_after_it_nothing_does(
    brought_to: Brought,
) -> None:
    road = brought_to(JoiningState.NOTICE_GIVEN)
    assert road.ends_on is not None
    assert production.end_due(road.ends_on) == 0
    assert knock("UUSI_PACS", "KANTA") == "production"
    assert production.end_due(road.ends_on + timedelta(days=1)) == 1
    for aet, called in (("UUSI_PACS", "KANTA"), ("UUSI_TEST", "KANTATEST")):
        with pytest.raises(PeerEnded):
            knock(aet, called)
    assert {row.valid_until for row in road.organisation.connections.all()} == {road.ends_on}
    assert production.end_due(road.ends_on + timedelta(days=1)) == 0
    line = PublicCustomer.objects.get(organisation=road.organisation)
    assert line.ended_on == road.ends_on


def test_after_the_last_day_nothing_works_though_no_worker_has_written_the_end_down(
    brought_to: Brought,
) -> None:
    """As when the clock that wakes them has been away since yesterday."""
    road = brought_to(JoiningState.NOTICE_GIVEN)
    organisation = Organisation.objects.get(id=road.organisation_id)
    assert organisation.ended_on == road.ends_on
    open_one = associations.establish(
        calling="UUSI_PACS", called="KANTA", address="127.0.0.1", association_id=uuid7()
    )
    associations.require_still(open_one)
    Organisation.objects.filter(id=organisation.id).update(ended_on=today() - timedelta(days=1))
    for aet, called in (("UUSI_PACS", "KANTA"), ("UUSI_TEST", "KANTATEST")):
        with pytest.raises(PeerEnded):
            knock(aet, called)
    with pytest.raises(PeerEnded):
        associations.require_still(open_one)
    assert not authorisation_parties.using("production").filter(id=organisation.id).exists()


def test_after_the_end_queries_are_refused_and_the_material_stays(brought_to: Brought) -> None:
    road = brought_to(JoiningState.IN_PRODUCTION)
    organisation = road.organisation
    row = connections.plan(
        cast.admin(road),
        organisation,
        Plan(environment="production", kind="xds", name="Viewer"),
    )
    opened = connections.open_planned(cast.officer(), row)
    password = connections.renew_password(cast.admin(road), opened)
    assert credentials.identify(opened.xds_user, password, today()).organisation_id
    study = archive_cast.store(
        archive_cast.dataset(StudyInstanceUID="1.2.77", SeriesInstanceUID="1.2.77.1"),
        business_id=cast.APPLICANT,
    )
    road = production.give_notice(cast.admin(road), road, given_on=today())
    assert road.ends_on is not None
    production.end_due(road.ends_on + timedelta(days=1))
    with pytest.raises(PeerEnded):
        credentials.identify(opened.xds_user, password, today())
    assert Study.objects.get(id=study.id).register == Register.objects.get(
        organisation=organisation
    )


def test_a_withdrawn_notice_ends_nothing(brought_to: Brought) -> None:
    road = brought_to(JoiningState.NOTICE_GIVEN)
    last = road.ends_on
    assert last is not None
    road = production.withdraw_notice(cast.admin(road), road)
    assert (road.state, road.ends_on, road.notice_given_on) == (
        JoiningState.IN_PRODUCTION,
        None,
        None,
    )
    assert production.end_due(last + timedelta(days=1)) == 0
    assert Organisation.objects.get(id=road.organisation_id).ended_on is None
    assert knock("UUSI_PACS", "KANTA") == "production"


def test_a_notice_whose_last_day_is_over_is_withdrawn_no_more(brought_to: Brought) -> None:
    road = brought_to(JoiningState.NOTICE_GIVEN)
    road.ends_on = today() - timedelta(days=1)
    road.save()
    with pytest.raises(StepOutOfOrder):
        production.withdraw_notice(cast.admin(road), road)


def test_who_has_ended_may_come_back_by_the_whole_road(brought_to: Brought) -> None:
    road = brought_to(JoiningState.ENDED)
    road = joining.apply_again(cast.admin(road), road)
    assert (road.state, road.organisation.state) == (JoiningState.DRAFT, CustomerState.JOINING)
    assert cast.evidence_of(road, Precondition.ROLLOUT_TEST).state == EvidenceState.MISSING
    joining.submit(cast.admin(road), road)
    joining.take_up(cast.officer(), road)
    joining.accept_for_testing(cast.officer(), road)
    assert knock("UUSI_TEST", "KANTATEST") == "test"
    joining.record_test(cast.run(road))
    production.open_production(cast.officer(), road)
    assert knock("UUSI_PACS", "KANTA") == "production"
    assert PublicCustomer.objects.get(organisation=road.organisation).ended_on is None
