"""An officer opens a document source on the customer's connections page (XD-3)."""

import hashlib

import pytest

from archive.models import Connection, XdsRole
from tests import cast
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def test_an_officer_opens_a_source_and_reads_its_password_once() -> None:
    organisation = cast.organisation()
    address = f"/organisations/{organisation.id}/joining/connections/"
    officer = signed_in("onboarding")
    assert f"{address}source/" in officer.get(address).content.decode()
    answer = officer.post(f"{address}source/", {"environment": "test"})
    made = Connection.objects.get(organisation=organisation, xds_role=XdsRole.SOURCE)
    assert made.environment == "test" and made.xds_user in answer.content.decode()
    secret = answer.context["secret"]
    assert bytes(made.xds_secret_sha256 or b"") == hashlib.sha256(secret.encode()).digest()
    assert secret in answer.content.decode()
    assert secret not in officer.get(address).content.decode()
    # What is no environment opens nothing.
    assert officer.post(f"{address}source/", {"environment": "x"}).status_code == 302
    assert Connection.objects.filter(xds_role=XdsRole.SOURCE).count() == 1


@pytest.mark.parametrize("login", ["esim", "support"])
def test_nobody_else_does(login: str) -> None:
    address = f"/organisations/{cast.organisation().id}/joining/connections/"
    client = signed_in(login)
    assert "connections/source/" not in client.get(address).content.decode()
    assert client.post(f"{address}source/", {"environment": "test"}).status_code in (403, 404)
    assert not Connection.objects.filter(xds_role=XdsRole.SOURCE).exists()
