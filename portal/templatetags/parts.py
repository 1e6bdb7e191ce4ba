"""The components that need more than an {% include %}. Their templates stand in
templates/components/, each with an
example; these tags are loaded in every template.

Tags with a body end in `{% end<name> %}`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.forms import BoundField, Form
from django.http import QueryDict
from django.template import Context
from django.utils.safestring import SafeString

from portal import formats, sign_on
from portal.entries import Entry, with_gaps
from portal.plots import Plot

register = template.Library()

CURSORS = frozenset({"after", "before"})


def _render(context: Context, name: str, values: dict[str, Any]) -> SafeString:
    engine = context.template.engine if context.template else None
    if engine is None:
        raise RuntimeError("a component is rendered inside a template")
    with context.push(**values):
        return engine.get_template(f"components/{name}.html").render(context)


@register.simple_block_tag(takes_context=True)
def head(
    context: Context, content: str, title: str, say: str = "", shape: str = "", word: str = ""
) -> SafeString:
    """`{% head title=title say=say shape="needs" word=_("needs you") %}<a class="btn go" …>{%
    endhead %}`.

    The body holds the actions; one at most is `btn go`.
    """
    values = {
        "title": title,
        "say": say,
        "shape": shape,
        "word": word,
        "content": SafeString(content.strip()),
    }
    return _render(context, "head", values)


@register.simple_block_tag(takes_context=True)
def panel(
    context: Context, content: str, title: str = "", more: str = "", more_url: str = ""
) -> SafeString:
    """`{% panel title=_("Facts") %}<dl class="facts">…</dl>{% endpanel %}`; text goes into `<div
    class="body">`.
    """
    return _render(
        context, "panel", {"title": title, "more": more, "more_url": more_url, "content": content}
    )


@register.simple_block_tag(takes_context=True)
def empty(context: Context, content: str, title: str) -> SafeString:
    """`{% empty title=_("No studies") %}<p>why, and what to do</p>{% endempty %}`."""
    return _render(context, "empty", {"title": title, "content": content})


@register.simple_tag(takes_context=True)
def timeline(context: Context, entries: Iterable[Entry], waited_for: str = "") -> SafeString:
    """`{% timeline entries waited_for=_("the examination note") %}` with `portal.entries.Entry`."""
    lines = list(with_gaps(entries, waited_for=waited_for))
    return _render(context, "timeline", {"lines": lines})


@register.simple_tag(takes_context=True)
def plot(context: Context, figure: Plot) -> SafeString:
    """`{% plot flow.plot %}` with what `portal.plots` made: the SVG, and its table one click
    away.
    """
    return _render(context, "plot", {"plot": figure})


@register.simple_tag(takes_context=True)
def field(context: Context, bound: BoundField, size: str = "") -> SafeString:
    """`{% field form.reason %}`: label above, hint, error; size "short" for dates and numbers."""
    return _render(context, "field", {"bound": bound, "size": size, "is_check": _is_check(bound)})


@register.simple_tag(takes_context=True)
def fields(context: Context, form: Form) -> SafeString:
    """`{% fields form %}`: the error summary, then every field."""
    checks = {bound.name for bound in form if _is_check(bound)}
    return _render(context, "fields", {"form": form, "checks": checks})


def _is_check(bound: BoundField) -> bool:
    widget = bound.field.widget
    several = getattr(widget, "allow_multiple_selected", False)
    return getattr(widget, "input_type", "") == "checkbox" and not several


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter: set, with the address that takes it off; or not, with the field that sets it."""

    label: str
    value: str
    off_url: str
    bound: BoundField
    kept: list[tuple[str, str]]


@register.simple_tag(takes_context=True)
def chips(context: Context, form: Form, off: str = "?") -> SafeString:
    """`{% chips filterset.form %}` or any GET form bound to the address: one chip a field, kept
    in the address; `off` is the address without any.
    """
    query: QueryDict = context["request"].GET
    made = [_chip(bound, query) for bound in form.visible_fields()]
    made.sort(key=lambda chip: not chip.value)  # what is set stands first
    return _render(
        context, "chips", {"chips": made, "off": off if any(chip.value for chip in made) else ""}
    )


def _chip(bound: BoundField, query: QueryDict) -> Chip:
    without = query.copy()
    for name in (bound.html_name, *CURSORS):
        without.pop(name, None)
    kept = [(name, value) for name, values in without.lists() for value in values if value]
    encoded = without.urlencode()
    value = _shown(bound) if query.get(bound.html_name) and not bound.errors else ""
    return Chip(str(bound.label), value, f"?{encoded}" if encoded else "?", bound, kept)


def _shown(bound: BoundField) -> str:
    """The value in words: the label of a choice, a day as people write it, a text as it is."""
    raw = bound.value()
    for value, label in getattr(bound.field, "choices", ()):
        if str(value) == str(raw):
            return str(label)
    cleaned = getattr(bound.form, "cleaned_data", {}).get(bound.name, raw)
    return formats.day_text(cleaned) if hasattr(cleaned, "toordinal") else str(raw)


@register.simple_tag(takes_context=True)
def pager(
    context: Context,
    previous: str = "",
    following: str = "",
    count: int | None = None,
    at: str = "",
) -> SafeString:
    """`{% pager previous=page.previous following=page.following count=n %}`: cursors go to
    ?before= and ?after= of the address `at`, else of the page's own.
    """
    values = {"previous": previous, "following": following, "count": count, "at": at}
    return _render(context, "pager", values)


@register.simple_tag
def sign_on_name() -> str:
    """`{% sign_on_name as provider %}`: the OpenID provider's name, or nothing."""
    return sign_on.name()
