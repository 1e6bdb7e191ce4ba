"""How resources are written: JSON or XML, FHIR R4 2.6 and 2.5, as the client accepts them."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from lxml import etree

from archive.errors.web import NotAcceptable

NAMESPACE = "http://hl7.org/fhir"
JSON, XML = "application/fhir+json", "application/fhir+xml"
_JSON = frozenset({JSON, "application/json", "text/json", "json"})
_XML = frozenset({XML, "application/xml", "text/xml", "xml"})
_ANY = frozenset({"*/*", "application/*"})

Resource = Mapping[str, Any]


def wanted(request: WSGIRequest) -> str:
    """The parameter _format goes before the header. Raises NotAcceptable."""
    asked = request.GET.get("_format") or request.headers.get("Accept", "")
    # A space in an address was a plus: application/fhir xml.
    types = [each.split(";")[0].strip().lower().replace(" ", "+") for each in asked.split(",")]
    for each in types:
        if each in _XML:
            return XML
        if each in _JSON or each in _ANY or not each:
            return JSON
    raise NotAcceptable("resources are given as application/fhir+json or application/fhir+xml")


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
