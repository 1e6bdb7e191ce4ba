"""What the service says of itself: GET ?wsdl."""

import re
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from django.http import HttpRequest, HttpResponse

_ADDRESS = "@ADDRESS@"
# Schemas that several descriptions share: file by the mark at which they stand.
_SHARED = {"@EBRIM@": "ebrim_types.xml", "@DOCUMENTS@": "document_types.xml"}
_WRAPPED = re.compile(r"<types[^>]*>\n(.*)</types>", re.DOTALL)


def asked_for(request: HttpRequest) -> bool:
    return request.method in ("GET", "HEAD") and request.META["QUERY_STRING"].lower() == "wsdl"


def answer(request: HttpRequest, name: str) -> HttpResponse:
    """The description with the address at which it was asked for."""
    address = escape(request.build_absolute_uri(request.path), {'"': "&quot;"})
    text = _text(name).replace(_ADDRESS, address)
    return HttpResponse(text, content_type="text/xml; charset=UTF-8")


@cache
def _text(name: str) -> str:
    """One file with all that is needed to read it."""
    text = _read(f"{name}.wsdl")
    for mark, file in _SHARED.items():
        if mark in text:
            text = text.replace(mark, _WRAPPED.findall(_read(file))[0].strip())
    return text


def _read(file: str) -> str:
    return (Path(__file__).parent / file).read_text("utf-8")
