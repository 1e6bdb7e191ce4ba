"""What anybody may read of the customers (ON-7)."""

from onboarding.models import PublicCustomer


def public_customers(
    search: str = "", sector: str = "", order: str = "name"
) -> list[PublicCustomer]:
    """Without demo organisations, and in demo mode without any that the source does not name.

    `sector` as Sector, else all; `order`: name, -name, joined, -joined.
    """
    ...
