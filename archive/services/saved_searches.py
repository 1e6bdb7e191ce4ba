"""Searches of a log that people keep under a name (LG-5)."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from archive import ledger
from archive.actors import Actor
from archive.errors import NotFound
from archive.errors.reviews import SearchNameTaken
from archive.errors.wishes import ValueUnfit
from archive.ledger import Kind
from archive.models import SavedSearch
from archive.services.suspicions import require_reviewer
from archive.values import now

MOST = 1_000  # characters of an address


def open_to(actor: Actor, log: str) -> QuerySet[SavedSearch]:
    """The own ones and those that are shared, by name."""
    rows = SavedSearch.objects.filter(Q(owner_id=actor.id) | Q(is_shared=True), log=log)
    return rows.select_related("owner").order_by("name", "id")


def save(actor: Actor, *, log: str, name: str, query: str, is_shared: bool) -> SavedSearch:
    """Raises StaffRoleUnfit, ValueUnfit, SearchNameTaken."""
    require_reviewer(actor)
    if not query or len(query) > MOST:
        raise ValueUnfit("nothing is searched for, or too much", facts={"field": "query"})
    with transaction.atomic():
        made, fresh = SavedSearch.objects.get_or_create(
            owner_id=actor.id,
            log=log,
            name__iexact=name,
            defaults={"name": name, "query": query, "is_shared": is_shared, "made_at": now()},
        )
        if not fresh:
            raise SearchNameTaken()
        _record(actor, made, "saved")
    return made


def remove(actor: Actor, search_id: UUID) -> SavedSearch:
    """One's own. Raises NotFound."""
    with transaction.atomic():
        row = SavedSearch.objects.filter(id=search_id, owner_id=actor.id).first()
        if row is None:
            raise NotFound()
        _record(actor, row, "removed")
        row.delete()
    return row


def _record(actor: Actor, row: SavedSearch, what: str) -> None:
    facts = {"log": row.log, "name": row.name, "what": what, "shared": row.is_shared}
    ledger.record(Kind.SEARCH_SAVED, ledger.About(subject_id=row.id), facts, actor=actor)
