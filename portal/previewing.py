"""Deeds that are shown before they are done: the form, the preview, the deed."""

from django import forms
from django.http import HttpRequest


def goes_on(request: HttpRequest, form: forms.Form) -> bool:
    """The form was sent without a fault, and not to go back to it from the preview."""
    return request.method == "POST" and "back" not in request.POST and form.is_valid()


def kept(request: HttpRequest, form: forms.Form) -> list[tuple[str, str]]:
    """What was sent, for the hidden fields of the preview."""
    return [(name, value) for name in form.fields for value in request.POST.getlist(name)]
