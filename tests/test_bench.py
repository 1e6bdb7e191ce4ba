"""The measurements' own parts: what they send is admitted, what they fill in is plausible."""

import importlib
import os
import pkgutil
from pathlib import Path

import psycopg
import pydicom
import pytest
from pydicom.dataset import Dataset

import bench
from archive.models import Document, Instance, Patient, Study
from archive.services.sessions import Session
from archive.simulation.world import Customer
from archive.simulation.world import Patient as Person
from archive.values import HETU_ROOT, PersonId
from bench import corpus, fill
from bench.corpus import CT_SIZED, SMALL, Maker
from bench.results import Results, Sample
from tests import cast


def test_every_module_can_be_read() -> None:
    names = [each.name for each in pkgutil.iter_modules(bench.__path__)]
    assert {"receiving", "giving", "growing"} <= set(names)
    for name in names:
        importlib.import_module(f"bench.{name}")
    for command in ("ingest", "retrieve", "scale"):
        assert os.access(Path(bench.__path__[0]) / command, os.X_OK), command


@pytest.mark.usefixtures("db")
def test_the_corpus_is_admitted(tmp_path: Path) -> None:
    link = cast.connection()
    customer = Customer(
        name="Esimerkkilä",
        business_id=cast.ESIMERKKILA,
        controller_oid=link.organisation.registers.get(is_default=True).controller_oid,
        aet=link.aet,
        test_aet="",
        host="",
        port=0,
    )
    makes = Maker(customer, Person(cast.MATTI, "Testi^Matti"))
    folders = [
        makes.write(tmp_path / "small", SMALL, 2),
        makes.write(tmp_path / "ct", CT_SIZED, 1),
        corpus.write_large(tmp_path / "large", makes.order(), 1),
    ]
    session = Session(cast.peer())
    for folder in folders:
        for path in sorted(folder.path.iterdir()):
            cast.send(session, Dataset(pydicom.dcmread(path)))
    session.close()
    stored = Study.objects.filter(study_instance_uid__in=[each.study_uid for each in folders])
    assert sorted(stored.values_list("instance_count", flat=True)) == [1, 1, 2]


def test_what_is_filled_in_is_as_if_it_had_been_stored(fresh_database: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        fill.fill(connection, 60, HETU_ROOT, lambda done: None)
        fill.fill(connection, 110, HETU_ROOT, lambda done: None)
        assert fill.held(connection) == 110
    filled = Study.objects.filter(study_id=fill.MARK)
    assert Instance.objects.filter(study__in=filled).count() == 2 * 110
    assert Document.objects.filter(study__in=filled, kind="manifest").count() == 108
    assert filled.values("register").distinct().count() > 1
    people = Patient.objects.filter(studies__in=filled).distinct()
    assert people.count() == 28
    assert all(PersonId(person.identifier).is_test for person in people)


def test_ratios_are_made_within_a_round() -> None:
    results = Results()
    for seconds in (1.0, 10.0, 2.0):  # a machine that is busy in the second round
        results.add("case", "ours", Sample(100, seconds, 0.1))
        results.add("case", "theirs", Sample(100, 2 * seconds, 0.2))
    assert results.ratio("case", "ours", "theirs") == 2.0
    assert results.spread("case", "ours") == 10.0
    assert "2.00 x" in results.table("ours")
