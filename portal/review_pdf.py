"""The report on a case of log review, as PDF. Patients are masked."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from archive.models import LedgerEvent, ReviewCase, SuspicionEvent
from archive.queries import review_report, reviews
from archive.values import now
from portal import formats
from portal.reports import Paper
from portal.review_rows import lines
from portal.review_words import measured

SUSPICIONS = (44, 52, 40, 38)  # shares of the width
ENTRIES = (30, 40, 40, 30, 34)
MOST = 500  # entries that are told one by one, the newest


def made(case: ReviewCase, reader: str) -> bytes:
    digest = review_report.digest(review_report.content(case))
    title = _("Report on log review")
    paper = Paper(f"{title}, {case}", mark=f"{case} · {digest[:16]}", made_at=now())
    paper.begin(title, f"{case}: {case.title}", _facts(case, reader))
    _suspicions(paper, case)
    _entries(paper, case)
    _explanations(paper, case)
    _notes(paper, case)
    paper.part(_("Finding"))
    paper.say(_joined(case.get_finding_display(), case.finding_text) or "–")
    paper.part(_("Decision"))
    paper.say(case.decision or "–")
    paper.signed(digest)
    return bytes(paper.output())


def _facts(case: ReviewCase, reader: str) -> list[tuple[str, str]]:
    owner = case.owner.get_full_name() or case.owner.get_username() if case.owner else "–"
    facts = [
        (_("State"), str(case.get_state_display())),
        (_("Environment"), str(case.get_environment_display())),
        (_("Opened"), _joined(formats.when_text(case.opened_at), case.opened_by)),
        (_("Owner"), owner),
    ]
    if case.found_at:
        facts.append(
            (_("Finding recorded"), _joined(formats.when_text(case.found_at), case.found_by))
        )
    if case.closed_at:
        facts.append((_("Closed"), _joined(formats.when_text(case.closed_at), case.closed_by)))
    return [*facts, (_("Printed"), _joined(formats.when_text(now()), reader))]


def _suspicions(paper: Paper, case: ReviewCase) -> None:
    paper.part(_("Suspicions"))
    rows = case.suspicions.select_related("organisation", "patient").order_by("raised_at", "id")
    heading = (_("Cause"), _("Who looked"), _("Organisation"), _("Entries"))
    table = [
        (
            _joined(str(row.get_kind_display()), measured(row.facts)),
            row.who or "–",
            row.organisation.name if row.organisation else "–",
            _joined(
                formats.number_text(row.event_count),
                " – ".join(dict.fromkeys(map(formats.when_text, (row.first_at, row.last_at)))),
            ),
        )
        for row in rows
    ]
    _table(paper, SUSPICIONS, heading, table)


def _entries(paper: Paper, case: ReviewCase) -> None:
    paper.part(_("Entries of the log"))
    events = _events(case)
    heading = (_("Time"), _("Who looked"), _("What"), _("Patient"), _("Ground or reason"))
    table = [
        (
            formats.when_text(line.at, seconds=True),
            _joined(line.who, line.unit),
            _joined(line.what, line.about),
            line.masked,
            line.why or "–",
        )
        for line in lines(events[:MOST])
    ]
    _table(paper, ENTRIES, heading, table)
    if len(events) > MOST:
        paper.say(_("Only the newest entries are told one by one; the export of the log has all."))


def _events(case: ReviewCase) -> list[LedgerEvent]:
    rows = SuspicionEvent.objects.filter(suspicion__case=case).order_by("-event_at")
    places = rows.values_list("event_at", "event_id").distinct()
    return reviews.entries(list(places[: MOST + 1]))


def _explanations(paper: Paper, case: ReviewCase) -> None:
    paper.part(_("Explanations"))
    rows = list(case.explanations.select_related("organisation").order_by("asked_at", "id"))
    for row in rows:
        asked = _joined(row.organisation.name, formats.when_text(row.asked_at), row.asked_by)
        paper.say(asked, bold=True)
        paper.say(row.question)
        said = formats.when_text(row.answered_at) if row.answered_at else ""
        paper.say(_joined(str(row.get_state_display()), said, row.answered_by), bold=True)
        if row.answer:
            paper.say(row.answer)
        paper.ln(2)
    if not rows:
        paper.say(_("None was asked for."))


def _notes(paper: Paper, case: ReviewCase) -> None:
    paper.part(_("Notes"))
    rows = list(case.notes.order_by("at", "id"))
    for row in rows:
        paper.say(_joined(formats.when_text(row.at), row.by), bold=True)
        paper.say(row.text)
        paper.ln(2)
    if not rows:
        paper.say("–")


def _table(
    paper: Paper, widths: Sequence[int], heading: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    if rows:
        paper.listed(widths, heading, rows)
    else:
        paper.say("–")


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
