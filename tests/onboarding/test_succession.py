"""A register passes to a successor: access follows, history stays (ON-8)."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from archive import gate
from archive.actors import Actor, ActorKind
from archive.errors import ControllerUnauthorised
from archive.models import (
    Authorisation,
    Instance,
    Job,
    LedgerEvent,
    Organisation,
    Register,
    RegisterHolding,
    Role,
    Study,
)
from archive.rules.access import Action
from archive.services import authorisation_forms, authorisations, filing
from archive.values import today
from onboarding.errors import (
    ActorUnfit,
    AlreadyAsked,
    DayPassed,
    PreconditionsMissing,
    SameOfficer,
    StepOutOfOrder,
)
from onboarding.models import FourEyes, Joining, JoiningState, Succession
from onboarding.queries import succession as queries
from onboarding.services import joining, production, succession
from tests import authorising
from tests import cast as archive_cast
from tests.cast import ESIMERKKILA, MALLILA, RONTGEN, dataset
from tests.onboarding import cast

pytestmark = pytest.mark.usefixtures("db")

TOMORROW = timedelta(days=1)


def system_of(organisation: Organisation) -> Actor:
    return Actor(ActorKind.CONNECTION, "s", None, organisation.id, environment="production")


def sees(organisation: Organisation, study: Study) -> bool:
    fresh = Study.objects.select_related("register").get(id=study.id)
    asked = gate.ask(system_of(organisation), Action.QUERY, fresh).allowed
    listed = gate.visible(Study.objects.all(), system_of(organisation)).filter(id=study.id)
    assert asked == listed.exists()
    return asked


def ended(business_id: str) -> Organisation:
    """A demo customer whose use has ended today."""
    road = Joining.objects.get(organisation__business_id=business_id)
    road = production.give_notice(cast.officer(), road, given_on=today())
    assert road.ends_on is not None
    production.end_due(road.ends_on + TOMORROW)
    return archive_cast.organisation(business_id)


def asked(former: Organisation, on: date | None = None) -> FourEyes:
    return succession.ask(
        cast.officer(),
        former,
        archive_cast.organisation(MALLILA),
        on=on or today(),
        reason="The county takes over",
    )


def test_the_successor_is_controller_of_what_was_archived_and_history_stays() -> None:
    study = archive_cast.store(dataset())
    connection_id = study.connection_id
    former, successor = ended(ESIMERKKILA), archive_cast.organisation(MALLILA)
    stored = LedgerEvent.objects.filter(kind="study.stored").latest("at")
    assert sees(former, study) and not sees(successor, study)

    (row,) = succession.carry_out(cast.second_officer(), asked(former))

    assert not sees(former, study) and sees(successor, study)
    assert row.passed_at is not None
    study.refresh_from_db()
    assert study.register.controller_oid == "1.2.246.10.90000003.19.0"
    assert (study.connection_id, study.connection.organisation) == (connection_id, former)
    assert LedgerEvent.objects.get(id=stored.id).organisation_id == former.id
    told = LedgerEvent.objects.filter(kind="register.passed")
    assert {event.organisation_id for event in told} == {former.id, successor.id}
    assert queries.successions(former) == queries.successions(successor) == [row]


def test_the_successor_goes_on_with_its_predecessors_studies_and_keeps_its_own_register() -> None:
    first = dataset()
    study = archive_cast.store(first)
    succession.carry_out(cast.second_officer(), asked(ended(ESIMERKKILA)))
    second = dataset(SOPInstanceUID="1.2.9.2", SeriesInstanceUID="1.2.9", InstanceNumber="2")
    archive_cast.store(first, second, business_id=MALLILA)  # the first again, as it was
    assert Instance.objects.filter(study=study).count() == 2
    new = archive_cast.store(
        dataset(StudyInstanceUID="1.2.8", SeriesInstanceUID="1.2.8.1"), business_id=MALLILA
    )
    assert new.register.controller_oid == "1.2.246.10.90000011.19.0"


def test_a_late_document_of_the_former_controller_completes_the_study() -> None:
    study = archive_cast.store(dataset())
    former = ended(ESIMERKKILA)
    succession.carry_out(cast.second_officer(), asked(former))
    found = Register.objects.get(controller_oid="1.2.246.10.90000003.19.0", is_default=True)
    assert (found.id, found.organisation.business_id) == (study.register_id, MALLILA)


def test_the_former_controller_stores_nothing_any_more() -> None:
    peer = archive_cast.peer(ESIMERKKILA)
    succession.carry_out(cast.second_officer(), asked(ended(ESIMERKKILA)))
    with pytest.raises(ControllerUnauthorised):
        filing.own_registers(peer)


def test_it_is_previewed_and_the_preview_changes_nothing() -> None:
    archive_cast.store(dataset(), dataset(SOPInstanceUID="1.2.9.2", InstanceNumber="2"))
    archive_cast.document("request")
    former, successor = (archive_cast.organisation(each) for each in (ESIMERKKILA, MALLILA))
    before = LedgerEvent.objects.count()
    shown = succession.preview(former, successor, today())
    volumes = {each.environment: each for each in shown.volumes}
    assert (volumes["production"].studies, volumes["production"].instances) == (1, 2)
    assert (volumes["production"].patients, volumes["production"].documents) == (1, 1)
    assert volumes["test"].studies == 0
    assert shown.obstacles == ("in-use",)
    assert LedgerEvent.objects.count() == before


def test_it_takes_two_officers() -> None:
    former = ended(ESIMERKKILA)
    request = asked(former)
    with pytest.raises(AlreadyAsked):
        asked(former)
    with pytest.raises(SameOfficer):
        succession.carry_out(cast.officer(), request)
    with pytest.raises(ActorUnfit):
        succession.carry_out(cast.officer("s", Role.SUPPORT), request)
    assert Register.objects.get(organisation=former)
    succession.refuse(cast.second_officer(), request)
    with pytest.raises(StepOutOfOrder):
        succession.carry_out(cast.second_officer(), request)


@pytest.mark.parametrize(
    ("former", "successor", "obstacle"),
    [
        (ESIMERKKILA, MALLILA, "in-use"),
        (ESIMERKKILA, ESIMERKKILA, "same,in-use"),
        (ESIMERKKILA, "9000004-6", "successor,in-use"),
        (ESIMERKKILA, "0246246-0", "successor,in-use"),
    ],
)
def test_what_stands_in_the_way_is_named(former: str, successor: str, obstacle: str) -> None:
    one, other = (archive_cast.organisation(each) for each in (former, successor))
    with pytest.raises(PreconditionsMissing) as refused:
        succession.ask(cast.officer(), one, other, on=today(), reason="r")
    assert refused.value.facts == {"missing": obstacle}


def test_who_will_have_left_by_then_is_no_successor() -> None:
    former = ended(ESIMERKKILA)
    leaving = Joining.objects.get(organisation__business_id=MALLILA)
    leaving = production.give_notice(cast.officer(), leaving, given_on=today())
    assert leaving.ends_on is not None
    successor = leaving.organisation
    assert not succession.preview(former, successor, leaving.ends_on).obstacles
    found = succession.preview(former, successor, leaving.ends_on + TOMORROW).obstacles
    assert found == ("successor",)


def test_a_day_that_has_passed_is_refused() -> None:
    with pytest.raises(DayPassed) as refused:
        asked(ended(ESIMERKKILA), today() - TOMORROW)
    assert refused.value.facts == {"field": "on"}


def test_what_is_agreed_on_passes_on_its_day_and_not_before() -> None:
    road = Joining.objects.get(organisation__business_id=ESIMERKKILA)
    road = production.give_notice(cast.officer(), road, given_on=today())
    assert road.ends_on is not None
    day = road.ends_on + TOMORROW
    former = road.organisation
    succession.carry_out(cast.second_officer(), asked(former, day))
    assert succession.pass_due(road.ends_on) == 0
    assert succession.pass_due(day) == 0  # its use has not been ended yet
    production.end_due(day)
    assert succession.pass_due(day) == 1
    assert succession.pass_due(day) == 0
    assert not Register.objects.filter(organisation=former).exists()


def test_what_has_not_passed_can_be_called_off() -> None:
    road = Joining.objects.get(organisation__business_id=RONTGEN)
    road = production.give_notice(cast.officer(), road, given_on=today())
    assert road.ends_on is not None
    succession.carry_out(cast.second_officer(), asked(road.organisation, road.ends_on + TOMORROW))
    production.withdraw_notice(cast.officer(), road)
    assert succession.call_off(cast.officer(), road.organisation) == 1
    assert not Succession.objects.exists()


def test_who_has_given_its_register_away_does_not_come_back() -> None:
    former = ended(ESIMERKKILA)
    succession.carry_out(cast.second_officer(), asked(former))
    road = Joining.objects.get(organisation=former)
    assert road.state == JoiningState.ENDED
    with pytest.raises(StepOutOfOrder):
        joining.apply_again(cast.officer(), road)


def test_what_has_passed_before_is_told_to_the_archive() -> None:
    former = ended(ESIMERKKILA)
    (row,) = succession.carry_out(cast.second_officer(), asked(former))
    RegisterHolding.objects.all().delete()
    migration = import_module("onboarding.migrations.0004_former_holdings")
    for _again in range(2):
        migration.backfill(apps, connection.schema_editor())
    (holding,) = RegisterHolding.objects.all()
    assert (holding.organisation, holding.until) == (former, row.day)


def test_live_authorisations_go_on_and_are_the_successors_to_revoke() -> None:
    study = archive_cast.store(dataset())
    given = authorising.made(archive_cast.MATTI)
    without_producer = authorising.made(None, producer=None)
    over = authorising.made(archive_cast.VENLA)
    authorisations.revoke(authorising.person(), over, reason="Not needed")
    producer, successor = archive_cast.organisation(RONTGEN), archive_cast.organisation(MALLILA)

    succession.carry_out(cast.second_officer(), asked(ended(ESIMERKKILA)))

    assert sees(producer, study)
    following = Authorisation.objects.get(series=given.series, closed_at=None)
    assert (following.organiser, following.version, following.state) == (successor, 2, "granted")
    given.refresh_from_db()
    assert (given.organiser.business_id, given.state) == (ESIMERKKILA, "replaced")
    assert Authorisation.objects.get(series=without_producer.series, version=2).granted_at is None
    assert not Authorisation.objects.filter(series=over.series, version=2).exists()
    sent = {authorisation_forms.form_of(row).organiser for row in owed_forms(given, following)}
    assert sent == {given.organiser.oid, successor.oid}

    heir = authorising.person(MALLILA)
    authorisations.revoke(heir, following, reason="We do it ourselves")
    assert not sees(producer, study)


def test_what_a_register_left_behind_when_it_passed_is_caught_up_with() -> None:
    """It passed before authorisations went along."""
    given = authorising.made(archive_cast.MATTI)
    producer_now_controller = authorising.made(None, producer=MALLILA)
    successor = archive_cast.organisation(MALLILA)
    passing = succession.authorisations.pass_on
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(succession.authorisations, "pass_on", lambda register: 0)
        succession.carry_out(cast.second_officer(), asked(ended(ESIMERKKILA)))
    assert succession.authorisations.pass_on is passing
    for _again in range(2):
        succession.pass_due(today())
    following = Authorisation.objects.get(series=given.series, closed_at=None)
    assert (following.organiser, following.version) == (successor, 2)
    assert owed_forms(given, following)
    left = Authorisation.objects.get(series=producer_now_controller.series)
    assert (left.version, left.closed_at) == (1, None)


def owed_forms(*versions: Authorisation) -> list[Authorisation]:
    """Those of these that the Patient Data Repository is to be told of."""
    jobs = Job.objects.filter(
        kind="authorisation_form", subject_id__in=[row.id for row in versions]
    )
    return list(Authorisation.objects.filter(id__in=jobs.values("subject_id")))
