"""A request for documents or images: who asks, how, and by which message it is known in the log."""

from dataclasses import dataclass
from uuid import UUID

from archive.actors import Actor
from archive.config import settings
from archive.errors.retrieval import CommunityMissing, CommunityUnknown
from archive.objects.assertion import OID_URN
from archive.objects.retrieving import Wanted


@dataclass(frozen=True, slots=True)
class Asking:
    """`interface` is how it goes out: XDS, XCA, WADO."""

    actor: Actor
    interface: str = "XDS"
    message_id: str = ""
    correlation_id: UUID | None = None
    through_gateway: bool = False  # then the home community must be named

    @property
    def environment(self) -> str:
        return self.actor.environment

    def require_home(self, wanted: Wanted) -> None:
        """Raises CommunityMissing, CommunityUnknown."""
        require_home(wanted.home, needed=self.through_gateway)


def home_urn() -> str:
    """Our home community as messages write it, ITI TF-2 3.38.4.1.2."""
    return f"{OID_URN}{settings().home_community}"


def require_home(home: str, *, needed: bool) -> None:
    """Raises CommunityMissing, CommunityUnknown."""
    if not home:
        if needed:
            raise CommunityMissing()
        return
    if home != home_urn():
        raise CommunityUnknown()
