"""Mails about alarms: to each whom the rule tells once an alarm; all that is new in one mail."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.errors import MailPutOff, MailRefused, MailServerGone
from archive.models import Alarm, User
from archive.queries import alarms as queries
from archive.services import mailing
from archive.values import HELSINKI, now

log = logging.getLogger(__name__)

MOST = 50  # alarms named in one mail
Reach = Mapping[UUID, frozenset[str]]  # of rules, the addresses that they tell
CLAIMED = timedelta(minutes=10)  # after which who claimed it is taken to have ended


def tell_due() -> int:
    """How many mails went. Claimed first, so that two workers do not both send; given back for
    the recipients whom none reached. When the mail server is away, the next round tells the rest.
    """
    at = now()
    standing = Alarm.objects.filter(told_at=None, raised_at__isnull=False, cleared_at=None)
    telling = standing.exclude(rule__recipients=[], rule__roles=[]).select_related("rule")
    rows = list(telling.order_by("raised_at"))
    reach = queries.reach(row.rule for row in rows)
    claimed = [row for row in rows if _is_due(row, at, reach) and _claim(row, at)]
    told, refused = 0, set[str]()
    try:
        for address in _owed(claimed, reach):
            told += mailing.apart("mail about alarms", _tell, address, claimed, reach, refused)
    except MailServerGone as error:
        log.warning("mails about alarms wait: %s", error.detail)
    finally:
        own = Alarm.objects.filter(id__in=[row.id for row in claimed], claimed_at=at)
        own.update(claimed_at=None)
    return told


def _is_due(row: Alarm, at: datetime, reach: Reach) -> bool:
    """A quiet one when it has stood for as long as nobody was to be told."""
    if row.raised_at is None or not _owed([row], reach):
        return False
    return not row.is_quiet or at - row.raised_at >= timedelta(minutes=row.rule.cool_down_minutes)


def _claim(row: Alarm, at: datetime) -> bool:
    free = Q(claimed_at=None) | Q(claimed_at__lt=at - CLAIMED)
    if not Alarm.objects.filter(free, id=row.id, told_at=None).update(claimed_at=at):
        return False
    row.refresh_from_db(fields=["told_to"])
    return True


def _owed(alarms: list[Alarm], reach: Reach) -> list[str]:
    return sorted({each for row in alarms for each in reach[row.rule_id] - {*row.told_to}})


def _tell(address: str, claimed: list[Alarm], reach: Reach, refused: set[str]) -> bool:
    """Whether it went. An address that is refused for good is not tried again; the alarm waits for
    a corrected one, which is another. Raises MailServerGone.
    """
    own = [row for row in claimed if address in _owed([row], reach)]
    try:
        _send(address, own)
    except MailPutOff as error:
        log.warning("mail about alarms is put off: %s", error.detail)
        return False
    except MailRefused as error:
        log.warning("mail about alarms is not tried again: %s", error.detail)
        refused.add(address)
    for row in own:
        row.told_to.append(address)
        if not _owed([row], reach) and not refused & reach[row.rule_id]:
            row.told_at = now()
        row.save(update_fields=["told_to", "told_at"])
    return address not in refused


def _send(address: str, alarms: list[Alarm]) -> None:
    """Raises MailServerGone, MailPutOff, MailRefused."""
    known = User.objects.filter(email__iexact=address).values_list("language", flat=True).first()
    with translation.override(known or settings.LANGUAGE_CODE):
        subject, body = _written(alarms)
    mailing.send([address], subject, body)


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
