"""One page, whole or in part: htmx gets the fragment that it will swap, all others the page."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from portal.staff import Request


def answer(
    request: Request, template: str, context: Mapping[str, Any], *, part: str, target: str
) -> HttpResponse:
    """`part` is the template of the element whose id is `target`; the page includes it."""
    partly = (
        request.htmx and request.htmx.target == target and not request.htmx.history_restore_request
    )
    response = render(request, part if partly else template, dict(context))
    patch_vary_headers(response, ("HX-Request",))
    return response
