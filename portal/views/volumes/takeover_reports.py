"""A take-over's report as PDF, and its lines as CSV; whoever takes them along stands in the log
(AR-12).
"""

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from archive import ledger
from archive.actors import Actor
from archive.errors import NotFound
from archive.models import Takeover, TakeoverLine, TakeoverState
from archive.queries import takeovers as queries
from archive.services.takeovers import about
from portal import formats, reports, spreadsheets
from portal.forms.takeovers import outcome_of
from portal.reports import Report, Row
from portal.staff import Request, page
from portal.takeover_words import counted, source, verdict

COLUMNS = (
    *("line", "study_uid", "accession", "study_date", "instances", "objects_here", "outcome"),
)
MOST_TOLD = 500  # lines of the PDF; the CSV has all


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
    content = reports.as_pdf(_report(takeover))
    name = f'inline; filename="{_name(takeover)}.pdf"'
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": name}
    )


def _report(takeover: Takeover) -> Report:
    rows = queries.lacking_lines(takeover, MOST_TOLD)
    assert takeover.compared_at is not None
    return Report(
        title=_("Take-over of a local archive"),
        customer=f"{takeover.organisation.name}, {takeover.organisation.business_id}",
        facts=[*_facts(takeover), *_told(takeover, len(rows))],
        rows=[_row(each) for each in rows],
        digest=takeover.sha256,
        ended_at=takeover.compared_at,
        headings=(_("Study"), _("State"), _("Objects in the list and here"), _("Study date")),
    )


def _facts(takeover: Takeover) -> list[tuple[str, str]]:
    assert takeover.compared_at is not None
    return [
        (_("Result"), verdict(takeover)[1]),
        (_("Environment"), takeover.get_environment_display()),
        (_("List"), f"{source(takeover)} ({takeover.get_source_display()})"),
        (_("Made by"), takeover.made_by),
        (_("Compared"), formats.when_text(takeover.compared_at)),
        (_("Studies in the list"), formats.number_text(takeover.listed)),
        (_("Faulty lines"), formats.number_text(takeover.faulty)),
        *((each.word.capitalize(), formats.number_text(each.count)) for each in counted(takeover)),
    ]


def _told(takeover: Takeover, shown: int) -> list[tuple[str, str]]:
    lacking = queries.lacking(takeover)
    if lacking <= shown:
        return []
    said = _("Only the first %(count)s are told one by one; the CSV has all.")
    return [(_("Below"), said % {"count": formats.number_text(shown)})]


def _row(line: TakeoverLine) -> Row:
    listed = "–" if line.instances is None else formats.number_text(line.instances)
    names = [each for each in (line.accession_number, line.study_instance_uid) if each]
    return Row(
        "\n".join(names),
        line.get_outcome_display(),
        f"{listed} / {formats.number_text(line.held)}",
        formats.day_text(line.study_date) if line.study_date else "–",
    )


def _name(takeover: Takeover) -> str:
    assert takeover.compared_at is not None
    return f"take-over-{takeover.organisation.business_id}-{takeover.compared_at:%Y-%m-%d}"
