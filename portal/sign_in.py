"""A password is looked at once, whoever's it may be: how long the answer takes tells nobody whether
there is such an account.
"""

from collections.abc import Iterator
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from archive.models import User


class Backend(AuthenticationBackend):
    """By user name or e-mail address, as allauth has it. It asks for one text up to three times, as
    either, and those are hashes that an unknown one does not cost.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User:
        """Raises PermissionDenied: then no other backend is asked, and looks once more."""
        found = super().authenticate(request, **credentials)
        if not isinstance(found, User):
            raise PermissionDenied
        return found

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        found = {user.pk: user for user in named(credentials)}
        for user in found.values():
            if self._check_password(user, credentials["password"]):
                return user
        return None


def named(credentials: dict[str, Any]) -> Iterator[User]:
    """Whose account it may be, the most likely first."""
    if email := credentials.get("email"):
        yield from filter_users_by_email(email, prefer_verified=True, for_login=True)
    if username := credentials.get("username"):
        found = get_user_by_username(username)
        if found is not None:
            yield found
