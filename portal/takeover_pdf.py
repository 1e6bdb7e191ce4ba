"""The report of a take-over as PDF (AR-12)."""

from django.utils.translation import gettext as _

from archive.models import Takeover, TakeoverLine
from archive.queries import takeovers as queries
from portal import formats, reports
from portal.reports import Report, Row
from portal.takeover_words import counted, source, verdict

MOST_TOLD = 500  # lines; the CSV has all


def made(takeover: Takeover) -> bytes:
    """Of one that is compared."""
    return reports.as_pdf(_report(takeover))


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
