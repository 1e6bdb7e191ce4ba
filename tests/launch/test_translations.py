"""Catalogues are compiled without Debian's gettext."""

import gettext
from pathlib import Path

import pytest

from launch import translations

CATALOGUE = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Study"
msgstr "Tutkimus"
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "locale/fi/LC_MESSAGES"
    folder.mkdir(parents=True)
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    return folder / "django.po"


def test_a_catalogue_is_compiled_beside_its_source(source: Path) -> None:
    source.write_text(CATALOGUE)
    assert translations.main() == 0
    with source.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Study") == "Tutkimus"
    assert sorted(path.name for path in source.parent.iterdir()) == ["django.mo", "django.po"]


def test_a_lost_placeholder_is_named(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = '#, python-format\nmsgid "%(count)d studies"\nmsgstr "%(many)d tutkimusta"\n'
    source.write_text(f"{CATALOGUE}\n{wrong}")
    assert translations.main() == 1
    assert "locale/fi/LC_MESSAGES/django.po: line 9:" in capsys.readouterr().err
