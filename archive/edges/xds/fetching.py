"""One care document of the Patient Data Repository's, for whoever gives it out (ITI-43)."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager

from archive.config import settings
from archive.edges.xds import client
from archive.objects.retrieving import Wanted


@contextmanager
def document(environment: str, wanted: Wanted) -> Iterator[Callable[[], Iterable[bytes]] | None]:
    """Its pieces, as often as they are asked for; None: it is not given. Raises
    RepositoryUnreachable, RepositoryRejects.
    """
    asked = Wanted(wanted.repository, wanted.unique_id)
    url = settings().repository_url(environment)
    with closing(client.fetch(url, settings().pdr_secret, [asked])) as fetched:
        attachment = fetched.documents.get(wanted.unique_id)
        yield attachment.chunks if attachment is not None else None
