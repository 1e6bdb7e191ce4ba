"""Schemas of OASIS and IHE, where they lie beside the project; else the tests are skipped."""

from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from archive.config import ROOT


def shared(name: str) -> Path:
    """A file or folder of the material that is not part of the project."""
    for above in (ROOT.parent, ROOT.parent.parent):
        if (above / "shared" / name).exists():
            return above / "shared" / name
    pytest.skip(f"shared/{name} is not on this machine")


@cache
def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(shared("schemas") / name)))
