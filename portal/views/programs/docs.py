"""The API for reading: the published schema as a page that loads nothing from elsewhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override
from django.views.decorators.http import require_safe

from portal.api.schema import Published

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    required: bool
    say: str


@dataclass(frozen=True, slots=True)
class Told:
    """One operation in the order of reading."""

    id: str
    method: str
    path: str
    say: str
    needs: str  # how a caller is known
    asks: tuple[Field, ...]  # in the address and the headers
    takes: tuple[Field, ...]  # in the body
    answers: tuple[tuple[str, str, tuple[Field, ...]], ...]


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "programs/docs.html", {"groups": _groups(), "here": "api"})


@cache
def _groups() -> list[tuple[str, list[Told]]]:
    """In English, as the schema's own words are; made once in a process."""
    with override("en"):
        schema = Published().get_schema()
    shapes = schema["components"]["schemas"]
    groups: dict[str, list[Told]] = {}
    for path, item in schema["paths"].items():
        for method in METHODS:
            if method in item:
                made = item[method]
                tag = made.get("tags", ["api"])[0]
                groups.setdefault(tag, []).append(_told(path, method, made, shapes))
    return sorted(groups.items())


def _told(path: str, method: str, made: Mapping[str, Any], shapes: Mapping[str, Any]) -> Told:
    body = made.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Told(
        id=made["operationId"],
        method=method.upper(),
        path=path,
        say=": ".join(filter(None, (made.get("summary", ""), made.get("description", "")))),
        needs=", ".join(sorted({name for each in made.get("security", ()) for name in each})),
        asks=tuple(
            Field(
                each["name"],
                _kind(each["schema"], shapes),
                each.get("required", False),
                _first_line(each),
            )
            for each in made.get("parameters", ())
        ),
        takes=tuple(_fields(body.get("schema", {}), shapes)),
        answers=tuple(_answers(made["responses"], shapes)),
    )


def _answers(
    responses: Mapping[str, Any], shapes: Mapping[str, Any]
) -> Iterator[tuple[str, str, tuple[Field, ...]]]:
    """Success with its fields; refusals are alike everywhere and are told once on the page."""
    for status, answer in responses.items():
        if status.startswith("2"):
            content = answer.get("content", {}).get("application/json", {})
            fields = tuple(_fields(content.get("schema", {}), shapes))
            yield status, answer.get("description", ""), fields


def _fields(shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> Iterator[Field]:
    whole = _resolved(shape, shapes)
    if "items" in whole:
        whole = _resolved(whole["items"], shapes)
    for name, inner in whole.get("properties", {}).items():
        required = name in whole.get("required", ())
        yield Field(name, _kind(inner, shapes), required, _first_line(inner))


def _first_line(shape: Mapping[str, Any]) -> str:
    """Without the list of values, which stands beside it."""
    lines = shape.get("description", "").splitlines() or [""]
    return "" if lines[0].startswith("* `") else str(lines[0])


def _resolved(shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> Mapping[str, Any]:
    for each in (shape, *shape.get("allOf", ()), *shape.get("oneOf", ())):
        if "$ref" in each:
            found: Mapping[str, Any] = shapes[each["$ref"].rpartition("/")[2]]
            return found
    return shape


def _kind(shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> str:
    """In a word or two: text, date-time, one of, a list of."""
    whole = _resolved(shape, shapes)
    if "enum" in whole:
        return " | ".join(str(each) for each in whole["enum"] if each not in ("", None))
    if whole.get("type") == "array":
        return f"[{_kind(whole.get('items', {}), shapes)}]"
    if whole.get("type") == "object" or "properties" in whole:
        return "{" + ", ".join(whole.get("properties", {})) + "}"
    return str(whole.get("format") or whole.get("type") or "any")
