"""Registering: made or joined, filled in, left off and gone on with (ON-1)."""

from dataclasses import replace

import pytest
from django.utils import translation

from archive.errors import NotFound
from archive.models import (
    Environment,
    LedgerEvent,
    Membership,
    Organisation,
    Register,
    RegisterType,
    Role,
    Sector,
)
from archive.values import BusinessId
from onboarding.errors import (
    ActorUnfit,
    EmailUnverified,
    FieldInvalid,
    PreconditionsMissing,
    StepOutOfOrder,
)
from onboarding.models import AccessRequest, Contact, Joining, JoiningState
from onboarding.queries import file
from onboarding.services import connections, joining, people, rights
from onboarding.services.customers import Names
from portal import log_words
from tests.onboarding import cast

pytestmark = pytest.mark.usefixtures("db")


def test_registering_makes_the_organisation_its_register_and_its_administrator() -> None:
    road = cast.applicant()
    organisation = road.organisation
    assert organisation.oid == "1.2.246.10.90000118.10.0"
    assert (organisation.state, road.state) == ("joining", JoiningState.DRAFT)
    register = Register.objects.get(organisation=organisation)
    assert (register.controller_oid, register.type, register.is_default) == (
        "1.2.246.10.90000118.19.0",
        RegisterType.PRIVATE,
        True,
    )
    assert Membership.objects.get(organisation=organisation).role == Role.CUSTOMER_ADMIN


def test_the_same_person_again_goes_on_where_it_was_left() -> None:
    road = cast.applicant()
    joining.save(cast.admin(road), road, step="contacts", values={"roles": ["uses"]})
    again = cast.applicant()
    assert (again.id, again.step, again.roles) == (road.id, "contacts", ["uses"])
    assert Membership.objects.filter(organisation=road.organisation).count() == 1


def test_another_person_joins_the_same_organisation_and_waits() -> None:
    first = cast.applicant()
    second = cast.applicant(login="second")
    assert second.id == first.id
    other = cast.user("second")
    assert people.waits_for_approval(other, first.organisation)
    with pytest.raises(NotFound):
        file.joining_of(rights.person(other, first.organisation), first.organisation_id)
    with pytest.raises(ActorUnfit):
        joining.submit(rights.person(other, first.organisation), first)
    cast.applicant(login="second")
    assert AccessRequest.objects.count() == 1

    request = people.access_requests(first.organisation).get()
    people.let_in(cast.admin(first), request, role=Role.CUSTOMER_TECHNICAL)
    assert not people.waits_for_approval(other, first.organisation)
    assert file.joining_of(rights.person(other, first.organisation), first.organisation_id)
    with pytest.raises(StepOutOfOrder):
        people.turn_away(cast.officer(), request)


def test_a_customer_in_production_is_nobodys_by_its_business_id() -> None:
    """Business ids are public: knowing one lets nobody in."""
    road = joining.register(
        cast.user("intruder"), BusinessId("9000001-1"), Names("Mallila"), Sector.PUBLIC
    )
    assert road.state == JoiningState.IN_PRODUCTION
    assert not Membership.objects.filter(user__username="intruder").exists()
    assert road.organisation.name_fi == "Mallilan hyvinvointialue"


def test_nobody_registers_as_the_operator() -> None:
    with pytest.raises(FieldInvalid) as refused:
        joining.register(
            cast.user("intruder"), BusinessId("0246246-0"), Names("Kela"), Sector.PUBLIC
        )
    assert refused.value.facts == {"field": "business_id"}


@pytest.mark.parametrize("text", ["9000011-7", "900001-8", "", "x", "1.2"])
def test_a_wrong_business_id_is_no_business_id(text: str) -> None:
    with pytest.raises(ValueError, match="not a business id"):
        BusinessId(text)


def test_a_name_is_demanded_and_nothing_is_kept_without() -> None:
    with pytest.raises(FieldInvalid) as refused:
        joining.register(cast.user("a"), cast.APPLICANT, Names("  "), Sector.PRIVATE)
    assert refused.value.facts == {"field": "name_fi"}
    assert not Organisation.objects.filter(business_id=cast.APPLICANT).exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name_fi": ""}, "name_fi"),
        ({"name_sv": "x" * 201}, "name_sv"),
        ({"name_fi": "a\x00b"}, "name_fi"),
        ({"sector": "9"}, "sector"),
        ({"roles": ["destroys"]}, "roles"),
        ({"content_types": ["ct", "holograms"]}, "content_types"),
        ({"services_used": ["nothing"]}, "services_used"),
    ],
)
def test_what_cannot_be_kept_names_its_field_and_keeps_nothing(
    values: dict[str, object], field: str
) -> None:
    road = cast.applicant()
    with pytest.raises(FieldInvalid) as refused:
        joining.save(cast.admin(road), road, step="x", values={"roles": ["uses"], **values})
    assert refused.value.facts == {"field": field}
    kept = Joining.objects.select_related("organisation").get(id=road.id)
    assert (kept.roles, kept.step, kept.organisation.name_fi) == ([], "", cast.NAMES.fi)


