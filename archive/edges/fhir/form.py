"""How resources are written: JSON or XML, FHIR R4 2.6 and 2.5, as the client accepts them."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from lxml import etree

from archive.errors.web import NotAcceptable

NAMESPACE = "http://hl7.org/fhir"
JSON, XML = "application/fhir+json", "application/fhir+xml"
_JSON = frozenset({JSON, "application/json", "text/json", "json"})
_XML = frozenset({XML, "application/xml", "text/xml", "xml"})
_ANY = frozenset({"*/*", "application/*"})
_WEIGHT = re.compile(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)

Resource = Mapping[str, Any]


def wanted(request: WSGIRequest) -> str:
    """The parameter _format goes before the header. Raises NotAcceptable."""
    return named(request.GET.get("_format") or request.headers.get("Accept", ""))


def named(asked: str) -> str:
    """The form that is accepted best, of equal ones the first. Raises NotAcceptable."""
    for each in sorted(map(_weighed, asked.split(",")), key=lambda each: -each.weight):
        if not each.weight:
            break
        if each.media_type in _XML:
            return XML
        if each.media_type in _JSON or each.media_type in _ANY or not each.media_type:
            return JSON
    raise NotAcceptable("resources are given as application/fhir+json or application/fhir+xml")


class _Weighed(NamedTuple):
    media_type: str
    weight: float


def _weighed(text: str) -> _Weighed:
    """RFC 9110 section 12.4.2; a weight that cannot be read is passed over."""
    media_type, *parameters = text.split(";")
    weight = 1.0
    for each in parameters:
        if found := _WEIGHT.fullmatch(each.strip()):
            weight = float(found[1])
    # A space in an address was a plus: application/fhir xml.
    return _Weighed(media_type.strip().lower().replace(" ", "+"), weight)


def response(resource: Resource, form: str, status: int = 200) -> HttpResponse:
    content = xml(resource) if form == XML else json.dumps(resource, ensure_ascii=False).encode()
    return HttpResponse(content, content_type=f"{form}; charset=utf-8", status=status)


def xml(resource: Resource) -> bytes:
    root = etree.Element(f"{{{NAMESPACE}}}{resource['resourceType']}", nsmap={None: NAMESPACE})
    _fill(root, resource)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _fill(parent: etree._Element, content: Resource) -> None:
    """Elements stand in the order in which the resource was built: the standard's."""
    for name, value in content.items():
        if name == "resourceType":
            continue
        for each in value if isinstance(value, list) else [value]:
            _put(parent, name, each)


def _put(parent: etree._Element, name: str, value: Any) -> None:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if not isinstance(value, Mapping):
        element.set("value", _text(value))
        return
    if "resourceType" in value:
        element = etree.SubElement(element, f"{{{NAMESPACE}}}{value['resourceType']}")
    _fill(element, value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # What XML cannot hold.
    return "".join(each for each in str(value) if each in "\t\n\r" or each >= " ")
