"""A customer's page of people says what became of an invitation's mail (ON-1)."""

import re

import pytest

from tests import post_office
from tests.onboarding import cast
from tests.portal.joining import desks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unspent_limits")]


def test_an_invitation_whose_mail_did_not_go_is_sent_again_from_the_page() -> None:
    road = cast.applicant()
    client = desks.of(cast.officer())
    place = desks.address("joining-people", road)
    told = {
        "email": f"{post_office.NOBODY}example.fi",
        "role": "customer_technical",
        "language": "sv",
    }
    page = client.post(place, told, follow=True).content.decode()
    assert "is on its way." in page and "mail is on its way" in page and "Send again" not in page
    with post_office.opened() as office, post_office.used(office.port):
        post_office.deliver()
    page = client.get(place).content.decode()
    assert "mail did not go" in page
    hidden = dict(re.findall(r'type="hidden" name="(email|role|language)" value="([^"]+)"', page))
    assert hidden == told
    page = client.post(place, hidden, follow=True).content.decode()
    assert "mail is on its way" in page and "mail did not go" not in page
    post_office.deliver()
    assert "mail has gone" in client.get(place).content.decode()
