"""How a person keeps a list: views under names, own or shared, and the columns and the view it
opens with (LG-5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from archive import ledger
from archive.actors import Actor, ActorKind
from archive.errors import NotFound
from archive.errors.reviews import SearchNameTaken
from archive.errors.wishes import ValueUnfit
from archive.ledger import Kind
from archive.models import SavedView
from archive.values import now

MOST = 1_000  # characters of an address


@dataclass(frozen=True, slots=True)
class Kept:
    """The views open to a person, by name, and what they chose for the list itself."""

    views: tuple[SavedView, ...] = ()
    columns: tuple[str, ...] = ()
    opens_with: SavedView | None = None

    def view(self, view_id: str) -> SavedView | None:
        return next((each for each in self.views if str(each.id) == view_id), None)


def _organisation(actor: Actor) -> UUID | None:
    """Within which an actor shares: the operator as a whole, or the customer."""
    return None if actor.kind == ActorKind.STAFF else actor.organisation_id


def kept(actor: Actor, listing: str) -> Kept:
    """One query. What stands in a list's address is no secret of its owner's; who may not read
    the list does not ask.
    """
    common = Q(is_shared=True, organisation_id=_organisation(actor))
    rows = SavedView.objects.filter(Q(owner_id=actor.id) | common, listing=listing)
    found = list(rows.select_related("owner").order_by("name", "id"))
    views = tuple(each for each in found if each.name)
    own = next((each for each in found if not each.name), None)
    if own is None:
        return Kept(views)
    first = next((each for each in views if each.id == own.opens_with_id), None)
    return Kept(views, tuple(own.columns), first)


def save(
    actor: Actor,
    *,
    listing: str,
    name: str,
    query: str,
    columns: Sequence[str] = (),
    is_shared: bool = False,
) -> SavedView:
    """Raises ValueUnfit, SearchNameTaken."""
    if not name or len(query) > MOST:
        raise ValueUnfit("a view has a name and a short address", facts={"field": "query"})
    given = {
        "name": name,
        "query": query,
        "columns": list(columns),
        "is_shared": is_shared,
        "organisation_id": _organisation(actor),
        "made_at": now(),
    }
    with transaction.atomic():
        made, fresh = SavedView.objects.get_or_create(
            owner_id=actor.id, listing=listing, name__iexact=name, defaults=given
        )
        if not fresh:
            raise SearchNameTaken()
        _record(actor, made, "saved")
    return made


def rename(actor: Actor, view_id: UUID, name: str) -> SavedView:
    """One's own. Raises NotFound, SearchNameTaken."""
    with transaction.atomic():
        row = _own(actor, view_id)
        row.name = name
        try:
            with transaction.atomic():
                row.save(update_fields=["name"])
        except IntegrityError as error:
            raise SearchNameTaken() from error
        _record(actor, row, "renamed")
    return row


def remove(actor: Actor, view_id: UUID) -> SavedView:
    """One's own. Raises NotFound."""
    with transaction.atomic():
        row = _own(actor, view_id)
        _record(actor, row, "removed")
        row.delete()
    return row


def open_with(actor: Actor, view_id: UUID, *, opens: bool) -> SavedView:
    """The list opens with this view, or no longer. Raises NotFound."""
    common = Q(is_shared=True, organisation_id=_organisation(actor))
    rows = SavedView.objects.filter(Q(owner_id=actor.id) | common, id=view_id).exclude(name="")
    row = rows.first()
    if row is None:
        raise NotFound()
    _keep(actor, row.listing, opens_with=row if opens else None)
    return row


def choose_columns(actor: Actor, listing: str, columns: Sequence[str]) -> None:
    """None: the usual ones."""
    _keep(actor, listing, columns=list(columns))


def _keep(actor: Actor, listing: str, **values: object) -> None:
    SavedView.objects.update_or_create(
        owner_id=actor.id,
        listing=listing,
        name="",
        defaults=values,
        create_defaults={**values, "made_at": now(), "organisation_id": _organisation(actor)},
    )


def _own(actor: Actor, view_id: UUID) -> SavedView:
    rows = SavedView.objects.select_for_update().exclude(name="")
    row = rows.filter(id=view_id, owner_id=actor.id).first()
    if row is None:
        raise NotFound()
    return row


def _record(actor: Actor, row: SavedView, what: str) -> None:
    facts = {"log": row.listing, "name": row.name, "what": what, "shared": row.is_shared}
    ledger.record(Kind.SEARCH_SAVED, ledger.About(subject_id=row.id), facts, actor=actor)
