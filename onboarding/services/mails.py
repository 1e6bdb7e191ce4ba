"""Mails to a customer's contacts, each in the reader's language; sent when the change is kept."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from smtplib import SMTPException
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise

from archive import links
from archive.models import Organisation, Role, User
from onboarding.models import Contact

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """Texts are lazy; `%(organisation)s` is filled in, dates and organisations among the values
    as the reader writes them. The address of the page concerned stands at the end.
    """

    subject: Promise
    body: Promise
    values: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""  # of `archive.links`: where the reader goes on
    about: UUID | None = None  # its id there; else the organisation's


def to_contacts(organisation: Organisation, letter: Letter, *, kinds: Iterable[str] = ()) -> None:
    """To every contact, or those of these kinds; to the administrators while there is none."""
    rows = Contact.objects.filter(organisation=organisation)
    wanted = set(kinds)
    readers = {
        row.email: row.language for row in rows if row.email and (not wanted or row.kind in wanted)
    }
    to_readers(readers or _administrators(organisation), organisation, letter)


def to_readers(readers: Mapping[str, str], organisation: Organisation, letter: Letter) -> None:
    """Addresses with their languages; one mail each."""

    def send() -> None:
        for address, language in readers.items():
            _send(address, language, organisation, letter)

    transaction.on_commit(send)


def _administrators(organisation: Organisation) -> dict[str, str]:
    rows = User.objects.filter(
        memberships__organisation=organisation, memberships__role=Role.CUSTOMER_ADMIN
    )
    return {user.email: user.language for user in rows if user.email}


def _told(value: Any) -> Any:
    """In the language that is active; a day as it is written in Finland."""
    if isinstance(value, Organisation):
        return value.name
    if not hasattr(value, "year"):
        return value
    return date_format(value, "j F Y" if translation.get_language() == "en" else "j.n.Y")


def _send(address: str, language: str, organisation: Organisation, letter: Letter) -> None:
    """A mail that does not go is no reason to undo what it tells about."""
    with translation.override(language or settings.LANGUAGE_CODE):
        values = {name: _told(value) for name, value in letter.values.items()}
        values["organisation"] = organisation.name
        subject, body = str(letter.subject) % values, str(letter.body) % values
    if letter.place and (link := links.to(letter.place, letter.about or organisation.id)):
        body = f"{body}\n\n{link}\n"
    try:
        send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [address])
    except (OSError, SMTPException) as error:
        log.warning("mail about %s not sent: %s", organisation.id, type(error).__name__)
