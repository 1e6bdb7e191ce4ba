"""People who sign in, and their roles."""

from django.db import transaction

from archive.models import Membership, Organisation, Role, User


def give_access(
    login: str, password: str, organisation: Organisation, role: Role, *, is_demo: bool = False
) -> User:
    """Make the account or renew its password, and give it the role."""
    with transaction.atomic():
        user, _ = User.objects.get_or_create(username=login, defaults={"is_demo": is_demo})
        if not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        Membership.objects.get_or_create(user=user, organisation=organisation, role=role)
        return user


def demo_accounts() -> list[str]:
    """Logins that only demo mode may have; the product refuses to start with them elsewhere."""
    rows = User.objects.filter(is_demo=True, is_active=True).order_by("username")
    return list(rows.values_list("username", flat=True))
