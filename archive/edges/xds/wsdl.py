"""What the service says of itself: GET ?wsdl."""

from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from django.http import HttpRequest, HttpResponse

_ADDRESS = "@ADDRESS@"


def asked_for(request: HttpRequest) -> bool:
    return request.method in ("GET", "HEAD") and request.META["QUERY_STRING"].lower() == "wsdl"


def answer(request: HttpRequest, name: str) -> HttpResponse:
    """The description with the address at which it was asked for."""
    address = escape(request.build_absolute_uri(request.path), {'"': "&quot;"})
    text = _text(name).replace(_ADDRESS, address)
    return HttpResponse(text, content_type="text/xml; charset=UTF-8")


@cache
def _text(name: str) -> str:
    return (Path(__file__).parent / f"{name}.wsdl").read_text("utf-8")
