"""The door of a registration: somebody is signed in, whatever roles they have."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.decorators import rate_limit
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache

from archive.errors import NotFound
from portal.staff import Person, person_of

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Person, P], HttpResponseBase]
Door = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def applicant(view: View[P]) -> Door[P]:
    """Gives the view the signed-in person. What is not theirs is not there."""

    @rate_limit(action="register")  # type: ignore[untyped-decorator]
    def limited(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        assert request.user.is_authenticated
        try:
            return view(request, person_of(request.user), *args, **kwargs)
        except NotFound as error:
            raise Http404 from error

    @never_cache
    @wraps(view)
    def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        answer: HttpResponseBase = limited(request, *args, **kwargs)
        return answer

    return door
