"""A change of a dated row: the form; then, in words, what it will do; then, when that is confirmed,
it is done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from archive.errors import ArchiveError
from portal.previewing import goes_on, kept
from portal.staff import Request


@dataclass(frozen=True, slots=True)
class Change:
    """`check` raises what `act` would; `say` tells what it will do."""

    title: Any
    check: Callable[[], object]
    act: Callable[[], object]
    say: Callable[[], list[str]]


@dataclass(frozen=True, slots=True)
class Around:
    """Where one comes from and goes back to, what is said then, and how a form is told why the
    service does not take it.
    """

    back: str
    done: str
    trail: Sequence[tuple[str, str]]
    blame: Callable[[forms.Form, ArchiveError], None]
    template: str = "change.html"


def answer(
    request: Request, form: forms.Form, change: Change, around: Around, **more: Any
) -> HttpResponseBase:
    sentences: list[str] = []
    if goes_on(request, form):
        try:
            change.check()
            if "sure" in request.POST:
                change.act()
                messages.success(request, around.done)
                return redirect(around.back)
            sentences = change.say()
        except ArchiveError as error:
            around.blame(form, error)
    context = {
        "title": change.title,
        "heading": _("What this changes"),
        "show": _("Show what it changes"),
        "button": _("Record it"),
        "form": form,
        "sentences": sentences,
        "kept": kept(request, form) if sentences else [],
        "back": around.back,
        "trail": around.trail,
        **more,
    }
    return render(request, around.template, context, status=422 if form.errors else 200)
