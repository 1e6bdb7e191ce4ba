"""The report of a rollout test as PDF, and its facts in words (ON-4)."""

from django.utils.translation import gettext as _

from archive.errors import NotFound
from onboarding.models import RolloutRun
from portal import formats, reports
from portal.rollout_told import Shown, told
from portal.rollout_words import PURPOSES


def made(found: RolloutRun, *, is_staff: bool) -> bytes:
    """Raises NotFound while it runs."""
    if found.ended_at is None:
        raise NotFound()
    return reports.as_pdf(
        reports.Report(
            title=title(found),
            customer=found.organisation.name,
            facts=facts(found),
            rows=[_row(each) for each in told(found, is_staff=is_staff)],
            digest=found.report_sha256,
            ended_at=found.ended_at,
        )
    )


def name(found: RolloutRun) -> str:
    """Of the file."""
    return f"rollout-test-{found.organisation.business_id}-{found.number}.pdf"


def title(found: RolloutRun) -> str:
    return _("Rollout test %(number)s") % {"number": found.number}


def purpose(run: RolloutRun) -> str:
    return str(PURPOSES.get(run.purpose, run.purpose))


def facts(found: RolloutRun) -> list[tuple[str, str]]:
    systems = ", ".join(f"{each['product']} {each['version']}" for each in found.systems)
    return [
        (_("Outcome"), str(found.get_state_display())),
        (_("Business id"), found.organisation.business_id),
        (_("Purpose"), purpose(found) or "–"),
        (_("Systems"), systems or "–"),
        (_("Started"), formats.when_text(found.started_at, seconds=True)),
        (_("Started by"), found.started_by),
        (_("Ended"), formats.when_text(found.ended_at, seconds=True) if found.ended_at else "–"),
    ]


def _row(shown: Shown) -> reports.Row:
    observed = ", ".join(f"{label} {value}" for label, value in shown.came)
    words = " ".join(text for text in (shown.left_out, observed, shown.cause) if text)
    at = formats.when_text(shown.step.at, seconds=True) if shown.step.at else "–"
    return reports.Row(shown.title, shown.word, words or "–", at)
