"""`manage.py texts update|check`: the catalogues of locale/ from the code and templates,
without system gettext.
"""

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

from archive.config import ROOT

LANGUAGES = ("fi", "sv", "en")
COMPLETE = ("fi", "sv")  # English is the key itself
CODE = ("archive", "onboarding", "portal")
TEMPLATES = "templates"
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACE = re.compile(r"%\((\w+)\)[sd]")
HEADER = "# Texts of the Imaging Data Repository.\n"

Key = tuple[str | None, str | tuple[str, ...]]


def sources() -> Iterator[tuple[Path, bytes]]:
    """Every file with texts, as Python that Babel reads; a template becomes gettext calls
    between blanks.
    """
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, path.read_bytes()
    for path in sorted((ROOT / TEMPLATES).rglob("*")):
        if path.suffix in (".html", ".txt"):
            calls = templatize(path.read_text(), origin=str(path))
            yield path, "\n".join(line.lstrip() for line in calls.splitlines()).encode()


@cache
def extracted() -> Catalog:
    """All texts of the product; read once in a process."""
    catalog = Catalog(charset="utf-8")
    for path, code in sources():
        name = str(path.relative_to(ROOT))
        for line, message, _comments, context in extract("python", BytesIO(code), KEYWORDS):
            if message and message != ("", ""):
                catalog.add(message, None, [(name, line)], context=context)
    return catalog


def po_path(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", header_comment=HEADER, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def update() -> list[str]:
    """Bring the three catalogues to what the product says now; obsolete texts are dropped. The
    languages written.
    """
    template = extracted()
    written = []
    for language in LANGUAGES:
        catalog = read(language)
        kept = catalog.creation_date
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.creation_date = catalog.revision_date = kept  # a date alone is no change
        catalog.header_comment = HEADER
        file = BytesIO()
        write_po(
            file, catalog, width=100, sort_output=True, include_lineno=False, ignore_obsolete=True
        )
        path = po_path(language)
        if not path.exists() or path.read_bytes() != file.getvalue():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.getvalue())
            written.append(language)
    return written


def faults() -> Iterator[str]:
    """What keeps the product from speaking all its languages."""
    wanted = {_key(message) for message in extracted() if message.id}
    for language in LANGUAGES:
        catalog = read(language)
        have = {_key(message): message for message in catalog if message.id}
        yield from (
            f"{language}: not in the catalogue, run `manage.py texts update`: {_first(key)}"
            for key in wanted - set(have)
        )
        yield from (
            f"{language}: said nowhere any more: {_first(key)}" for key in set(have) - wanted
        )
        if language in COMPLETE:
            yield from (
                f"{language}: {fault}: {_first(key)}"
                for key, each in have.items()
                if (fault := _fault(each))
            )


def _key(message: Message) -> Key:
    return message.context, message.id if isinstance(message.id, str) else tuple(message.id)


def _first(key: Key) -> str:
    return key[1] if isinstance(key[1], str) else key[1][0]


def _fault(message: Message) -> str:
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    strings = [message.string] if isinstance(message.string, str) else list(message.string or [""])
    if message.fuzzy:
        return "fuzzy"
    if not all(strings):
        return "empty"
    places = {name for each in ids for name in PLACE.findall(each)}
    if any(set(PLACE.findall(each)) - places for each in strings):
        return "names a place that the text does not have"
    if isinstance(message.id, str) and set(PLACE.findall(strings[0])) != places:
        return "leaves out a place"
    return ""


class Command(BaseCommand):
    help = "Bring the texts of locale/ up to date or check that they are complete."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=("update", "check"))

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "update":
            self.stdout.write(f"written: {', '.join(update()) or 'nothing, all was up to date'}")
        elif found := list(faults()):
            raise CommandError("\n".join(found))
        else:
            self.stdout.write("complete")
