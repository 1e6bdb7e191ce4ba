"""Mails about alarms: to the recipients of the rule, once an alarm; all that is new in one mail."""

import logging
from collections.abc import Iterable
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.models import Alarm, User
from archive.values import HELSINKI, now

log = logging.getLogger(__name__)

MOST = 50  # alarms named in one mail


def tell_due() -> int:
    """How many mails went. Claimed first, so that two workers do not both send; given back when
    none goes.
    """
    due = Alarm.objects.filter(told_at=None, raised_at__isnull=False, is_quiet=False)
    due = due.filter(cleared_at=None).exclude(rule__recipients=[])
    claimed = [row for row in due.select_related("rule").order_by("raised_at") if _claim(row)]
    sent = 0
    told: set[object] = set()
    for address in sorted({each for row in claimed for each in row.rule.recipients}):
        own = [row for row in claimed if address in row.rule.recipients]
        if _send(address, own):
            sent += 1
            told.update(row.id for row in own)
    left = [row.id for row in claimed if row.id not in told]
    Alarm.objects.filter(id__in=left).update(told_at=None)
    return sent


def _claim(row: Alarm) -> bool:
    return bool(Alarm.objects.filter(id=row.id, told_at=None).update(told_at=now()))


def _send(address: str, alarms: list[Alarm]) -> bool:
    known = User.objects.filter(email__iexact=address).values_list("language", flat=True).first()
    with translation.override(known or settings.LANGUAGE_CODE):
        subject, body = _written(alarms)
    try:
        send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [address])
    except (OSError, SMTPException) as error:
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
