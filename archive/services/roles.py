"""Acts that belong to one role of the staff, by whatever door they come."""

from archive.actors import Actor, ActorKind
from archive.errors.wishes import StaffRoleUnfit
from archive.models import Role


def require_administrator(actor: Actor) -> None:
    """The system itself may, too: it brings the rows of the law with it. Raises StaffRoleUnfit."""
    if actor.kind == ActorKind.SYSTEM:
        return
    if actor.kind != ActorKind.STAFF or Role.ADMIN not in actor.roles:
        raise StaffRoleUnfit()
