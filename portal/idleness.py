"""A session that nobody uses ends by itself, and none lasts for ever: machines on wards are shared.

What a page asks for by itself while nobody does anything says so (`UNASKED`) and does not count as
use; `static/js/idle.js` warns before the end and tells of somebody who only types.
"""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.config import settings

KEPT = "used"  # in the session: when it began and when it was last used, seconds since 1970
UNASKED = "X-Unasked"


def seconds_left(request: HttpRequest) -> int:
    """Until the session ends, when nobody does anything more; of a new one all."""
    longest, idle = settings().session_longest_hours * 3600, settings().session_idle_seconds
    began, used = request.session.get(KEPT) or (time.time(), time.time())
    return int(min(began + longest, used + idle) - time.time())


class Idleness:
    """Middleware, after the person's language: whoever was signed out reads why."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.get_response(request)
        if seconds_left(request) <= 0:
            return self._ended(request)
        if UNASKED not in request.headers:
            _use(request)
        return self.get_response(request)

    def _ended(self, request: HttpRequest) -> HttpResponseBase:
        said = _why(request)
        get_adapter(request).logout(request)
        messages.info(request, said)
        if request.path == reverse("session"):
            return self.get_response(request)
        answer = redirect_to_login(back(request))
        if request.htmx:  # type: ignore[attr-defined]  # htmx would put the sign-in page into the part
            return HttpResponse(status=204, headers={"HX-Redirect": answer.url})
        return answer


def _use(request: HttpRequest) -> None:
    """Written once a minute at most, not with each request."""
    now = int(time.time())
    began, used = request.session.get(KEPT) or (now, 0)
    if now - used >= min(60, settings().session_idle_seconds // 10):
        request.session[KEPT] = (began, now)


def _why(request: HttpRequest) -> str:
    _began, used = request.session[KEPT]
    if used + settings().session_idle_seconds > time.time():
        return _("You were signed out, since you had been signed in for long. Sign in again.")
    minutes = max(settings().session_idle_seconds // 60, 1)
    said = ngettext(
        "You were signed out, since nothing had been done for %(count)s minute.",
        "You were signed out, since nothing had been done for %(count)s minutes.",
        minutes,
    )
    return said % {"count": minutes}


def back(request: HttpRequest) -> str:
    """The page that the person was on: what was sent from it cannot be gone to."""
    if request.method in ("GET", "HEAD") and not request.htmx:  # type: ignore[attr-defined]
        return request.get_full_path()
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
        return "/"
    parts = urlsplit(came_from)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
