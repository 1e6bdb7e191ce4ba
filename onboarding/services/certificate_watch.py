"""Certificates of open connections, judged again and again: what will end, has ended or is of an
issuer that is trusted no more stands on the desk, as a case of the customer, before its images stop
(ON-3, NF-6).
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from archive.errors import ArchiveError
from archive.models import (
    AlarmRule,
    CaseEvent,
    Connection,
    EventOutcome,
    Measure,
    SeenCertificate,
)
from archive.models.dated import not_ended_on
from archive.services import error_desk
from archive.services.error_desk import Place, What, Who
from archive.values import civil_day, now, today
from onboarding.errors import CertificateEnding, CertificateExpired
from onboarding.models import PlannedConnection
from onboarding.rules import certificates
from onboarding.services import issuers
from onboarding.services.issuers import Use

log = logging.getLogger(__name__)

WATCH = Place("tls", "certificate")


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of certificates by their digests: when they end, and where one was loaded for
    the connection, itself.
    """

    ends: Mapping[str, datetime]
    texts: Mapping[UUID, str]


def watch() -> None:
    """Every open connection whose certificate is known. One that cannot be judged keeps no other
    from it.
    """
    rows = list(Connection.objects.filter(not_ended_on(today())).exclude(certificate_sha256=""))
    known, rules = _known(rows), _rules()
    for row in rows:
        try:
            _look(row, known, rules)
        except Exception:
            log.exception("certificate of a connection not judged: %s", row.id)
    _settle_all_but(row.id for row in rows)


def look(connection: Connection) -> None:
    """At one that was just opened, or changed."""
    _look(connection, _known([connection]), _rules())


def _look(row: Connection, known: _Known, rules: Iterable[AlarmRule]) -> None:
    ends, at = known.ends.get(row.certificate_sha256), now()
    error = _refusal(row, known.texts.get(row.id, ""), ends, at)
    if error is None and ends is not None and ends - at <= _warned_before(row, rules):
        error = CertificateEnding(facts={"until": civil_day(ends).isoformat()})
    _say(row, error)


def _known(rows: Iterable[Connection]) -> _Known:
    seen = SeenCertificate.objects.in_bulk({row.certificate_sha256 for row in rows})
    planned = PlannedConnection.objects.filter(connection__in=rows).exclude(certificate="")
    same = planned.filter(certificate_sha256=F("connection__certificate_sha256"))
    return _Known(
        {digest: each.until for digest, each in seen.items()},
        dict(same.values_list("connection_id", "certificate")),
    )


def _rules() -> list[AlarmRule]:
    return list(AlarmRule.objects.filter(measure=Measure.CERTIFICATE, until=None))


def _warned_before(row: Connection, rules: Iterable[AlarmRule]) -> timedelta:
    """The customer learns of it when the operator does."""
    days = [
        rule.threshold
        for rule in rules
        if rule.environment in ("", row.environment)
        and rule.organisation_id in (None, row.organisation_id)
    ]
    return timedelta(days=max(days, default=0))


def _refusal(
    row: Connection, text: str, ends: datetime | None, at: datetime
) -> ArchiveError | None:
    """Names do not matter any more: they are compared once, when the certificate is given."""
    try:
        if text:
            issuers.judge(certificates.read(text), Use(row.kind, "", row.tls), at)
        elif ends is not None and at > ends:
            return CertificateExpired(facts={"until": civil_day(ends).isoformat()})
    except ArchiveError as error:
        error.facts.pop("field", None)  # no form asks
        return error
    return None


def _say(row: Connection, error: ArchiveError | None) -> None:
    if error is None:
        error_desk.settle(row.id, WATCH.step)
        return
    error_desk.watched(
        error,
        environment=row.environment,
        place=WATCH,
        who=Who(row.organisation_id, row.id),
        what=What(subject_id=row.id),
        facts={"certificate": row.certificate_sha256},
        by=("certificate",),
    )


def _settle_all_but(judged: Iterable[UUID]) -> None:
    """A connection that has ended, or shows no certificate any more, is not missed."""
    said = CaseEvent.objects.filter(case__place=WATCH.step)
    said = said.exclude(outcome=EventOutcome.SOLVED).exclude(subject_id__in=list(judged))
    for subject_id in set(filter(None, said.values_list("subject_id", flat=True))):
        error_desk.settle(subject_id, WATCH.step)
