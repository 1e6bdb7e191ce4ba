"""What runs out soon for customers on the road: certificates, terms, notices (ON-2, ON-5, ON-6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from archive.values import today
from onboarding.models import Acceptance, CertifiedSystem, Joining, JoiningState, TermsKind
from onboarding.queries.facts import dates_of, in_force
from onboarding.rules import road
from onboarding.rules.certification import warnings


class AlarmKind(StrEnum):
    WINDOW = "window"  # a certificate, or the windows of its specification version
    TERMS = "terms"  # the version in force is not accepted
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Alarm:
    """`what` is a Window, a TermsKind or nothing; `until` the last day, where there is one."""

    kind: AlarmKind
    what: str = ""
    subject: str = ""
    until: date | None = None
    passed: bool = False


def of(joinings: Iterable[Joining]) -> dict[UUID, list[Alarm]]:
    """By organisation; only for those who are still on the road or in production."""
    rows = [each for each in joinings if each.state not in road.OVER]
    found: dict[UUID, list[Alarm]] = {each.organisation_id: [] for each in rows}
    _notices(rows, found)
    _windows(found)
    _terms(rows, found)
    return found


def _notices(rows: list[Joining], found: dict[UUID, list[Alarm]]) -> None:
    for each in rows:
        if each.state == JoiningState.NOTICE_GIVEN:
            found[each.organisation_id].append(Alarm(AlarmKind.NOTICE, until=each.ends_on))


def _windows(found: dict[UUID, list[Alarm]]) -> None:
    systems = CertifiedSystem.objects.filter(organisation_id__in=list(found), taken_off_at=None)
    for row in systems.select_related("specification").order_by("product", "version"):
        found[row.organisation_id].extend(
            Alarm(AlarmKind.WINDOW, each.window, str(row), each.until, each.passed)
            for each in warnings(dates_of(row), today())
        )


def _terms(rows: list[Joining], found: dict[UUID, list[Alarm]]) -> None:
    """An applicant reads it from its checklist; whom it surprises is in production."""
    live = {each.organisation_id for each in rows if each.state in road.LIVE}
    for kind in TermsKind:
        document = in_force(kind)
        if document is None:
            continue
        accepted = Acceptance.objects.filter(document=document).values_list(
            "organisation_id", flat=True
        )
        for organisation_id in live - set(accepted):
            found[organisation_id].append(Alarm(AlarmKind.TERMS, kind))
