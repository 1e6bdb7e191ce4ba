"""For machines that watch: is the process alive, are its parts ready."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from archive.queries import health


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "live"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 with a word for each part, or 503 naming what is missing."""
    parts = health.parts()
    missing = [name for name, wrong in parts.items() if wrong and name not in health.ADVISORY]
    answer = {
        "status": "missing" if missing else "ready",
        "missing": missing,
        "parts": {name: wrong or "ok" for name, wrong in parts.items()},
    }
    return JsonResponse(answer, status=503 if missing else 200)
