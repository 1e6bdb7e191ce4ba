"""A take-over's report as PDF, and its lines as CSV; whoever takes them along stands in the log
(AR-12).
"""

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from archive import ledger
from archive.actors import Actor
from archive.errors import NotFound
from archive.models import Takeover, TakeoverLine, TakeoverState
from archive.queries import takeovers as queries
from archive.services.takeovers import about
from archive.values import civil_day
from portal import spreadsheets, takeover_pdf
from portal.forms.takeovers import outcome_of
from portal.staff import Request, page

COLUMNS = (
    *("line", "study_uid", "accession", "study_date", "instances", "objects_here", "outcome"),
)


def _compared(actor: Actor, takeover_id: UUID) -> Takeover:
    """Raises NotFound, also while it is not compared: half a report would mislead."""
    takeover = queries.one(actor, takeover_id)
    if takeover.state != TakeoverState.COMPARED:
        raise NotFound()
    return takeover


def _record(actor: Actor, takeover: Takeover, what: str, filters: dict[str, str]) -> None:
    facts = {"what": what, "filters": filters}
    ledger.record(ledger.Kind.TAKEOVER_EXPORTED, about(takeover), facts, actor=actor)


@require_safe
@page("takeover")
def as_csv(request: Request, actor: Actor, takeover_id: UUID) -> HttpResponseBase:
    """Every line, or those of one outcome."""
    takeover = _compared(actor, takeover_id)
    outcome = outcome_of(request.GET.get("outcome", ""), takeover.outcome)
    _record(actor, takeover, "csv", {"outcome": outcome} if outcome else {})
    lines = spreadsheets.lines(COLUMNS, _lines(queries.exported(takeover, outcome)))
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{_name(takeover)}.csv"'},
    )


def _lines(rows: Iterator[TakeoverLine]) -> Iterator[dict[str, object]]:
    for row in rows:
        yield {
            "line": row.number,
            "study_uid": row.study_instance_uid,
            "accession": row.accession_number,
            "study_date": row.study_date,
            "instances": row.instances,
            "objects_here": row.held,
            "outcome": row.outcome,
        }


@require_safe
@page("takeover")
def as_pdf(request: Request, actor: Actor, takeover_id: UUID) -> HttpResponse:
    takeover = _compared(actor, takeover_id)
    _record(actor, takeover, "pdf", {})
    content = takeover_pdf.made(takeover)
    name = f'inline; filename="{_name(takeover)}.pdf"'
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": name}
    )


def _name(takeover: Takeover) -> str:
    assert takeover.compared_at is not None
    return f"take-over-{takeover.organisation.business_id}-{civil_day(takeover.compared_at)}"
