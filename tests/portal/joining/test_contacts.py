"""A customer's contacts: what it means that one is taken away is said first (ON-1)."""

import pytest

from tests.onboarding import cast
from tests.portal.joining import desks

pytestmark = pytest.mark.django_db


def test_a_contact_that_is_emptied_is_asked_for_and_going_back_loses_nothing() -> None:
    road = cast.filled(cast.applicant())
    client, place = desks.person(road, "customer"), desks.address("joining-contacts", road)
    sent = {
        f"{kind}-{name}": value
        for kind, told in cast.contacts().items()
        for name, value in told.items()
    }
    sent |= {f"technical-{name}": "" for name in ("name", "email", "phone")}
    sent["administrative-name"] = "Somebody Else"
    asked = client.post(place, sent).content.decode()
    assert "Person technical" in asked and "gets no more mails about this customer" in asked
    assert "go to the customer’s administrators" not in asked
    assert road.organisation.contacts.count() == 3
    back = client.post(place, {**sent, "back": "1"}).content.decode()
    assert 'value="Somebody Else"' in back and "gets no more mails" not in back
    assert client.post(place, {**sent, "sure": "yes"}).status_code == 302
    assert set(road.organisation.contacts.values_list("kind", flat=True)) == {
        "administrative",
        "data_protection",
    }
    none = {name: "" if not name.endswith("language") else "fi" for name in sent}
    assert "go to the customer’s administrators" in client.post(place, none).content.decode()
