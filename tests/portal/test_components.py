"""What components say without colour or JavaScript, and under the content security policy."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django import forms
from django.template import engines
from django.test import RequestFactory
from django.utils import translation

from portal import plots
from portal.entries import Day, Entry, Gap, with_gaps
from portal.shapes import SHAPES
from tests.portal import gallery
from tests.portal.test_pages import signed_in

ROOT = Path(__file__).parents[2]
UID = "1.2.246.10.9000000.1.2026112200417"
AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def drawn(source: str, **context: object) -> str:
    with translation.override("en"):
        return engines["django"].from_string(source).render(context, RequestFactory().get("/"))


def test_an_identifier_is_whole_for_a_reader_and_a_copy() -> None:
    said = drawn("{% identifier uid %}", uid=UID)
    assert f'data-copy="{UID}"' in said and f">{UID}<" in said and "…" in said
    assert 'tabindex="0"' in said


def test_what_comes_from_outside_is_escaped() -> None:
    said = drawn("{% identifier uid %}{% state 'done' uid %}", uid="<script>alert(1)</script>")
    assert "<script" not in said


def test_a_personal_code_is_masked() -> None:
    said = drawn("{% person_code code %}", code="010181-900C")
    assert "010181-•••C" in said and "900C" not in said


def test_a_time_carries_utc() -> None:
    said = drawn("{% when at %}", at=AT)
    assert 'datetime="2026-11-22T08:00:00Z"' in said and "22 Nov 2026 10:00" in said


def test_a_wait_is_a_gap_and_a_new_day_a_line() -> None:
    entries = [
        Entry(AT, "DICOM", "stored", shape="wait"),
        Entry(AT + timedelta(hours=2), "XDS", "registered"),
        Entry(AT + timedelta(hours=20), "IAN", "sent"),
    ]
    kinds = [type(line) for line in with_gaps(entries, waited_for="a document")]
    assert kinds == [Day, Entry, Gap, Entry, Gap, Day, Entry]
    assert next(line for line in with_gaps(entries) if isinstance(line, Gap)).length.seconds == 7200


class Several(forms.Form):
    roles = forms.MultipleChoiceField(
        label="Roles",
        help_text="One or more.",
        choices=[("a", "first"), ("b", "second")],
        widget=forms.CheckboxSelectMultiple,
    )


def test_several_boxes_are_a_group_with_its_name_and_error() -> None:
    said = drawn("{% fields form %}", form=Several({}))
    group = re.search(r"<fieldset([^>]*)>\s*<legend>Roles</legend>(.*)</fieldset>", said, re.DOTALL)
    assert group and 'aria-describedby="id_roles_helptext id_roles_error"' in group[1]
    assert 'id="id_roles_helptext"' in group[2] and 'id="id_roles_error"' in group[2]
    (link,) = re.findall(r'<a href="#([^"]*)">Roles', said)
    assert f'id="{link}"' in group[2]  # the summary leads to the first of them
    assert 'for=""' not in said


def test_a_plot_has_its_table() -> None:
    figure = plots.by_hour("k", "Flow", [0] * 9 + [5] + [0] * 14, [0] * 9 + [2] + [0] * 14)
    said = drawn("{% plot figure %}", figure=figure)
    assert 'role="img"' in said and "<desc" in said and "<title" in said
    assert [row[1:] for row in figure.rows] == [("5", "2")]
    assert said.count("<rect") == 2


def test_every_state_has_a_shape() -> None:
    assert set(SHAPES.values()) <= {"done", "wait", "needs", "stop", "none"}


@pytest.mark.django_db
def test_no_page_needs_an_inline_style_or_script() -> None:
    client = signed_in("admin")
    pages = [client.get(path).content.decode() for path in ("/", "/organisations/", "/search/")]
    request = client.get("/").wsgi_request
    pages.append(gallery.show(request).content.decode())
    for page in pages:
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", page)
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))


def test_no_style_sheet_is_long() -> None:
    for path in (*ROOT.glob("static/css/*.css"), *ROOT.glob("static/js/*.js")):
        assert len(path.read_text().splitlines()) < 400, path
