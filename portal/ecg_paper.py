"""An ECG on millimetre paper: 25 mm a second, 10 mm a millivolt, as it has been read for a hundred
years. The drawing's unit is the millimetre, so it is true to size where the page is not scaled.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from archive.errors import Unsupported
from archive.objects.waveform import Lead, Recording, span
from portal.formats import number_text
from portal.plots import Plot

SPEED, GAIN = 25.0, 10.0  # mm/s, mm/mV
ROW = 30.0  # mm from one lead's baseline to the next
MARGIN, GUTTER = 5.0, 15.0  # mm; the calibration pulse stands in the gutter
PULSE = 5.0  # mm: 0.2 s of 1 mV
PAGE_SECONDS = 10.0
MOST_POINTS = 1_000_000  # of a sheet: sixteen leads at 5 kHz; each takes a browser some bytes
RHYTHM = "II"
# The twelve leads as four columns of a quarter of the page, above one lead over all of it.
STANDARD = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A lead between two moments, at its place on the paper."""

    lead: Lead
    start: float
    end: float
    row: int
    x: float  # mm


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on one page: leads of the same moments."""

    leads: tuple[Lead, ...]
    start: float
    end: float


def pages(recording: Recording) -> int:
    return len(_sheets(recording))


def _sheets(recording: Recording) -> list[Sheet]:
    """A group that repeats a lead is of other moments, or an average of these: it begins anew. So
    does one that lies further away than a sheet: there is nothing to be drawn between.
    """
    parts: list[tuple[Lead, ...]] = []
    for group in recording.groups:
        labels = {lead.label for lead in group}
        follows = parts and _apart(parts[-1], group) <= PAGE_SECONDS
        if follows and labels.isdisjoint(lead.label for lead in parts[-1]):
            parts[-1] += group
        else:
            parts.append(group)
    return [sheet for leads in parts for sheet in _cut(leads)]


def _apart(first: tuple[Lead, ...], other: tuple[Lead, ...]) -> float:
    """Seconds between the end of one and the beginning of the other; none when they overlap."""
    (first_start, first_end), (other_start, other_end) = span(first), span(other)
    return max(other_start - first_end, first_start - other_end, 0.0)


def _cut(leads: tuple[Lead, ...]) -> Iterator[Sheet]:
    start, end = span(leads)
    for number in range(max(int(np.ceil((end - start) / PAGE_SECONDS - 1e-6)), 1)):
        begin = start + number * PAGE_SECONDS
        yield Sheet(leads, begin, min(begin + PAGE_SECONDS, end))


def draw(recording: Recording, title: str, *, page: int = 1) -> Plot:
    """One page of the recording, with its leads' figures as its table. Raises Unsupported."""
    sheet = _sheets(recording)[page - 1]
    leads, start, end = sheet.leads, sheet.start, sheet.end
    stretches = list(_laid_out(leads, start, end))
    if sum(len(each.lead.between(each.start, each.end)[1]) for each in stretches) > MOST_POINTS:
        raise Unsupported("waveform is too dense to be drawn")
    rows = max(stretch.row for stretch in stretches) + 1
    width = 2 * MARGIN + GUTTER + PAGE_SECONDS * SPEED
    height = 2 * MARGIN + rows * ROW
    told = "   ".join([legend(recording), *dict.fromkeys(lead.group for lead in leads)]).strip()
    said = _("%(leads)s leads, from %(start)s s to %(end)s s; %(legend)s") % {
        "leads": len(leads),
        "start": number_text(start, 1),
        "end": number_text(end, 1),
        "legend": told,
    }
    body = format_html(
        "{}{}{}{}{}",
        _paper(width, height),
        format_html_join("", "{}", ((_pulse(row),) for row in range(rows))),
        format_html_join("", "{}", ((_trace(stretch),) for stretch in stretches)),
        format_html_join("", "{}", ((_label(stretch),) for stretch in stretches)),
        format_html('<text x="{}" y="{}">{}</text>', MARGIN, height - 3, told),
    )
    svg = _svg(width, height, title, said, body)
    return Plot(title, svg, _columns(), _figures(leads))


def legend(recording: Recording) -> str:
    """Speed, gain, and the filters where the device tells them."""
    low, high = recording.band
    parts = ["25 mm/s", "10 mm/mV"]
    if low is not None or high is not None:
        parts.append(
            f"{number_text(low, 2) if low is not None else ''}–"
            f"{number_text(high, 0) if high is not None else ''} Hz"
        )
    return "   ".join(parts)


