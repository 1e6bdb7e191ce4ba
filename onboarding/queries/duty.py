"""What customers must archive against what their registers have received, by content and month
(AR-11).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from archive.models import ContentPolicy, CustomerState, Environment, Organisation, VolumeDay
from archive.queries import content_policies
from archive.queries.content_policies import Standing
from archive.values import today
from onboarding.models import Joining
from onboarding.queries.customers import alphabet_key
from onboarding.rules.duty import Duty, Verdict, alike, judge, months_back
from onboarding.rules.observations import Content

URGENT = (Verdict.NOTHING, Verdict.QUIET)


@dataclass(frozen=True, slots=True)
class Volume:
    studies: int = 0
    instances: int = 0
    bytes: int = 0

    def __add__(self, other: "Volume") -> "Volume":
        return Volume(
            self.studies + other.studies,
            self.instances + other.instances,
            self.bytes + other.bytes,
        )


NONE = Volume()
ByMonth = Mapping[date, Volume]


@dataclass(frozen=True, slots=True)
class Row:
    """One content of one customer."""

    organisation: Organisation
    content: ContentPolicy
    announced: bool
    verdict: Verdict
    months: ByMonth
    alike: Sequence[ContentPolicy] = ()  # what it is not told apart from

    @property
    def total(self) -> Volume:
        return sum(self.months.values(), NONE)

    @property
    def last_month(self) -> date | None:
        """The latest month in which something came."""
        return max((month for month, held in self.months.items() if held.instances), default=None)


def rows(
    environment: str, organisations: Iterable[Organisation], months: Sequence[date]
) -> list[Row]:
    """Every content that can be archived today, or of which something came, of each customer; by
    the customer's name, then by content. Contents are judged as they stand today, those that no
    object tells apart together.
    """
    customers = sorted(organisations, key=lambda each: alphabet_key(each.name))
    day = today()
    contents = {each.content_type: each for each in content_policies.listed(day)}
    others = _alike(contents)
    volumes = _volumes(environment, [each.id for each in customers], months[0])
    announced = _announced([each.id for each in customers])
    found = []
    for customer in customers:
        told = announced.get(customer.id, frozenset())
        for word, content in contents.items():
            held = volumes.get((customer.id, word), {})
            if held or content_policies.standing(content, day) == Standing.ALLOWED:
                duty = _duty(environment, customer, content, word in told)
                beside = [_objects(volumes.get((customer.id, each), {})) for each in others[word]]
                verdict = judge(duty, _objects(held), day, beside)
                like = [contents[each] for each in others[word]]
                found.append(Row(customer, content, duty.announced, verdict, held, like))
    return found


def _alike(contents: Mapping[str, ContentPolicy]) -> dict[str, list[str]]:
    return alike(
        {
            word: Content(frozenset(row.sop_classes), frozenset(row.modalities))
            for word, row in contents.items()
        }
    )


def _duty(
    environment: str, customer: Organisation, content: ContentPolicy, announced: bool
) -> Duty:
    """Nobody has a duty in the test environment, or before production."""
    binds = environment == Environment.PRODUCTION and customer.state == CustomerState.IN_PRODUCTION
    return Duty(content.duty_from if binds else None, announced)


def _objects(held: ByMonth) -> dict[date, int]:
    return {month: each.instances for month, each in held.items()}


def _volumes(
    environment: str, organisations: Sequence[UUID], since: date
) -> dict[tuple[UUID, str], dict[date, Volume]]:
    days: Any = VolumeDay.objects.filter(
        environment=environment, organisation__in=organisations, day__gte=since
    )
    found: dict[tuple[UUID, str], dict[date, Volume]] = {}
    summed = days.annotate(month=TruncMonth("day")).values(
        "organisation_id", "content_type", "month"
    )
    for each in summed.annotate(s=Sum("studies"), i=Sum("instances"), b=Sum("bytes")).order_by():
        held = found.setdefault((each["organisation_id"], each["content_type"]), {})
        held[each["month"]] = Volume(each["s"], each["i"], each["b"])
    return found


def _announced(organisations: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    rows = Joining.objects.filter(organisation__in=organisations)
    return {
        organisation_id: frozenset(contents)
        for organisation_id, contents in rows.values_list("organisation_id", "content_types")
    }


def last_months(count: int) -> list[date]:
    return months_back(today(), count)
