"""Mails about cases to who asked for them: at once or as a digest, never in quiet hours (SD-5).

A mail names cases, systems and causes by code; nothing of a patient, nothing that was written.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive import links
from archive.errors import ArchiveError, MailServerGone
from archive.models import (
    STAFF_ROLES,
    Case,
    CaseComment,
    CaseMail,
    CaseState,
    MailPace,
    Membership,
)
from archive.rules.mail_times import digest_is_due, is_quiet
from archive.services import mailing
from archive.values import HELSINKI, now

log = logging.getLogger(__name__)

MOST = 50  # cases named in one mail
# What has begun and may yet say when something happened; of other databases' nothing is known.
_OLDEST = """
SELECT min(xact_start) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
CLOCKS = timedelta(seconds=1)  # between the database's and ours
PATIENCE = timedelta(minutes=5)  # for one that takes long: it is hardly a person's act


@dataclass(frozen=True, slots=True)
class News:
    """What happened to cases in a stretch of time."""

    given: list[Case]
    opened: list[Case]
    written: list[Case]
    resolved: list[Case]
    of_desk: bool  # whether the staff are told; customers' people have no search

    @property
    def count(self) -> int:
        return len({*self.given, *self.opened, *self.written, *self.resolved})


def choose(user_id: UUID, **choice: object) -> None:
    """A person's own choice; what happened before it is not told."""
    CaseMail.objects.update_or_create(
        user_id=user_id, defaults=choice, create_defaults={**choice, "told_until": now()}
    )


def given(user_id: UUID, at: datetime) -> None:
    """Somebody gave the person a case at this time: who has not chosen is told of that and of no
    more, in the caller's transaction.
    """
    before = at - timedelta(microseconds=1)
    CaseMail.objects.get_or_create(
        user_id=user_id, defaults={"pace": MailPace.GIVEN, "told_until": before}
    )


def of(user_id: UUID, *, of_desk: bool) -> CaseMail:
    """The person's choice, or what holds without one."""
    pace = MailPace.GIVEN if of_desk else MailPace.OFF
    return CaseMail.objects.filter(user_id=user_id).first() or CaseMail(
        user_id=user_id, pace=pace, told_until=now()
    )


def paces(*, of_desk: bool) -> list[tuple[str, Promise]]:
    """What there is to choose: nobody gives cases to a customer's people."""
    return [each for each in MailPace.choices if of_desk or each[0] != MailPace.GIVEN]


def tell_due() -> int:
    """Mail everybody whose time it is; how many mails went. When the mail server is away, the next
    round tells the rest.
    """
    rows = CaseMail.objects.exclude(pace=MailPace.OFF).select_related("user")
    told, until = 0, _settled()
    try:
        for row in rows.filter(user__is_active=True):
            told += _is_due(row, until) and mailing.apart(
                f"mail {row.id} about cases", _tell, row, until
            )
    except MailServerGone as error:
        log.warning("mails about cases wait: %s", error.detail)
    return told


def _settled() -> datetime:
    """What happened before it is known by now: a transaction that is open may have been told the
    time a while ago, and nobody sees it yet.
    """
    at = now()
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        oldest = cursor.fetchone()[0]
    return at if oldest is None else max(min(at, oldest - CLOCKS), at - PATIENCE)


def _is_due(row: CaseMail, at: datetime) -> bool:
    local = at.astimezone(HELSINKI)
    if is_quiet(local.hour, row.quiet_from, row.quiet_until):
        return False
    if row.pace == MailPace.DIGEST:
        return digest_is_due(local, row.digest_hour, row.told_until)
    return True


def _tell(row: CaseMail, until: datetime) -> bool:
    """Claimed first, so that two workers do not both send; given back when it does not go. Raises
    MailServerGone.
    """
    since = row.told_until
    if until <= since <= now():
        return False  # that is told; else the clock was put back
    claimed = CaseMail.objects.filter(id=row.id, told_until=since).update(told_until=until)
    news = _news(row, since, until)
    if not claimed or not news.count or not row.user.email:
        return False
    try:
        with translation.override(row.user.language or settings.LANGUAGE_CODE):
            subject, body = _written(news)
        mailing.send([row.user.email], subject, body)
    except Exception as error:
        CaseMail.objects.filter(id=row.id, told_until=until).update(told_until=since)
        if not isinstance(error, ArchiveError) or isinstance(error, MailServerGone):
            raise
        log.warning("mail about cases not sent: %s", error.detail)
        return False
    return True


def _news(row: CaseMail, since: datetime, until: datetime) -> News:
    """The staff read of the cases they own or watch, a customer's people of all their own."""
    user = row.user
    seats = list(Membership.objects.filter(user=user).select_related("organisation"))
    is_staff = any(seat.role in STAFF_ROLES and seat.organisation.is_operator for seat in seats)
    got = Case.objects.filter(owner=user, given_at__gt=since, given_at__lte=until)
    given = _some(got.filter(state=CaseState.OPEN)) if is_staff else []
    if row.pace == MailPace.GIVEN:
        return News(given, [], [], [], is_staff)
    if is_staff:
        cases = Case.objects.filter(Q(owner=user) | Q(watchers=user))
    else:
        own = [seat.organisation_id for seat in seats if seat.role not in STAFF_ROLES]
        cases = Case.objects.filter(organisation_id__in=own)
    # Each side is told of what the other one wrote.
    written = CaseComment.objects.filter(
        at__gt=since, at__lte=until, is_shared=True, is_customers=is_staff
    )
    opened = cases.filter(opened_at__gt=since, opened_at__lte=until)
    return News(
        given,
        _some(opened.exclude(id__in=[each.id for each in given])),
        _some(cases.filter(id__in=written.values("case_id"))),
        # One without events was joined to another, and goes on there.
        _some(cases.filter(resolved_at__gt=since, resolved_at__lte=until, event_count__gt=0)),
        is_staff,
    )


def _some(cases: QuerySet[Case]) -> list[Case]:
    rows = cases.select_related("organisation", "connection").distinct()
    return list(rows.order_by("-last_at")[:MOST])


def _written(news: News) -> tuple[str, str]:
    """Subject and body in the active language."""
    title = ngettext("%(count)s case has news", "%(count)s cases have news", news.count)
    where = (
        _("Cause and next step stand in the portal: search by the number of the case.")
        if news.of_desk
        else _("Cause and next step stand in the portal, on the page Errors.")
    )
    parts = [
        _part(_("Given to you:"), news.given),
        _part(_("New, or come back:"), news.opened),
        _part(_("A message waits for you:"), news.written),
        _part(_("Resolved:"), news.resolved),
        where + "\n" + _("You chose these mails in the portal, and can end them there."),
        links.to("case-mail"),
    ]
    return title % {"count": news.count}, "\n\n".join(filter(None, parts)) + "\n"


def _part(heading: str, cases: list[Case]) -> str:
    return "\n".join([heading, *map(_line, cases)]) if cases else ""


def _line(case: Case) -> str:
    """`E-1042  A900  ESIM_PACS, 12 events`, and the environment when it is not production."""
    system = str(case.connection or case.caller or case.organisation or "–")
    events = ngettext("%(count)s event", "%(count)s events", case.event_count)
    words = [f"{case}  {case.code}  {system}", events % {"count": case.event_count}]
    if case.environment != "production":
        words.append(str(case.get_environment_display()))
    line, link = ", ".join(words), links.to("case", case.id)
    return f"{line}\n    {link}" if link else line
