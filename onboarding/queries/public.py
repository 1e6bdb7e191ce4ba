"""What anybody may read of the customers (ON-7)."""

from django.db.models import Q

from archive.config import settings
from archive.values import composed
from onboarding.models import PublicCustomer
from onboarding.queries.customers import alphabet_key

ORDERS = ("name", "-name", "joined", "-joined")


def public_customers(
    search: str = "", sector: str = "", order: str = "name"
) -> list[PublicCustomer]:
    """Without demo organisations, and in demo mode without any that the source does not name.

    `sector` as Sector, else all; `order`: name, -name, joined, -joined.
    """
    rows = PublicCustomer.objects.filter(ended_on=None).exclude(organisation__is_demo=True)
    if settings().demo:
        rows = rows.exclude(source="")
    if sector:
        rows = rows.filter(sector=sector)
    for word in composed(search).split():
        named = Q(name_fi__icontains=word) | Q(name_sv__icontains=word)
        rows = rows.filter(named | Q(name_en__icontains=word))
    found = sorted(rows, key=lambda row: alphabet_key(row.name))
    if order.endswith("joined"):
        found.sort(key=lambda row: row.joined_on, reverse=order.startswith("-"))
    elif order == "-name":
        found.reverse()
    return found
