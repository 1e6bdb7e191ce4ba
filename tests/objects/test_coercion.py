"""Values laid over a data set: the rest stays byte for byte, what was said before is told."""

import warnings
from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from archive.objects import elements, sameness
from archive.objects.coercion import Modification, coerced, originals_in
from archive.objects.study_facts import is_correctable
from tests.cast import dataset
from tests.objects.samples import (
    BIG,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    data_sets,
    encoded,
    read,
)

AT = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
HERE = Modification(AT, "Imaging Data Repository")
CUT_OFF = {"MR_truncated.dcm", "rtplan_truncated.dcm"}  # such are not archived
VALUES = {"PatientName": "Mallikas^Maija", "PatientID": "010594Y9032", "AccessionNumber": "B2"}
VALUES |= {"IssuerOfPatientID": "1.2.246.21"}


def given_out(data: bytes, syntax: str, *modifications: Modification, **values: str) -> bytes:
    head, rest = coerced(data, syntax, values, modifications or (HERE,))
    return head + data[rest:]


def parsed(data: bytes, syntax: str) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read(data, syntax)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG, DEFLATED])
def test_new_values_stand_and_the_old_ones_are_told(syntax: str) -> None:
    made = dataset()
    data = encoded(made, syntax)
    out = parsed(given_out(data, syntax, **VALUES), syntax)
    assert (out.PatientID, out.PatientName, out.AccessionNumber) == (
        "010594Y9032",
        "Mallikas^Maija",
        "B2",
    )
    assert out.IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID == "1.2.246.21"
    [item] = out.OriginalAttributesSequence
    before = item.ModifiedAttributesSequence[0]
    assert before.PatientID == made.PatientID
    assert str(before.PatientName) == "Meikäläinen^Matti"
    assert item.ReasonForTheAttributeModification == "CORRECT"
    assert item.ModifyingSystem == "Imaging Data Repository"
    assert item.AttributeModificationDateTime == "20261126080000.000000+0000"
    assert "StudyDate" not in before
    assert np.array_equal(np.frombuffer(out.PixelData), np.frombuffer(made.PixelData))


@pytest.mark.parametrize("name", sorted(data_sets().keys() - CUT_OFF))
def test_of_any_object_nothing_else_changes(name: str) -> None:
    data, syntax = data_sets()[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = given_out(data, syntax, PatientID="X1", PatientName="Mallikas^Maija")
        changed = sameness.changed_elements(data, syntax, out, syntax, is_correctable)
    assert changed is not None
    assert changed <= {0x00080015, 0x00100010, 0x00100020, 0x00100024, 0x04000561}


@pytest.mark.parametrize("name", ["Mallikas^Maija", "Łukasz^Žofia"])
def test_all_that_follows_is_told_and_not_copied(name: str) -> None:
    data = encoded(dataset(SpecificCharacterSet="ISO_IR 100"), EXPLICIT)
    head, rest = coerced(data, EXPLICIT, {"PatientName": name}, (HERE,))
    assert rest == data.rindex(b"\xe0\x7f\x10\x00")
    assert head.count(name.encode()) == 1


def test_a_name_that_the_character_set_lacks_makes_all_texts_unicode() -> None:
    data = encoded(dataset(SpecificCharacterSet="ISO_IR 100"), EXPLICIT)
    out = parsed(given_out(data, EXPLICIT, PatientName="Łukasz^Žofia"), EXPLICIT)
    assert out.SpecificCharacterSet == "ISO_IR 192"
    assert (str(out.PatientName), out.StudyDescription) == ("Łukasz^Žofia", "AA1AD Pään TT")
    before = out.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
    assert str(before.PatientName) == "Meikäläinen^Matti"


def test_corrections_follow_each_other() -> None:
    data = encoded(dataset(), EXPLICIT)
    once = given_out(data, EXPLICIT, PatientID="A")
    sent = Modification(AT, "ESIM_PACS", originals_in(data, EXPLICIT, [0x00100010]))
    out = parsed(given_out(once, EXPLICIT, sent, HERE, PatientID="B"), EXPLICIT)
    before = [item.ModifiedAttributesSequence[0] for item in out.OriginalAttributesSequence]
    assert [item.get("PatientID") for item in before] == ["010181-900C", None, "A"]
    assert str(before[1].PatientName) == "Meikäläinen^Matti"


@pytest.mark.parametrize("syntax", [IMPLICIT, BIG, DEFLATED])
def test_originals_go_into_any_encoding(syntax: str) -> None:
    kept = originals_in(encoded(dataset(), syntax), syntax, [0x00100020, 0x00080050])
    sent = Modification(AT, "ESIM_PACS", kept)
    out = parsed(given_out(encoded(dataset(), IMPLICIT), IMPLICIT, sent), IMPLICIT)
    before = out.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
    assert (before.PatientID, before.AccessionNumber) == ("010181-900C", "A1")


def test_what_was_absent_before_is_not_told_of() -> None:
    out = parsed(given_out(encoded(dataset(), EXPLICIT), EXPLICIT, StudyID="7"), EXPLICIT)
    assert out.StudyID == "7"
    assert "StudyID" not in out.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]


def test_elements_stand_in_their_order() -> None:
    data = given_out(encoded(dataset(), EXPLICIT), EXPLICIT, **VALUES, StudyID="7")
    tags = [each.tag for each in elements.elements(data, 0, len(data), elements.EXPLICIT)]
    assert tags == sorted(tags)
    assert read_dataset(BytesIO(data), False, True).StudyID == "7"
