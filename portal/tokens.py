"""Tokens of the API as the page and the API itself offer them: whose a person sees, and for what
they may be made.
"""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from archive.models import STAFF_ROLES, ApiScope, ApiToken, Role
from portal.pages import BY_NAME, CUSTOMERS
from portal.staff import Person

# What the roles of customers have operations for.
CUSTOMERS_SCOPES = (
    ApiScope.CASES_READ,
    ApiScope.CASES_ACT,
    ApiScope.CUSTOMERS_READ,
    ApiScope.ROLLOUTS_ACT,
    ApiScope.PERSONS_READ,
    ApiScope.WATCHING_READ,
    ApiScope.WATCHING_ACT,
    ApiScope.WEBHOOKS_ACT,
    ApiScope.JOINING_READ,
    ApiScope.JOINING_ACT,
    ApiScope.TAKEOVERS_READ,
    ApiScope.TAKEOVERS_ACT,
    ApiScope.PEOPLE_READ,
    ApiScope.PEOPLE_ACT,
    ApiScope.LOGS_READ,
    ApiScope.LOGS_ACT,
    ApiScope.ORDERS_READ,
    ApiScope.ORDERS_ACT,
    ApiScope.PATIENTS_READ,
    ApiScope.CREDENTIALS_READ,
    ApiScope.CREDENTIALS_ACT,
)
# Of these, what is done or read by persons alone: a customer's system would be refused always.
PERSONS_SCOPES = frozenset(
    {
        ApiScope.ROLLOUTS_ACT,
        ApiScope.WATCHING_ACT,
        ApiScope.JOINING_ACT,
        ApiScope.TAKEOVERS_ACT,
        ApiScope.PEOPLE_ACT,
        ApiScope.LOGS_READ,
        ApiScope.LOGS_ACT,
        ApiScope.ORDERS_READ,
        ApiScope.ORDERS_ACT,
        ApiScope.PATIENTS_READ,
        ApiScope.CREDENTIALS_READ,
        ApiScope.CREDENTIALS_ACT,
    }
)


def speaks(person: Person) -> bool:
    """Whether the person makes tokens for systems of its organisations."""
    return BY_NAME["token-system"].may_open(person.roles)


def visible(person: Person) -> QuerySet[ApiToken]:
    """Whose tokens the person sees, and may revoke."""
    rows = ApiToken.objects.select_related("organisation", "user")
    own = Q(user_id=person.id)
    if speaks(person):
        own |= Q(organisation__in=[each.id for each in person.speaks_for])
    return rows.filter(own)


def scopes_of(person: Person) -> tuple[ApiScope, ...]:
    """For a token of the person's own."""
    return tuple(ApiScope) if person.is_staff else CUSTOMERS_SCOPES


def systems_scopes(person: Person) -> tuple[ApiScope, ...]:
    """For a token of a system."""
    if person.is_staff:
        return tuple(ApiScope)
    return tuple(each for each in CUSTOMERS_SCOPES if each not in PERSONS_SCOPES)


def systems_roles(person: Person) -> Sequence[Role]:
    roles = STAFF_ROLES if person.is_staff else {Role(each) for each in CUSTOMERS}
    return [role for role in Role if role in roles]
