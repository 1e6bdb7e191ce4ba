"""People who register: they sign up, read their mail, and fill in page by page."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.test import Client

from archive.models import User
from tests import post_office
from tests.portal.joining.desks import BACKEND

PASSWORD = "kolme-pientä-kettua-7"
NEW = "0204819-8"  # nobody's in the demo world
CONTACT = {
    "name": "Aino Avain",
    "email": "aino@example.invalid",
    "phone": "+358 40 123",
    "language": "sv",
}

# Page by page, with what is told on it.
PAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("roles", {"roles": ["produces", "uses"]}),
    ("contents", {"content_types": ["ct", "mr"]}),
    ("services", {"services_used": ["patient_data"]}),
    ("contact-administrative", CONTACT),
    ("contact-technical", {**CONTACT, "name": "Taru Tekniikka"}),
    ("contact-data-protection", {**CONTACT, "name": "Dina Dataskydd", "phone": ""}),
)


def browser(language: str = "en") -> Client:
    return Client(headers={"Accept-Language": language})


def sign_up(client: Client, email: str, **changed: Any) -> Any:
    data = {"email": email, "password1": PASSWORD, "password2": PASSWORD, "homepage": "", **changed}
    return client.post("/join/account/", data)


def mails() -> list[str]:
    """The texts of the mails, oldest first, once a worker has sent what is owed: in the outbox of a
    test, else in the folder.
    """
    post_office.deliver()
    if hasattr(mail, "outbox"):
        return [f"{each.to} {each.subject}\n{each.body}" for each in mail.outbox]
    files = sorted(Path(settings.EMAIL_FILE_PATH).iterdir(), key=lambda each: each.stat().st_mtime)
    return [each.read_text() for each in files]


def link_in(text: str) -> str:
    found = re.search(r"http://[^/\s]+(/accounts/confirm-email/\S+)", text)
    assert found, text
    return found[1]


def verify(client: Client, text: str) -> Any:
    return client.post(link_in(text))


def verified(email: str, client: Client | None = None) -> Client:
    """Signed up, verified, signed in; by the pages in `test_sign_up`."""
    browsing = client or browser()
    made = User.objects.create_user(email.partition("@")[0], email, PASSWORD)
    EmailAddress.objects.create(user=made, email=email, verified=True, primary=True)
    browsing.force_login(made, backend=BACKEND)
    return browsing


def sign_in(email: str) -> Client:
    browsing = browser()
    answer = browsing.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return browsing


def begin(client: Client, business_id: str = NEW, sector: str = "private", **names: str) -> str:
    """Up to the organisation; the address of its registration."""
    told = {"name_fi": "Uusi Oy", "name_sv": "", "name_en": "", **names}
    client.post("/join/business-id/", {"business_id": business_id})
    client.post("/join/sector/", {"sector": sector})
    answer = client.post("/join/names/", told)
    found = re.match(r"(/join/[0-9a-f-]{36}/)roles/$", answer.headers.get("Location", ""))
    assert found, (answer.status_code, answer.content.decode())
    return found[1]


def fill_in(client: Client, base: str, pages: Mapping[str, Any] | None = None) -> str:
    """All pages; where the last one leads."""
    location = ""
    for key, told in (pages or dict(PAGES)).items():
        answer = client.post(f"{base}{key}/", told)
        location = answer.headers.get("Location", "")
        assert location, (key, answer.content.decode())
    return location


def user(email: str) -> User:
    return User.objects.get(email=email)