# --- where what stands ----------------------------------------------------------------------------


def _laid_out(leads: Sequence[Lead], start: float, end: float) -> Iterator[Stretch]:
    by_label = {lead.label: lead for lead in reversed(leads)}  # the first of a name
    left = MARGIN + GUTTER
    if all(label in by_label for row in STANDARD for label in row):
        quarter = PAGE_SECONDS / 4
        # A column after another in time; all from the beginning where that would leave some empty.
        pace = quarter if end - start > PAGE_SECONDS - 0.1 else 0.0
        for number, row in enumerate(STANDARD):
            for column, label in enumerate(row):
                begin = start + column * pace
                x = left + column * quarter * SPEED
                yield Stretch(by_label[label], begin, min(begin + quarter, end), number, x)
        yield Stretch(by_label[RHYTHM], start, end, len(STANDARD), left)
        return
    for number, lead in enumerate(leads):
        yield Stretch(lead, start, end, number, left)


def _baseline(row: int) -> float:
    return MARGIN + (row + 0.5) * ROW


# --- ink ------------------------------------------------------------------------------------------


def _paper(width: float, height: float) -> SafeString:
    """Fine lines a millimetre, strong ones every fifth."""
    return format_html(
        '<defs><pattern id="mm1" width="1" height="1" patternUnits="userSpaceOnUse">'
        '<path class="mm1" d="M1 0H0V1"/></pattern>'
        '<pattern id="mm5" width="5" height="5" patternUnits="userSpaceOnUse">'
        '<rect width="5" height="5" fill="url(#mm1)"/><path class="mm5" d="M5 0H0V5"/></pattern>'
        '</defs><rect class="sheet" width="{0}" height="{1}"/>'
        '<rect width="{0}" height="{1}" fill="url(#mm5)"/>',
        width,
        height,
    )


def _pulse(row: int) -> SafeString:
    """The calibration: what one millivolt looks like."""
    base = _baseline(row)
    x = MARGIN + (GUTTER - 2 * PULSE) / 2
    return format_html(
        '<path class="trace" d="M{} {}h2.5v-{}h{}v{}h2.5"/>',
        f"{x:.1f}",
        f"{base:.1f}",
        GAIN,
        PULSE,
        GAIN,
    )


def _trace(stretch: Stretch) -> SafeString:
    """A line for each run of samples: nothing is drawn over a gap."""
    first, samples = stretch.lead.between(stretch.start, stretch.end)
    known = np.isfinite(samples)
    seconds = first - stretch.start + np.arange(len(samples)) / stretch.lead.frequency
    x = stretch.x + seconds * SPEED
    y = _baseline(stretch.row) - samples * GAIN
    runs = np.split(np.flatnonzero(known), np.flatnonzero(np.diff(np.flatnonzero(known)) > 1) + 1)
    return format_html_join(
        "",
        '<polyline class="trace" points="{}"/>',
        ((" ".join(f"{x[at]:.2f},{y[at]:.2f}" for at in run),) for run in runs),
    )


def _label(stretch: Stretch) -> SafeString:
    return format_html(
        '<text class="lead" x="{}" y="{}">{}</text>',
        f"{stretch.x + 1:.1f}",
        f"{_baseline(stretch.row) - ROW / 2 + 5:.1f}",
        stretch.lead.label,
    )


def _svg(width: float, height: float, title: str, said: str, body: SafeString) -> SafeString:
    return format_html(
        '<svg class="ecg" viewBox="0 0 {0} {1}" width="{0}mm" height="{1}mm" role="img"'
        ' aria-labelledby="ecg-t ecg-d"><title id="ecg-t">{2}</title>'
        '<desc id="ecg-d">{3}</desc>{4}</svg>',
        width,
        height,
        title,
        said,
        body,
    )


# --- the table behind -----------------------------------------------------------------------------


def _columns() -> tuple[str, ...]:
    return (_("Lead"), _("Lowest, mV"), _("Highest, mV"), _("Hz"), _("Seconds"))


def _figures(leads: Sequence[Lead]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            lead.label,
            *_extremes(lead),
            number_text(lead.frequency, 0),
            number_text(lead.seconds, 1),
        )
        for lead in leads
    )


def _extremes(lead: Lead) -> tuple[str, str]:
    known = lead.samples[np.isfinite(lead.samples)]
    if not len(known):
        return "–", "–"
    return number_text(float(known.min()), 2), number_text(float(known.max()), 2)
