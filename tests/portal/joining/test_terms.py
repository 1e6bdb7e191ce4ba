"""Terms of delivery and service descriptions: published by staff, accepted by customers (ON-2)."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from archive.values import today
from onboarding.models import (
    Acceptance,
    Joining,
    TermsDocument,
    TermsKind,
)
from onboarding.services import terms
from tests.onboarding import cast
from tests.portal.joining import desks
from tests.portal.joining.test_bad_input import built, client, road, wrong_at

__all__ = ["built", "client", "road"]
pytestmark = pytest.mark.django_db


def newer(kind: TermsKind = TermsKind.DELIVERY) -> TermsDocument:
    return terms.publish(
        cast.officer(),
        kind,
        version="2",
        valid_from=today(),
        texts=terms.Texts("uusi", "ny", "new words"),
    )


def accept(client: Any, road: Joining, document: TermsDocument, **data: str) -> Any:
    told = {"document": str(document.id), "authority": "director", "agreed": "on", **data}
    return client.post(desks.address("joining-terms", road, document.kind), told)


def test_terms_are_accepted_by_the_customers_administrator(road: Joining, client: Any) -> None:
    document = newer()
    page = client.get(desks.address("joining-terms", road, document.kind)).content.decode()
    assert "new words" in page
    assert wrong_at(accept(client, road, document, authority=""), "authority")
    assert wrong_at(accept(client, road, document, agreed=""), "agreed")
    assert accept(client, road, document).status_code == 302
    kept = Acceptance.objects.get(document=document, organisation=road.organisation)
    assert (kept.authority, kept.accepted_by) == ("director", cast.admin(road).name)


def test_terms_of_an_old_version_are_refused(road: Joining, client: Any) -> None:
    old = terms.in_force(TermsKind.DELIVERY)
    assert old is not None
    road.organisation.acceptances.all().delete()
    newer()
    answer = accept(client, road, old)
    assert answer.status_code == 422
    assert "A newer version is in force." in answer.content.decode()
    assert not Acceptance.objects.filter(organisation=road.organisation).exists()


def test_staff_publish_a_version_and_see_who_has_not_accepted(road: Joining) -> None:
    officer = desks.of(cast.officer())
    told = {
        "kind": "delivery_terms",
        "version": "3",
        "valid_from": (today() - timedelta(days=1)).isoformat(),
        "text_fi": "a",
        "text_sv": "b",
        "text_en": "c",
    }
    place = reverse("terms-publish")
    assert "before today" in wrong_at(officer.post(place, told), "valid_from")
    assert wrong_at(officer.post(place, {**told, "text_sv": " "}), "text_sv")
    assert not TermsDocument.objects.filter(version="3").exists()
    answer = officer.post(place, {**told, "valid_from": today().isoformat()}, follow=True)
    page = answer.content.decode()
    assert "Has not accepted" in page and "New Imaging Ltd" in page and "Mallilan" in page
    again = officer.post(place, {**told, "valid_from": today().isoformat()})
    assert wrong_at(again, "version")
