"""How the rounds go, what is damaged, and what register and archive do not agree on."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet

from archive.errors import NotFound
from archive.models import Finding, FindingKind, Instance, Round, RoundKind
from archive.queries import keyset

BY_KEY = (keyset.Key("id", UUID),)
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """The round under way, if one is, and those before it."""

    current: Round | None
    ended: tuple[Round, ...]
    share: float | None  # of the current part, 0 to 1; none where that cannot be told
    per_second: float  # bytes, on the whole of the current round


def progress(kind: RoundKind) -> Progress:
    rows = list(Round.objects.filter(kind=kind).order_by("-number")[: ROUNDS + 1])
    current = next((row for row in rows if row.ended_at is None), None)
    ended = tuple(row for row in rows if row.ended_at is not None)[:ROUNDS]
    if current is None:
        return Progress(None, ended, None, 0.0)
    lasted = max((current.not_before - current.started_at).total_seconds(), 1.0)
    return Progress(current, ended, _share(current), current.byte_count / lasted)


def _share(current: Round) -> float | None:
    """How much of the objects has been seen, by PostgreSQL's own estimate of how many there are."""
    if current.part != "instances":
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [Instance._meta.db_table]
        )
        estimate = int(cursor.fetchone()[0])
    return min(current.checked / estimate, 1.0) if estimate > 0 else None


def damaged(environment: str, *, after: str = "", before: str = "") -> keyset.Page[Instance]:
    """Raises ValueError when a cursor is none."""
    return keyset.page(set_aside(environment), BY_KEY, after=after, before=before)


def set_aside(environment: str) -> QuerySet[Instance]:
    """All that are damaged."""
    rows = Instance.objects.filter(environment=environment).exclude(damaged_at=None)
    return rows.select_related("study__register__organisation")


def damaged_object(instance_id: UUID) -> Instance:
    """Raises NotFound."""
    rows = Instance.objects.exclude(damaged_at=None).select_related("study__register")
    found = rows.filter(id=instance_id).first()
    if found is None:
        raise NotFound()
    return found


def findings(environment: str, kind: str) -> QuerySet[Finding]:
    """What stands open of one kind."""
    rows = Finding.objects.filter(environment=environment, kind=kind, settled_at=None)
    return rows.select_related("study__register__organisation")


def finding_counts(environment: str) -> list[tuple[FindingKind, int]]:
    """How many stand open of each kind."""
    rows = Finding.objects.filter(environment=environment, settled_at=None)
    counts = dict(rows.values_list("kind").annotate(count=Count("id")))
    return [(kind, counts.get(kind.value, 0)) for kind in FindingKind]


def open_findings(environment: str, ids: list[UUID]) -> list[Finding]:
    """Those of these that still stand open, in their order."""
    rows = Finding.objects.filter(environment=environment, id__in=ids, settled_at=None)
    return list(rows.order_by("id"))
