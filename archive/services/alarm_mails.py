"""Mails about alarms: to each recipient of the rule once an alarm; all that is new in one mail."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.models import Alarm, User
from archive.values import HELSINKI, now

log = logging.getLogger(__name__)

MOST = 50  # alarms named in one mail
CLAIMED = timedelta(minutes=10)  # after which who claimed it is taken to have ended


def tell_due() -> int:
    """How many mails went. Claimed first, so that two workers do not both send; given back for
    the recipients whom none reached.
    """
    at = now()
    standing = Alarm.objects.filter(told_at=None, raised_at__isnull=False, cleared_at=None)
    rows = standing.exclude(rule__recipients=[]).select_related("rule").order_by("raised_at")
    claimed = [row for row in rows if _is_due(row, at) and _claim(row, at)]
    try:
        return sum(_tell(address, claimed) for address in _owed(claimed))
    finally:
        own = Alarm.objects.filter(id__in=[row.id for row in claimed], claimed_at=at)
        own.update(claimed_at=None)


def _is_due(row: Alarm, at: datetime) -> bool:
    """A quiet one when it has stood for as long as nobody was to be told."""
    if row.raised_at is None or not _owed([row]):
        return False
    return not row.is_quiet or at - row.raised_at >= timedelta(minutes=row.rule.cool_down_minutes)


def _claim(row: Alarm, at: datetime) -> bool:
    free = Q(claimed_at=None) | Q(claimed_at__lt=at - CLAIMED)
    if not Alarm.objects.filter(free, id=row.id, told_at=None).update(claimed_at=at):
        return False
    row.refresh_from_db(fields=["told_to"])
    return True


def _owed(alarms: list[Alarm]) -> list[str]:
    return sorted(
        {each for row in alarms for each in row.rule.recipients if each not in row.told_to}
    )


def _tell(address: str, claimed: list[Alarm]) -> bool:
    own = [row for row in claimed if address in _owed([row])]
    if not _send(address, own):
        return False
    for row in own:
        row.told_to.append(address)
        if not _owed([row]):
            row.told_at = now()
        row.save(update_fields=["told_to", "told_at"])
    return True


def _send(address: str, alarms: list[Alarm]) -> bool:
    known = User.objects.filter(email__iexact=address).values_list("language", flat=True).first()
    with translation.override(known or settings.LANGUAGE_CODE):
        subject, body = _written(alarms)
    try:
        send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [address])
    except (OSError, SMTPException, ValueError) as error:  # ValueError: of an address
        log.warning("mail about alarms not sent: %s", type(error).__name__)
        return False
    return True


def _written(alarms: list[Alarm]) -> tuple[str, str]:
    """Subject and body in the active language."""
    title = ngettext("%(count)s new alarm", "%(count)s new alarms", len(alarms))
    rows = [*_lines(alarms[:MOST])]
    if len(alarms) > MOST:
        more = ngettext("and %(count)s more", "and %(count)s more", len(alarms) - MOST)
        rows.append(more % {"count": len(alarms) - MOST})
    rows.append(_("They stand in the portal, under Alarms. Acknowledge what you look after."))
    return title % {"count": len(alarms)}, "\n\n".join(rows) + "\n"


def _lines(alarms: Iterable[Alarm]) -> Iterable[str]:
    for row in alarms:
        at = row.raised_at.astimezone(HELSINKI) if row.raised_at else None
        told = [str(row.rule.get_severity_display()), row.rule.name, row.about]
        if row.environment and row.environment != "production":
            told.append(str(row.get_environment_display()))
        yield f"{at:%d.%m.%Y %H.%M}  {', '.join(told)}: {row.value:g}"
