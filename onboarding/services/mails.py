"""Mails to a customer's contacts, each in the reader's language: owed in the transaction of what
they tell, sent by a job, and given up to the desk.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from archive import jobs, links
from archive.errors import ArchiveError, MailServerGone
from archive.models import Environment, JobKind, Organisation, Role, User
from archive.services import error_desk, mailing
from archive.services.error_desk import Place, What, Who
from archive.values import now
from onboarding.models import Contact, Invitation, OutgoingMail

log = logging.getLogger(__name__)

# Of which, as of a customer's system, one is called at a time, by whoever may wait for it.
MAIL_SERVER = UUID("6d61696c-0000-8000-8000-736572766572")
TRIES = 150  # about a day, with ten minutes between the later ones
SEND = Place("job", "letter")
OF_TEST = _("Test environment: {subject}")


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


def to_readers(
    readers: Mapping[str, str],
    organisation: Organisation,
    letter: Letter,
    invitation: Invitation | None = None,
) -> None:
    """Addresses with their languages; one mail each, owed with what it tells."""
    with transaction.atomic():
        for address, language in readers.items():
            subject, body = _written(language, organisation, letter)
            row = OutgoingMail.objects.create(
                organisation=organisation,
                invitation=invitation,
                address=address,
                language=language,
                subject=subject,
                body=body,
                made_at=now(),
            )
            jobs.defer(
                JobKind.MAIL,
                row.id,
                environment=Environment.PRODUCTION,
                organisation_id=organisation.id,
                peer_id=MAIL_SERVER,
            )


def to_account(address: str, subject: str, body: str) -> None:
    """What somebody asks for who has an account or wants one: whoever may want a mail to anybody
    must not hold a page until a mail server has answered.
    """
    with transaction.atomic():
        row = OutgoingMail.objects.create(
            address=address,
            language=translation.get_language() or settings.LANGUAGE_CODE,
            subject=subject,
            body=body,
            made_at=now(),
        )
        jobs.defer(JobKind.MAIL, row.id, environment=Environment.PRODUCTION, peer_id=MAIL_SERVER)


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


def _written(language: str, organisation: Organisation, letter: Letter) -> tuple[str, str]:
    """Subject and body."""
    with translation.override(language or settings.LANGUAGE_CODE):
        values = {name: _told(value) for name, value in letter.values.items()}
        values["organisation"] = organisation.name
        subject, body = str(letter.subject) % values, str(letter.body) % values
    if letter.place and (link := links.to(letter.place, letter.about or organisation.id)):
        body = f"{body}\n\n{link}\n"
    return subject, body


# --- about what happened --------------------------------------------------------------------------


def of_environment(environment: str, subject: Promise) -> Promise:
    """The subject tells what is only of the test environment."""
    if environment != Environment.TEST:
        return subject
    told: Promise = format_lazy(OF_TEST, subject=subject)
    return told


def unwritten(environment: str | None, subject_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    """A letter that could not be written is a case of its environment; of production's where what
    it tells of is gone.
    """
    error_desk.report(
        error,
        environment=environment or Environment.PRODUCTION,
        place=SEND,
        what=What(subject_id=subject_id, job_id=job_id),
        once=True,
    )


# --- sent -----------------------------------------------------------------------------------------


def send(mail_id: UUID) -> None:
    """What is owed, unless it was called back. Raises MailServerGone, MailPutOff, MailRefused."""
    row = OutgoingMail.objects.filter(id=mail_id, sent_at=None, given_up_at=None).first()
    if row is not None:
        mailing.send([row.address], row.subject, row.body)
        if row.organisation_id is None:
            row.delete()  # nobody looks for it, and whose address it holds we may not know
            return
        OutgoingMail.objects.filter(id=mail_id).update(sent_at=now(), body="")


def give_up(mail_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    """The desk is told whose mail it was, not to which address. It names no job, for there is no
    text to try again with; and a server that is away is one case, not one of each customer.
    """
    with transaction.atomic():
        owed = OutgoingMail.objects.filter(id=mail_id, sent_at=None, given_up_at=None)
        if not owed.update(given_up_at=now(), body=""):
            return
        row = OutgoingMail.objects.select_related("organisation").get(id=mail_id)
        if row.organisation is None:
            _forget(row, error)
            return
        of_customer = Who(organisation_id=row.organisation_id)
        error_desk.report(
            error,
            environment=Environment.PRODUCTION,
            place=SEND,
            who=None if isinstance(error, MailServerGone) else of_customer,
            what=What(subject_id=row.id),
            facts={"mail": row.subject, "organisation": row.organisation.name},
        )


def _forget(row: OutgoingMail, error: ArchiveError) -> None:
    """An address that anybody may have typed is nobody's case; a server that is away is ours."""
    if isinstance(error, MailServerGone):
        error_desk.report(
            error,
            environment=Environment.PRODUCTION,
            place=SEND,
            what=What(subject_id=row.id),
            facts={"mail": row.subject},
        )
    log.warning("mail to an account is given up: %s", error.detail)
    row.delete()


def call_back(invitation: Invitation) -> None:
    """What has not gone of an invitation that is withdrawn, in the caller's transaction."""
    rows = OutgoingMail.objects.filter(invitation=invitation, sent_at=None, given_up_at=None)
    for mail_id in rows.values_list("id", flat=True):
        jobs.withdraw(JobKind.MAIL, mail_id)
    rows.update(given_up_at=now(), body="")
