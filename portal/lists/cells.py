"""What stands in a cell of a list, once as markup and once as a value of a spreadsheet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Model
from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from archive.values import mask, today
from portal import formats
from portal.shapes import SHAPES
from portal.templatetags import shown

NOTHING = "–"
Label = str | Promise
Plain = str | int | float | date | datetime | None


@dataclass(frozen=True, slots=True)
class State:
    """A word with a shape: done, wait, needs, stop, none."""

    shape: str
    word: Label


@dataclass(frozen=True, slots=True)
class Code:
    """A short word of a machine."""

    text: str


@dataclass(frozen=True, slots=True)
class Identifier:
    """Cut in the middle, copied by a click."""

    text: str


@dataclass(frozen=True, slots=True)
class PersonCode:
    """A personal identity code, masked wherever it stands in a list."""

    text: str


@dataclass(frozen=True, slots=True)
class When:
    at: datetime | None
    form: str = ""


@dataclass(frozen=True, slots=True)
class Size:
    """Of bytes."""

    count: int


@dataclass(frozen=True, slots=True)
class Count:
    """A number that should be none."""

    count: int


@dataclass(frozen=True, slots=True)
class Strong:
    text: Label


@dataclass(frozen=True, slots=True)
class Act:
    """Leads to what can be done about the row, which `about` names for who cannot see it."""

    word: Label
    url: str
    about: Label = ""


@dataclass(frozen=True, slots=True)
class Press:
    """Done at once, by the page's form `press`, with what `sent` names."""

    word: Label
    url: str
    about: Label = ""
    sent: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Lines:
    """Several things below each other."""

    values: tuple["Value", ...]


Value = (
    str
    | Promise
    | int
    | float
    | bool
    | date
    | timedelta
    | State
    | Code
    | Identifier
    | PersonCode
    | When
    | Size
    | Count
    | Strong
    | Act
    | Press
    | Lines
    | None
)


def state_of(row: Model, field: str = "state") -> State:
    """The word and shape of a row's state."""
    word = getattr(row, f"get_{field}_display")()
    return State(SHAPES.get((row._meta.model_name or "", getattr(row, field)), "none"), word)


def dated(first: date, last: date | None, *, live: Label = "", over: Label = "") -> State:
    """Whether what holds from one day to another holds today; closed before it began is over."""
    day = today()
    if last is not None and last < max(day, first):
        return State("stop", over or _("ended"))
    if first > day:
        return State("wait", _("to come"))
    return State("done", live or _("in force"))


def lines(values: Iterable[Value]) -> Lines:
    return Lines(tuple(values))


# --- on a page ------------------------------------------------------------------------------------


def html(value: Value) -> SafeString | str:
    """The cell as markup; what is not there is nothing."""
    match value:
        case None | "":
            return ""
        case State():
            return shown.state(value.shape, value.word)
        case Code():
            return format_html('<code class="word">{}</code>', value.text) if value.text else ""
        case Identifier():
            return shown.identifier(value.text)
        case PersonCode():
            return shown.person_code(value.text) if value.text else ""
        case When():
            return shown.when(value.at, value.form) if value.at else ""
        case Size():
            return filesizeformat(value.count)
        case Count():
            told = formats.number_text(value.count)
            return shown.state("needs", told) if value.count else told
        case Strong():
            return format_html("<b>{}</b>", value.text)
        case Act():
            return format_html('<a href="{}">{}{}</a>', value.url, value.word, _unseen(value.about))
        case Press():
            return format_html(
                '<button class="btn" form="press" formaction="{}"{}>{}{}</button>',
                value.url,
                format_html(' name="{}" value="{}"', *value.sent) if value.sent[0] else "",
                value.word,
                _unseen(value.about),
            )
        case Lines():
            made = ((html(each),) for each in value.values)
            return format_html_join("", '<span class="sub">{}</span>', made)
        case date():
            return format_html('<time datetime="{}">{}</time>', value.isoformat(), _text(value))
    return conditional_escape(_text(value))


def _unseen(about: Label) -> SafeString | str:
    return format_html('<span class="unseen">: {}</span>', about) if about else ""


def _text(value: str | Promise | float | date | timedelta) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (int, float)):
        return formats.number_text(value)
    if isinstance(value, timedelta):
        return formats.length_text(value)
    return formats.day_text(value) if isinstance(value, date) else str(value)


# --- in a spreadsheet -----------------------------------------------------------------------------


def plain(value: Value) -> Plain:
    """The cell as a number, a day, a time in UTC or a text. A person's code stays masked."""
    match value:
        case None:
            return None
        case State():
            return str(value.word)
        case Code() | Identifier():
            return value.text
        case Strong():
            return str(value.text)
        case Act() | Press():
            return str(value.word)
        case PersonCode():
            return mask(value.text) if value.text else ""
        case When():
            return value.at.astimezone(UTC) if value.at else None
        case Size() | Count():
            return value.count
        case Lines():
            return "; ".join(str(plain(each)) for each in value.values)
        case bool() | timedelta():
            return _text(value)
        case int() | float() | date():
            return value
    return str(value)
