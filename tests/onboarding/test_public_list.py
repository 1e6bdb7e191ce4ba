"""The public list equals its source, and says where the source is odd (ON-7)."""

import re
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from archive.config import ROOT
from archive.models import Organisation, Sector
from onboarding.errors import FieldInvalid
from onboarding.models import JoiningState, PublicCustomer
from onboarding.queries.public import public_customers
from onboarding.services import public_list
from tests.onboarding import cast

SEEDS = sorted((ROOT.parent / "shared" / "seeds").glob("002_*.txt"))
PAGE = """Kuva-aineistojen arkistoa käyttävät palvelunantajat

Taulukko: Kuva-aineistojen arkistoa käyttävät julkiset palvelunantajat
Palvelunantaja Liittymispäivämäärä
Ensimmäinen hyvinvointialue 1.1.2023
Toinen hyvinvointialue 1.12023
Kolmas hyvinvointialue
Taulukko: Kuva-aineistojen arkistoa käyttävät yksityiset palvelunantajat
Palvelunantaja Liittymispäivämäärä
Neljäs Oy 31.2.2022

Viides säätiö sr

21.9.2022
Kuudes 24 Oy 2.12.2020

Lue lisää
Seitsemäs Oy 1.1.2020
"""


def test_the_two_tables_are_read_and_what_is_odd_is_reported() -> None:
    reading = public_list.read(PAGE, "page")
    assert [
        (line.sector, line.name_fi, line.joined_on, line.joined_text) for line in reading.lines
    ] == [
        (Sector.PUBLIC, "Ensimmäinen hyvinvointialue", date(2023, 1, 1), ""),
        (Sector.PUBLIC, "Toinen hyvinvointialue", date(2023, 1, 1), "1.12023"),
        (Sector.PRIVATE, "Viides säätiö sr", date(2022, 9, 21), ""),
        (Sector.PRIVATE, "Kuudes 24 Oy", date(2020, 12, 2), ""),
    ]
    assert [oddity.split(":")[0].strip("'") for oddity in reading.oddities] == [
        "Toinen hyvinvointialue",
        "Kolmas hyvinvointialue",
        "Neljäs Oy 31.2.2022",
    ]


def test_a_text_without_tables_is_refused() -> None:
    for text in ("", "nothing", "sector,name_fi,joined_on\n", "sector,name_fi\n1,X\n"):
        with pytest.raises(FieldInvalid):
            public_list.read(text)


@pytest.mark.usefixtures("db")
@pytest.mark.skipif(not SEEDS, reason="the source's text is not here")
def test_the_list_equals_the_sources_thirty_rows() -> None:
    text = SEEDS[0].read_text(encoding="utf-8")
    tables = text[text.index("Taulukko: ") : text.index("Lue lisää")]
    dates = re.findall(r"^(?:.* )?(\d{1,2}\.\d{1,2}\.?\d{4})$", tables, re.MULTILINE)
    shown = public_customers()
    assert len(shown) == len(dates) == 30
    assert [row.sector for row in shown].count(Sector.PUBLIC) == 16
    for row in shown:
        day = row.joined_text or f"{row.joined_on:%-d.%-m.%Y}"
        assert re.search(rf"^{re.escape(row.name_fi)}\s+{re.escape(day)}$", tables, re.MULTILINE)
    assert [row.name_fi for row in shown if row.joined_text] == ["Lapin hyvinvointialue"]
    lines = public_list.read(text).lines
    assert {(line.name_fi, line.joined_on) for line in lines} == {
        (row.name_fi, row.joined_on) for row in shown
    }


@pytest.mark.usefixtures("db")
def test_loading_again_changes_nothing_and_keeps_translations(tmp_path: Path) -> None:
    shipped = ROOT / "onboarding" / "reference" / "public_customers.csv"
    out, err = StringIO(), StringIO()
    call_command("load_public_list", str(shipped), stdout=out, stderr=err)
    assert "30 customers read, 0 changed" in out.getvalue()
    assert "'1.12023'" in err.getvalue()
    page = tmp_path / "page.txt"
    page.write_text(PAGE.replace("Ensimmäinen hyvinvointialue 1.1", "HUS-yhtymä 2.2"), "utf-8")
    call_command("load_public_list", str(page), stdout=(out := StringIO()), stderr=StringIO())
    assert "4 customers read, 4 changed" in out.getvalue()
    hus = PublicCustomer.objects.get(name_fi="HUS-yhtymä")
    assert (hus.joined_on, hus.name_sv) == (date(2023, 2, 2), "HUS-sammanslutningen")
    call_command("load_public_list", str(page), stdout=(out := StringIO()), stderr=StringIO())
    assert "4 customers read, 0 changed" in out.getvalue()


@pytest.mark.usefixtures("db")
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no-such-file"):
        call_command("load_public_list", str(tmp_path / "no-such-file"))


@pytest.mark.usefixtures("db")
def test_nobody_of_the_demo_world_is_on_the_list() -> None:
    """Nor, in demo mode, anybody whom the source does not name."""
    road = cast.brought_to(JoiningState.IN_PRODUCTION)
    assert PublicCustomer.objects.filter(organisation=road.organisation).exists()
    names = {row.name_fi for row in public_customers()}
    assert road.organisation.name_fi not in names
    assert not names & set(Organisation.objects.values_list("name_fi", flat=True))


@pytest.mark.usefixtures("db")
def test_search_sector_and_order() -> None:
    assert [row.name_fi for row in public_customers("birkaland")] == ["Pirkanmaan hyvinvointialue"]
    assert [row.name_fi for row in public_customers("pihlaja kainuu")] == ["Pihlajalinna Kainuu Oy"]
    assert public_customers("' OR 1=1 --") == []
    assert {row.sector for row in public_customers(sector="2")} == {"2"}
    names = [row.name_fi for row in public_customers()]
    assert names.index("Työterveys Aalto Oy") < names.index(
        "Ylioppilaiden terveydenhuoltosäätiö sr"
    )
    assert [row.name_fi for row in public_customers(order="-name")] == names[::-1]
    days = [row.joined_on for row in public_customers(order="joined")]
    assert days == sorted(days)
    newest = public_customers(order="-joined")[0]
    assert newest.joined_on == max(days)
