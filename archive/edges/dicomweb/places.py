"""How many requests are served at once by one web process: people's pages need its threads too.

A customer's limits are counted over all processes of the machine, the listener's too.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

from django.http import HttpResponseBase

from archive.edges.limits import Associations, customers
from archive.services.associations import Peer

MOST = 4  # of a process's threads


@cache
def _all() -> Associations:
    return Associations(1, MOST)


@contextmanager
def one_more(peer: Peer) -> Iterator[None]:
    """Raises TooManyAssociations, CustomerTooBusy."""
    with _all().one_more(0), customers().one_more(peer):
        yield


def one_object(peer: Peer) -> None:
    """Raises CustomerTooFast."""
    customers().one_object(peer)


def until_closed(response: HttpResponseBase, place: ExitStack) -> None:
    close = response.close

    def both() -> None:
        with place:
            close()

    response.close = both  # type: ignore[method-assign]
