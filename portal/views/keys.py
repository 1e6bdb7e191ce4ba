"""The keyboard sheet as a page, for who has no script."""

from django.http import HttpResponse
from django.shortcuts import render

from archive.actors import Actor
from portal.staff import Request, page


@page("keys")
def keys(request: Request, actor: Actor) -> HttpResponse:
    return render(request, "keys.html")
