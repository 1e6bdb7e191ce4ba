"""How long the reader stays signed in. To ask is to use the session, but for a page by itself."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import idleness


@require_safe
@never_cache
def left(request: HttpRequest) -> JsonResponse:
    seconds = idleness.seconds_left(request) if request.user.is_authenticated else 0
    return JsonResponse({"left": seconds})