def test_the_sector_decides_the_register_until_production() -> None:
    road = cast.applicant()
    joining.save(cast.admin(road), road, step="x", values={"sector": Sector.PUBLIC})
    assert Register.objects.get(organisation=road.organisation).type == RegisterType.PUBLIC


def test_who_comes_back_has_the_register_of_before() -> None:
    road = cast.brought_to(JoiningState.ENDED)
    road = joining.apply_again(cast.admin(road), road)
    with pytest.raises(FieldInvalid) as refused:
        joining.save(cast.admin(road), road, step="x", values={"sector": Sector.PUBLIC.value})
    assert refused.value.facts == {"field": "sector"}
    assert Register.objects.get(organisation=road.organisation).type == RegisterType.PRIVATE


def test_while_it_is_reviewed_the_customer_changes_nothing() -> None:
    road = cast.brought_to(JoiningState.IN_REVIEW)
    with pytest.raises(StepOutOfOrder):
        joining.save(cast.admin(road), road, step="x", values={"roles": ["uses"]})
    joining.save(cast.officer(), road, step="x", values={"roles": ["uses"]})


def test_in_production_new_contents_may_be_taken_up_but_not_another_name() -> None:
    road = cast.brought_to(JoiningState.IN_PRODUCTION)
    joining.save(cast.admin(road), road, step="", values={"content_types": ["ct", "mr"]})
    with pytest.raises(StepOutOfOrder):
        joining.save(cast.admin(road), road, step="", values={"name_fi": "Toinen Oy"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("email", "nobody"), ("email", "a@b"), ("email", "a b@c.fi"), ("name", ""), ("phone", "abc")],
)
def test_a_contact_that_cannot_be_reached_is_refused_at_its_field(name: str, value: str) -> None:
    road = cast.applicant()
    told = cast.contacts()
    told["technical"] = {**told["technical"], name: value}
    with pytest.raises(FieldInvalid) as refused:
        joining.set_contacts(cast.admin(road), road, told)
    assert refused.value.facts == {"field": f"technical-{name}"}
    assert not Contact.objects.filter(organisation=road.organisation).exists()


def test_an_emptied_contact_is_taken_away() -> None:
    road = cast.filled(cast.applicant())
    joining.set_contacts(cast.admin(road), road, {"technical": {"name": "", "email": ""}})
    kinds = {row.kind for row in Contact.objects.filter(organisation=road.organisation)}
    assert kinds == {"administrative", "data_protection"}


def test_an_unverified_address_submits_nothing() -> None:
    made = cast.user("unverified", verified=False)
    road = joining.register(made, cast.APPLICANT, cast.NAMES, Sector.PRIVATE)
    with pytest.raises(EmailUnverified):
        joining.submit(rights.person(made, road.organisation), road)


def test_what_the_form_lacks_is_named() -> None:
    road = cast.applicant()
    with pytest.raises(PreconditionsMissing) as refused:
        joining.submit(cast.admin(road), road)
    assert refused.value.facts == {"missing": "activity,contacts"}


def test_the_log_says_what_a_change_was() -> None:
    road = cast.brought_to(JoiningState.IN_PRODUCTION)
    before = list(road.content_types)
    told = {"content_types": ["ct", "resting_ecg"], "roles": list(road.roles)}
    joining.save(cast.officer(), road, step="", values={**told, "name_fi": "Uudempi Oy"})
    entry = LedgerEvent.objects.filter(kind="customer.changed").order_by("-at", "-id")[0]
    assert entry.facts["was"] == {"name_fi": cast.NAMES.fi, "content_types": before}
    assert entry.facts["became"] == {
        "name_fi": "Uudempi Oy",
        "content_types": ["ct", "resting_ecg"],
    }
    with translation.override("en"):
        words = dict(log_words.fact_pairs(entry))
    assert words["Was"].startswith(f"Name in Finnish: {cast.NAMES.fi}")
    assert words["Became"].endswith("Contents that it archives: ct, resting_ecg")


def test_the_log_says_how_an_open_connection_was_changed() -> None:
    road = cast.brought_to(JoiningState.ACCEPTED)
    me = cast.admin(road)
    row = road.organisation.planned_connections.get(environment="test", kind="dicom")
    other = replace(cast.planned(Environment.TEST, row.aet), port=11_999, may_fetch=False)
    connections.change(me, row, other)
    entry = LedgerEvent.objects.filter(facts__what=f"DICOM connection {row.aet} changed").get()
    assert entry.facts["became"] == {"port": 11_999, "may_fetch": False}
    assert entry.facts["was"]["may_fetch"] is True
