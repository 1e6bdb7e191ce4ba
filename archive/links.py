"""Addresses of pages for mails, below PUBLIC_URL. The engine knows no portal: these are words of a
contract with it, which a test holds.
"""

from collections.abc import Mapping
from uuid import UUID

from archive.config import settings

PLACES: Mapping[str, str] = {
    "home": "/home/",
    "case": "/cases/{id}/",
    "case-mail": "/desk/mails/",
    "joining-file": "/organisations/{id}/joining/",
    "organisation": "/organisations/{id}/",
    "joining-people": "/organisations/{id}/joining/people/",
    "authorisation": "/authorisations/{id}/",
    "log-request": "/log-requests/{id}/",
}


def to(place: str, id: UUID | None = None) -> str:
    """Nothing when the public address is not known."""
    root = settings().public_url
    return f"{root}{PLACES[place].format(id=id)}" if root else ""
