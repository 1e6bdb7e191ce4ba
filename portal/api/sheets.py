"""Lists as CSV, for who asks by Accept or ?format=csv."""

import json
from collections.abc import Mapping
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from portal import spreadsheets


class SheetRenderer(BaseRenderer):
    """The rows of `results`; the view names the columns. A failure stays problem+json."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        view = (renderer_context or {}).get("view")
        if not isinstance(data, Mapping) or "results" not in data or view is None:
            return json.dumps(data, ensure_ascii=False, default=str).encode()
        rows = [_flat(row) for row in data["results"]]
        return "".join(spreadsheets.lines(view.columns, rows)).encode()


class FormatFirst(DefaultContentNegotiation):
    """`?format=` is what somebody wrote; Accept is what their program always sends."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        asked = request.query_params.get("format")
        for renderer in renderers:
            if renderer.format == asked:
                return renderer, renderer.media_type
        chosen: tuple[Any, str] = super().select_renderer(request, renderers, format_suffix)
        return chosen


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Inner objects by path: `register.type`."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat.update({f"{name}.{inner}": each for inner, each in value.items()})
        else:
            flat[name] = value
    return flat
