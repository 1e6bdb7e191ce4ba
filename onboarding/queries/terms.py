"""Versions of the terms and of the service description, and who has accepted which."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from archive.models import Organisation
from archive.values import today
from onboarding.models import Acceptance, TermsDocument
from onboarding.queries.facts import all_in_force
from onboarding.rules import road


@dataclass(frozen=True, slots=True)
class Version:
    """`document` comes without its texts; `missing` is of how many are asked and have not."""

    document: TermsDocument
    is_in_force: bool
    accepted: int
    missing: int


def versions() -> list[Version]:
    """Every version, by document, the latest first."""
    current = {each.id for each in all_in_force(today()).values() if each}
    asked = _asked()
    count = asked.count()
    heard = Q(acceptances__organisation__in=asked.values("id"))
    rows = TermsDocument.objects.defer("text_fi", "text_sv", "text_en").annotate(
        accepted=Count("acceptances"), heard=Count("acceptances", filter=heard)
    )
    return [
        Version(row, row.id in current, row.accepted, count - row.heard)
        for row in rows.order_by("kind", "-valid_from", "-id")
    ]


def not_accepted(document: TermsDocument) -> QuerySet[Organisation]:
    """Of the customers that are asked, those that have not accepted this version."""
    accepted = Acceptance.objects.filter(document=document, organisation=OuterRef("pk"))
    return _asked().filter(~Exists(accepted)).order_by("name_fi")


def _asked() -> QuerySet[Organisation]:
    """Customers on the road or in production."""
    rows = Organisation.objects.filter(is_operator=False, joining__isnull=False)
    return rows.exclude(joining__state__in=road.OVER)
