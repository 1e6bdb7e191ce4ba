"""A customer reads on its connections page where the archive is reached (ON-3)."""

from dataclasses import replace

import pytest

from archive.config import settings
from portal import reached
from tests import cast
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def test_the_ports_are_told_to_whoever_sets_up_a_system(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"/organisations/{cast.organisation().id}/joining/connections/"
    own = replace(settings(), dicom_host="192.0.2.7", dicom_port=104, dicom_tls_port=2762)
    monkeypatch.setattr(reached, "settings", lambda: own)
    page = signed_in("esim").get(address).content.decode()
    assert "<code>192.0.2.7:104</code>" in page and "<code>192.0.2.7:2762</code>" in page
    own = replace(own, dicom_host="0.0.0.0", dicom_tls_port=0)
    page = signed_in("esim").get(address).content.decode()
    assert "<code>testserver:104</code>" in page and "Over TLS" not in page
