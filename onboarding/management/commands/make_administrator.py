"""Make the operator's first administrator, or let one in again that was locked out."""

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from archive import casts
from archive.config import settings
from archive.models import User
from onboarding.errors import FieldInvalid
from onboarding.services import staff


class Command(BaseCommand):
    help = (
        "Give an e-mail address an administrator's account; prints a link that sets its password."
    )
    requires_system_checks = ()  # they would load all pages; `./test` makes them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="first and last name, of a new account")
        parser.add_argument("--address", help="how the portal is reached, as https://HOST")
        parser.add_argument(
            "--reset-second-factor",
            action="store_true",
            help="for an administrator who has lost it",
        )

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        base = _base(options["address"])  # before anybody is made
        first, _space, last = options["name"].rpartition(" ")
        try:
            user = staff.make_administrator(
                email,
                first_name=first,
                last_name=last,
                resets_second_factor=options["reset_second_factor"],
            )
        except FieldInvalid:
            raise CommandError(f"This is no e-mail address: {email}") from None
        self.stdout.write(f"{user} is an administrator.")
        self.stdout.write("This link sets the password, once, within three days:")
        self.stdout.write(f"{base}{_link(user)}")


def _base(told: str | None) -> str:
    """Where the link leads: to a machine by its name, or nobody could follow it."""
    if not told:
        return _address()
    try:
        base = casts.web_address(told)
        reached = bool(urlsplit(base).hostname) and not set(base) & set(" ?#")
    except ValueError:
        reached = False
    if not reached:
        raise CommandError(f"This is no address of a portal, as https://HOST: {told}")
    return base


def _address() -> str:
    config = settings()
    if config.https:
        return f"https://{config.allowed_hosts[0]}"
    return f"http://{config.web_host}:{config.web_port}"


def _link(user: User) -> str:
    key = default_token_generator.make_token(user)
    names = {"uidb36": user_pk_to_url_str(user), "key": key}
    return reverse("account_reset_password_from_key", kwargs=names)
