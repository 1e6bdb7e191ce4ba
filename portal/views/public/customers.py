"""The public list of customers: a page, CSV and JSON of the same rows (ON-7)."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override
from django.views.decorators.http import require_safe

from archive.models import Sector
from onboarding.models import PublicCustomer
from onboarding.queries.public import public_customers
from portal import csv_text, formats

FIELDS = ("name_fi", "name_sv", "name_en", "sector", "joined_on")  # outsiders rely on them
SECTORS = {Sector.PUBLIC: "public", Sector.PRIVATE: "private"}
ORDERS = ("name", "-name", "joined", "-joined")
FRESH_SECONDS = 300


class Search(forms.Form):
    search = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=100)
    sector = forms.ChoiceField(
        label=gettext_lazy("Sector"),
        required=False,
        choices=[
            ("", gettext_lazy("Both")),
            ("public", gettext_lazy("public")),
            ("private", gettext_lazy("private")),
        ],
    )
    order = forms.ChoiceField(required=False, choices=[(each, each) for each in ORDERS])

    def rows(self) -> list[PublicCustomer]:
        """What cannot be read narrows nothing."""
        self.is_valid()
        given = self.cleaned_data
        sector = {word: value for value, word in SECTORS.items()}.get(given.get("sector", ""), "")
        return public_customers(
            given.get("search", ""), sector, given.get("order", "") or ORDERS[0]
        )


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    form = Search(request.GET)
    rows = form.rows()
    given = {name: value for name, value in form.cleaned_data.items() if value}
    title = ngettext("%(count)s customer", "%(count)s customers", len(rows)) % {
        "count": formats.number_text(len(rows))
    }
    context = {
        "here": "customers",
        "form": form,
        "rows": rows,
        "title": title,
        "query": urlencode(given),
        "columns": [
            _column(given, _("Customer"), "name"),
            _column(given, _("Joined"), "joined"),
        ],
        "is_narrowed": bool(given.get("search") or given.get("sector")),
    }
    response = render(request, "public/customers.html", context)
    # The page holds the reader's form of languages: nobody else may get it from a cache.
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _column(given: Mapping[str, str], label: str, name: str) -> dict[str, object]:
    """A heading that sorts, and turns the order round when it sorts already."""
    now = given.get("order", ORDERS[0])
    is_now, is_down = now in (name, f"-{name}"), now == f"-{name}"
    order = f"-{name}" if is_now and not is_down else name
    query = urlencode({**given, "order": order})
    return {"label": label, "query": query, "is_now": is_now, "is_down": is_down}


# --- for machines ---------------------------------------------------------------------------------


def _fields(row: PublicCustomer) -> dict[str, str]:
    return {
        "name_fi": row.name_fi,
        "name_sv": row.name_sv,
        "name_en": row.name_en,
        "sector": SECTORS[Sector(row.sector)],
        "joined_on": row.joined_on.isoformat(),
    }


def _csv_lines(rows: Iterable[dict[str, str]]) -> Iterator[str]:
    return csv_text.lines(FIELDS, ([row[name] for name in FIELDS] for row in rows))


def _json_parts(rows: Iterable[dict[str, str]]) -> Iterator[str]:
    yield "["
    for place, row in enumerate(rows):
        yield f"{',' if place else ''}\n{json.dumps(row, ensure_ascii=False)}"
    yield "\n]\n"


def _in_finnish(request: HttpRequest) -> list[dict[str, str]]:
    """Sorted by the Finnish names: data do not hang on who reads them."""
    with override("fi"):
        return [_fields(row) for row in Search(request.GET).rows()]


@require_safe
def as_csv(request: HttpRequest) -> HttpResponseBase:
    rows = _in_finnish(request)
    return _streamed(request, rows, _csv_lines(rows), "text/csv; charset=utf-8")


@require_safe
def as_json(request: HttpRequest) -> HttpResponseBase:
    rows = _in_finnish(request)
    return _streamed(request, rows, _json_parts(rows), "application/json")


def _streamed(
    request: HttpRequest, rows: list[dict[str, str]], parts: Iterator[str], content_type: str
) -> HttpResponseBase:
    """The same for everybody, so that any cache may keep it; unchanged rows are not sent again."""
    digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:32]
    response: HttpResponseBase = get_conditional_response(
        request, etag=quote_etag(digest)
    ) or StreamingHttpResponse(parts, content_type=content_type)
    response.headers["ETag"] = quote_etag(digest)
    response.headers["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(response, public=True, max_age=FRESH_SECONDS)
    return response
