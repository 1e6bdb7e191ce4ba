"""Plots, made here as SVG with a title, a description and the table behind them. No inline
style: the CSP forbids it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.formats import number_text

WIDTH, HEIGHT, FOOT = 312, 64, 18
HOURS = 24
LABELLED = (0, 6, 12, 18, 24)


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure with its table: `columns` are headings, `rows` start with their label."""

    title: str
    svg: SafeString
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def by_hour(
    key: str, title: str, received: Sequence[int], failed: Sequence[int], *, top: int = 0
) -> Plot:
    """Bars a clock hour: what came, and what failed on top of it. `top` gives small multiples
    one scale.
    """
    scale = max(top, *(a + b for a, b in zip(received, failed, strict=True)), 1)
    step = WIDTH / HOURS
    bars: list[tuple[str, str, str, str, str]] = []
    for hour in range(HOURS):
        low = _height(received[hour], scale)
        high = _height(failed[hour], scale)
        x = f"{hour * step + 1:.1f}"
        if low:
            bars.append(("ok", x, f"{HEIGHT - low:.1f}", f"{step - 2:.1f}", f"{low:.1f}"))
        if high:
            bars.append(("bad", x, f"{HEIGHT - low - high:.1f}", f"{step - 2:.1f}", f"{high:.1f}"))
    said = _("%(received)s studies received and %(failed)s failures in the 24 hours of the day") % {
        "received": number_text(sum(received)),
        "failed": number_text(sum(failed)),
    }
    body = (
        _bars(bars)
        + _axis()
        + _texts((_hour_x(hour), _anchor(hour), str(hour)) for hour in LABELLED)
    )
    rows = tuple(
        (f"{hour}–{hour + 1}", number_text(a), number_text(b))
        for hour, (a, b) in enumerate(zip(received, failed, strict=True))
        if a or b
    )
    return Plot(
        title, _svg(key, title, said, body), (_("Hour"), _("Received"), _("Failures")), rows
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some hours or days: what went through and what failed; `short` stands under the bar."""

    label: str
    good: int
    failed: int
    short: str = ""


def over_time(key: str, title: str, stretches: Sequence[Stretch], column: str) -> Plot:
    """Bars side by side: what went through, and what failed on top of it."""
    scale = max([each.good + each.failed for each in stretches] + [1])
    step = WIDTH / max(len(stretches), 1)
    bars: list[tuple[str, str, str, str, str]] = []
    for place, each in enumerate(stretches):
        low, high = _height(each.good, scale), _height(each.failed, scale)
        x, wide = f"{place * step + 0.5:.1f}", f"{step - 1:.1f}"
        if low:
            bars.append(("ok", x, f"{HEIGHT - low:.1f}", wide, f"{low:.1f}"))
        if high:
            bars.append(("bad", x, f"{HEIGHT - low - high:.1f}", wide, f"{high:.1f}"))
    said = _("%(good)s went through and %(failed)s failed") % {
        "good": number_text(sum(each.good for each in stretches)),
        "failed": number_text(sum(each.failed for each in stretches)),
    }
    labels = [
        (f"{(place + 0.5) * step:.1f}", "middle", each.short)
        for place, each in enumerate(stretches)
        if each.short
    ]
    rows = tuple(
        (each.label, number_text(each.good), number_text(each.failed))
        for each in stretches
        if each.good or each.failed
    )
    columns = (column, _("Went through"), _("Failed"))
    return Plot(
        title, _svg(key, title, said, _bars(bars) + _axis() + _texts(labels)), columns, rows
    )


def ages(key: str, title: str, classes: Sequence[tuple[str, int, bool]]) -> Plot:
    """A strip of waiting ages: for each class its label, how many wait, and whether that is
    late.
    """
    scale = max([count for _label, count, _late in classes] + [1])
    step = WIDTH / max(len(classes), 1)
    bars = []
    values = []
    labels = []
    for place, (label, count, late) in enumerate(classes):
        tall = _height(count, scale, room=HEIGHT - 14)
        middle = f"{(place + 0.5) * step:.1f}"
        if tall:
            bars.append(
                (
                    "late" if late else "ok",
                    f"{place * step + 3:.1f}",
                    f"{HEIGHT - tall:.1f}",
                    f"{step - 6:.1f}",
                    f"{tall:.1f}",
                )
            )
            values.append((middle, f"{HEIGHT - tall - 4:.1f}", number_text(count)))
        labels.append((middle, "middle", label))
    counts = format_html_join(
        "", '<text class="value" text-anchor="middle" x="{}" y="{}">{}</text>', values
    )
    said = ", ".join(f"{label}: {number_text(count)}" for label, count, _late in classes)
    body = _bars(bars) + counts + _axis() + _texts(labels)
    rows = tuple((label, number_text(count)) for label, count, _late in classes)
    return Plot(title, _svg(key, title, said, body), (_("Waited"), _("Studies")), rows)


def forecast(
    key: str, title: str, first: int, by_year: Mapping[int, tuple[int, int]], *, tall: int = 150
) -> Plot:
    """Steps that add up by year: studies that may go by the end of it, and on top of them those
    that something keeps. All before the second year is told as ended already.
    """
    last = max([first + 10, *by_year])
    step = WIDTH / (last - first + 1)
    free = kept = 0
    tops: list[tuple[int, int]] = []
    for year in range(first, last + 1):
        more = by_year.get(year, (0, 0))
        free, kept = free + more[0], kept + more[1]
        tops.append((free, free + kept))
    scale = max(tops[-1][1], 1)
    body = (
        _steps("kept", [_height(high, scale, room=tall - 14) for _low, high in tops], step, tall)
        + _steps("ok", [_height(low, scale, room=tall - 14) for low, _high in tops], step, tall)
        + _axis(tall)
        + format_html(
            '<text class="value" text-anchor="end" x="{}" y="10">{}</text>',
            WIDTH,
            number_text(tops[-1][1]),
        )
        + _texts(_year_labels(first, last, step), tall)
    )
    said = _("%(free)s studies may go by %(year)s, %(kept)s more are kept by something") % {
        "free": number_text(free),
        "kept": number_text(kept),
        "year": last,
    }
    rows = tuple(
        (
            _("ended already") if year == first else str(year),
            *(number_text(each) for each in (*by_year[year], *tops[year - first])),
        )
        for year in sorted(by_year)
    )
    columns = (_("Year"), _("May go"), _("Kept by something"), _("May go in all"), _("In all"))
    return Plot(title, _svg(key, title, said, body, tall), columns, rows)


def _steps(name: str, heights: Sequence[float], step: float, tall: int) -> SafeString:
    """An area under stairs."""
    path = "".join(
        f"V{tall - height:.1f}H{(place + 1) * step:.1f}" for place, height in enumerate(heights)
    )
    return format_html('<path class="{}" d="M0 {}{}V{}Z"/>', name, tall, path, tall)


def _year_labels(first: int, last: int, step: float) -> list[tuple[str, str, str]]:
    """The first full year, then round ones with room between them."""
    apart = next(each for each in (5, 10, 20, 50, 100) if (last - first) / each <= 6)
    years = [year for year in range(first + 1, last + 1) if year % apart == 0]
    return [(f"{(year - first + 0.5) * step:.1f}", "middle", str(year)) for year in years]


def _height(count: int, scale: int, *, room: int = HEIGHT - 2) -> float:
    """Any count that is not none is seen."""
    return max(count / scale * room, 1.5) if count else 0.0


def _hour_x(hour: int) -> str:
    return f"{hour * WIDTH / HOURS:.1f}"


def _anchor(hour: int) -> str:
    return {0: "start", HOURS: "end"}.get(hour, "middle")


def _bars(bars: Sequence[tuple[str, str, str, str, str]]) -> SafeString:
    return format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', bars)


def _axis(tall: int = HEIGHT) -> SafeString:
    return format_html('<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"/>', WIDTH, tall, tall)


def _texts(labels: Iterable[tuple[str, str, str]], tall: int = HEIGHT) -> SafeString:
    placed = [(x, tall + 14, anchor, text) for x, anchor, text in labels]
    return format_html_join("", '<text x="{}" y="{}" text-anchor="{}">{}</text>', placed)


def _svg(key: str, title: str, said: str, body: SafeString, tall: int = HEIGHT) -> SafeString:
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d">'
        '<title id="{}-t">{}</title>'
        '<desc id="{}-d">{}</desc>{}</svg>',
        WIDTH,
        tall + FOOT,
        *(key, key, key, title, key, said, body),
    )
