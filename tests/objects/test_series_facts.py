"""Step and orders of a series, from as few bytes as they need; held against pydicom (AR-6)."""

import warnings
from io import BytesIO

import pytest
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from archive.errors import DatasetUnreadable
from archive.objects import elements, series_facts
from archive.objects.series_facts import Request, SeriesFacts
from tests.objects.samples import BIG, DEFLATED, EXPLICIT, IMPLICIT, TRUNCATED, data_sets, encoded


def made(**more: str) -> Dataset:
    one, other = Dataset(), Dataset()
    one.ScheduledProcedureStepID, one.RequestedProcedureID = "S1", "R1"
    one.RequestedProcedureDescription = "Pää"
    other.RequestedProcedureID = "Tötö"
    whole = Dataset()
    whole.SpecificCharacterSet = "ISO_IR 100"
    whole.PatientName = "Meikäläinen^Matti"
    whole.PerformedProcedureStepStartDate = "20261120"
    whole.PerformedProcedureStepStartTime = "101500"
    whole.RequestAttributesSequence = [one, other, Dataset()]
    whole.add_new(0x7FE00010, "OB", bytes(1000))
    for name, value in more.items():
        setattr(whole, name, value)
    return whole


EXPECTED = SeriesFacts("20261120", "101500", (Request("S1", "R1"), Request("", "Tötö")))


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG, DEFLATED])
def test_they_are_read_in_each_encoding(syntax: str) -> None:
    data = encoded(made(), syntax)
    assert series_facts.read(data, syntax, whole=True) == EXPECTED


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_the_first_bytes_say_all_or_that_they_are_too_few(syntax: str) -> None:
    """Wherever the data set is cut, nothing is left out without a word."""
    data = encoded(made(), syntax)
    pixels = len(data) - 1_012
    for length in range(0, len(data)):
        found = series_facts.read(data[:length], syntax, whole=False)
        assert found == (EXPECTED if length > pixels + 12 else found)
        assert found in (None, EXPECTED)


def test_an_object_that_says_nothing_of_them_is_an_answer() -> None:
    bare = Dataset()
    bare.PatientID = "X"
    data = encoded(bare, EXPLICIT)
    assert series_facts.read(data, EXPLICIT, whole=True) == SeriesFacts()
    assert series_facts.read(data, EXPLICIT, whole=False) is None
    with pytest.raises(DatasetUnreadable):
        series_facts.read(data[:-1], EXPLICIT, whole=True)


@pytest.mark.parametrize("name", sorted(data_sets().keys() - TRUNCATED))
def test_as_pydicom_reads_them(name: str) -> None:
    data, syntax = data_sets()[name]
    try:
        found = series_facts.read(data, syntax, whole=True)
    except DatasetUnreadable:
        pytest.skip("is in another encoding than it says")
    if elements.is_deflated(syntax):
        data, _ = elements.inflate(data, series_facts.INFLATED)
    encoding = elements.encoding_of(syntax)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = read_dataset(BytesIO(data), not encoding.explicit, encoding.little)
        asked = [
            Request(str(each.get("ScheduledProcedureStepID") or ""), str(told or ""))
            for each in plain.get("RequestAttributesSequence") or ()
            for told in [each.get("RequestedProcedureID")]
        ]
    date, time = (
        str(plain.get(f"PerformedProcedureStepStart{each}") or "") for each in ("Date", "Time")
    )
    assert found == SeriesFacts(date, time, tuple(each for each in asked if any(each)))
