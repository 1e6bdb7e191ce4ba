"""Versions of terms, and who has accepted which (ON-2 c, d)."""

from datetime import timedelta

import pytest

from archive.models import LedgerEvent
from archive.values import today
from onboarding.errors import ActorUnfit, DayPassed, Fault, FieldInvalid, TermsOutdated
from onboarding.models import Acceptance, Precondition, TermsDocument, TermsKind
from onboarding.queries import file
from onboarding.services import terms
from onboarding.services.terms import Texts
from tests import post_office
from tests.onboarding import cast

pytestmark = pytest.mark.usefixtures("db")

TEXTS = Texts("ehdot", "villkor", "terms")


def publish(version: str = "2", days: int = 0) -> TermsDocument:
    return terms.publish(
        cast.officer(),
        TermsKind.DELIVERY,
        version=version,
        valid_from=today() + timedelta(days=days),
        texts=TEXTS,
    )


def first_version() -> TermsDocument:
    return TermsDocument.objects.get(kind=TermsKind.DELIVERY, version="1")


def test_the_first_versions_are_there_in_three_languages() -> None:
    for kind in TermsKind:
        document = terms.in_force(kind)
        assert document is not None and document.version == "1"
        assert all(
            len(text) > 500 for text in (document.text_fi, document.text_sv, document.text_en)
        )


def test_an_acceptance_says_who_with_what_authority() -> None:
    road = cast.applicant()
    me = cast.admin(road)
    terms.accept(me, first_version(), road.organisation, authority="chief executive")
    row = Acceptance.objects.get(organisation=road.organisation)
    assert (row.accepted_by, row.authority) == ("applicant", "chief executive")
    event = LedgerEvent.objects.filter(kind="terms.accepted").latest("at")
    assert event.facts["authority"] == "chief executive"
    again = terms.accept(me, first_version(), road.organisation, authority="somebody else")
    assert again.authority == "chief executive"


def test_an_acceptance_without_authority_is_none() -> None:
    road = cast.applicant()
    with pytest.raises(FieldInvalid) as refused:
        terms.accept(cast.admin(road), first_version(), road.organisation, authority=" ")
    assert refused.value.facts == {"field": "authority"}


@pytest.mark.parametrize("name", ["technical", "stranger", "officer", "support", "system"])
def test_nobody_but_the_administrator_binds_the_organisation(name: str) -> None:
    road = cast.applicant()
    with pytest.raises(ActorUnfit):
        terms.accept(cast.actors(road)[name], first_version(), road.organisation, authority="x")


def test_a_new_version_asks_anew_and_the_old_can_be_accepted_no_more() -> None:
    road = cast.proved(cast.filled(cast.applicant()))
    assert road.organisation not in terms.not_accepted(first_version())
    second = publish()
    sent = post_office.deliver()
    assert any("administrative@uusi.example.invalid" in each.to for each in sent)
    assert road.organisation in terms.not_accepted(second)
    missing = [row.precondition for row in file.checklist(road) if not row.holds]
    assert Precondition.DELIVERY_TERMS in missing
    with pytest.raises(TermsOutdated):
        terms.accept(cast.admin(road), first_version(), road.organisation, authority="x")
    terms.accept(cast.admin(road), second, road.organisation, authority="x")
    assert road.organisation not in terms.not_accepted(second)


def test_a_version_to_come_may_be_accepted_before_its_day_and_the_present_stays_in_force() -> None:
    road = cast.applicant()
    coming = publish(days=30)
    assert terms.in_force(TermsKind.DELIVERY) == first_version()
    terms.accept(cast.admin(road), coming, road.organisation, authority="x")
    terms.accept(cast.admin(road), first_version(), road.organisation, authority="x")
    row = next(each for each in file.terms(road.organisation) if each.kind == TermsKind.DELIVERY)
    assert (row.document, row.next_document) == (first_version(), coming)


def test_a_version_is_published_once_from_today_on_with_every_text() -> None:
    publish()
    with pytest.raises(FieldInvalid) as refused:
        publish()
    assert refused.value.facts == {"field": "version", "why": Fault.TAKEN}
    with pytest.raises(DayPassed):
        publish("3", days=-1)
    with pytest.raises(FieldInvalid) as refused:
        terms.publish(
            cast.officer(),
            TermsKind.SERVICE,
            version="2",
            valid_from=today(),
            texts=Texts("a", " ", "c"),
        )
    assert refused.value.facts == {"field": "text_sv"}
    road = cast.applicant()
    with pytest.raises(ActorUnfit):
        terms.publish(
            cast.admin(road), TermsKind.SERVICE, version="2", valid_from=today(), texts=TEXTS
        )
