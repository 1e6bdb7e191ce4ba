"""Values as people read them. Each tag says in its docstring how a template uses it. Loaded in
every template.
"""

from datetime import date, datetime, timedelta

from django import template
from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from archive.values import civil_day, mask, now, today
from portal import formats
from portal.advice import told
from portal.shapes import SHAPES

register = template.Library()


@register.simple_tag
def state(shape: str, word: object) -> SafeString:
    """`{% state "needs" _("needs you") %}`: done ●, wait ◐, needs ▲, stop ■, none ○."""
    return format_html('<span class="state {}">{}</span>', shape, word)


@register.simple_tag
def state_of(row: Model, field: str = "state") -> SafeString:
    """`{% state_of study %}`: the word and shape of a row's state; `{% state_of event "outcome"
    %}`.
    """
    word = getattr(row, f"get_{field}_display")()
    return state(SHAPES.get((row._meta.model_name or "", getattr(row, field)), "none"), word)


@register.simple_tag
def state_word(kind: str, value: str, word: object) -> SafeString:
    """`{% state_word "study" row.state row.word %}`: the same for a row of values."""
    return state(SHAPES.get((kind, value), "none"), word)


@register.filter
def error(reason: str, technical: str) -> str:
    """`{{ notice.last_reason|error:notice.last_error }}`: in the reader's language, what the
    machines said beside it.
    """
    return told(reason, technical)


@register.simple_tag
def identifier(value: str, cut: bool = True) -> SafeString | str:
    """`{% identifier study.study_instance_uid %}`: middle cut, whole on hover and focus, a click
    copies.
    """
    if not value:
        return ""
    shown = formats.cut_text(value) if cut else value
    if shown == value:
        return format_html('<code class="id" data-copy="{}">{}</code>', value, value)
    return format_html(
        '<span class="id" tabindex="0" data-copy="{}">'
        '<span class="cut" aria-hidden="true">{}</span>'
        '<span class="whole">{}</span></span>',
        value,
        shown,
        value,
    )


@register.simple_tag
def person_code(value: str) -> SafeString:
    """`{% person_code patient.identifier %}`: `010181-•••C`, until a reason is given."""
    return format_html(
        '<span class="masked"><span aria-hidden="true">{}</span>'
        '<span class="unseen">{}</span></span>',
        mask(value),
        _("code hidden"),
    )


@register.simple_tag
def when(at: datetime | None, form: str = "", ago: bool = False) -> SafeString | str:
    """`{% when study.received_at %}`; form "seconds", "clock", "clock-seconds" or "brief";
    `ago=True` adds how long ago.

    Brief is the clock for today and the day otherwise, for narrow columns.
    """
    if at is None:
        return "–"
    text = _instant(at, form)
    utc = formats.utc_text(at)
    stamp = format_html(
        '<time datetime="{}" title="{}">{}</time>',
        f"{utc[:10]}T{utc[11:19]}Z",
        _hint(at, form, utc),
        text,
    )
    if not ago:
        return stamp
    return format_html('{} <span class="quiet">({})</span>', stamp, ago_text(now() - at))


def _instant(at: datetime, form: str) -> str:
    if form.startswith("clock"):
        return formats.clock_text(at, seconds=form.endswith("seconds"))
    if form == "brief":
        day = civil_day(at)
        return formats.clock_text(at) if day == today() else formats.day_text(day)
    return formats.when_text(at, seconds=form == "seconds")


def _hint(at: datetime, form: str, utc: str) -> str:
    """A time without its day gets the whole one in the tooltip, before UTC."""
    return utc if form in ("", "seconds") else f"{formats.when_text(at, seconds=True)} · {utc}"


def ago_text(length: timedelta) -> str:
    """`3 min ago`; less than a minute is "just now"."""
    if length < timedelta(minutes=1):
        return _("just now")
    return _("%(length)s ago") % {"length": formats.length_text(length)}


@register.filter
def day(value: date | None) -> str:
    """`{{ connection.valid_from|day }}`."""
    return formats.day_text(value) if value else "–"


@register.filter
def day_to(first: date, last: date | None) -> str:
    """`{{ row.valid_from|day_to:row.valid_until }}`: one day where both are the same."""
    return formats.span_text(first, last)


@register.filter
def person(value: str) -> str:
    """`{{ patient.name|person }}`: `Maija Meikäläinen`."""
    return formats.person_text(value)


@register.filter
def length_of(value: timedelta | float | None) -> str:
    """`{{ entry.took|length_of }}`: `38 ms`, `4.1 s`, `2 h 24 min`."""
    return "" if value is None else formats.length_text(value)


@register.filter
def number(value: float | int | None) -> str:
    """`{{ count|number }}`: grouped as the language does."""
    return "–" if value is None else formats.number_text(value)


@register.filter
def counted(value: int) -> str:
    """`{{ count|counted }}`: beyond 10,000 says "over 10,000"."""
    return formats.counted_text(value)
