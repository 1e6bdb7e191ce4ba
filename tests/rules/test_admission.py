"""Each admission rule, right and wrong (AR-1, AR-2, AR-8)."""

from datetime import date
from typing import Any

import pytest
from pydicom.dataset import Dataset

from archive import errors
from archive.objects.header import read_header
from archive.rules.admission import Admitted, Announced, Content, Policy, admit
from archive.values import HETU_ROOT, Period, StudyCode
from tests.cast import CT, EXPLICIT, MATTI, dataset, encoded

ECG = "1.2.840.10008.5.1.4.1.1.9.1.1"
TODAY = date(2026, 11, 22)
CODES = {
    "AA1AD": [Period(date(2010, 1, 1))],
    "ZZ1ZZ": [Period(date(2010, 1, 1), date(2020, 12, 31))],
}
CONTENTS = (
    Content("ct", frozenset({CT}), frozenset({"CT"}), True, Period(date(2018, 1, 1))),
    Content("resting_ecg", frozenset({ECG}), frozenset({"ECG"}), False, Period(date(2021, 1, 1))),
    Content("later", frozenset({"1.2.3"}), frozenset(), True, Period(date(2027, 1, 1))),
)


def policy(environment: str = "production", takes_test_patients: bool = True) -> Policy:
    def codes(code: StudyCode) -> list[Period]:
        return CODES.get(code, [])

    return Policy(CONTENTS, codes, environment, takes_test_patients)


def judge(rules: Policy | None = None, **overrides: Any) -> Admitted:
    made = dataset(**overrides)
    header = read_header(encoded(made), EXPLICIT)
    announced = Announced(str(made.get("SOPClassUID", CT)), str(made.get("SOPInstanceUID", "")))
    return admit(header, announced, rules or policy(), TODAY)


def test_a_right_object_is_admitted_with_what_it_is() -> None:
    found = judge()
    assert (found.patient.value, found.study_code, found.content_type) == (MATTI, "AA1AD", "ct")


@pytest.mark.parametrize(
    ("overrides", "error"),
    [
        ({"PatientID": None}, errors.PatientIdUntrusted),
        ({"PatientID": ""}, errors.PatientIdUntrusted),
        ({"PatientID": "010181-900D"}, errors.PatientIdUntrusted),  # check character
        ({"PatientID": "310281-900C"}, errors.PatientIdUntrusted),  # no such day
        ({"PatientID": "010181–900C"}, errors.PatientIdUntrusted),  # a foreign dash
        ({"PatientID": "010181 900C"}, errors.PatientIdUntrusted),
        ({"PatientID": f"{MATTI}\n"}, errors.PatientIdUntrusted),
        ({"IssuerOfPatientID": f"{HETU_ROOT}\n"}, errors.PatientIdUntrusted),
        ({"IssuerOfPatientID": "1.2.246.21.9"}, errors.PatientIdUntrusted),
        ({"IssuerOfPatientID": "SOMEBODY"}, errors.PatientIdUntrusted),
        (
            {"PatientID": "T" * 65, "IssuerOfPatientID": "1.2.246.10.90000003.22.2026"},
            errors.PatientIdUntrusted,
        ),
        ({"StudyDescription": "ZZ9ZZ Pää"}, errors.StudyCodeUnknown),
        ({"StudyDescription": "CT HEAD"}, errors.StudyCodeUnknown),
        ({"StudyDescription": "aa1ad Pää"}, errors.StudyCodeUnknown),
        ({"StudyDescription": None}, errors.StudyCodeMissing),
        ({"StudyDescription": "ZZ1ZZ x"}, errors.StudyCodeClosed),
        ({"StudyDescription": "ZZ1ZZ x", "StudyDate": ""}, errors.StudyCodeClosed),
        ({"AccessionNumber": None}, errors.AccessionMissing),
        ({"AccessionNumber": "  "}, errors.AccessionMissing),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.4"}, errors.ClassNotArchived),
        ({"SOPClassUID": "1.2.3"}, errors.ClassNotArchived),  # allowed from a later day
        ({"Modality": "MR"}, errors.ContentMismatch),
        ({"StudyInstanceUID": "1.02.3"}, errors.DatasetUnreadable),
        ({"SeriesInstanceUID": None}, errors.DatasetUnreadable),
    ],
)
def test_a_wrong_object_is_refused_with_its_own_reason(
    overrides: dict[str, Any], error: type[errors.ArchiveError]
) -> None:
    with pytest.raises(error):
        judge(**overrides)


def test_an_unreadable_object_names_the_element_at_fault() -> None:
    for overrides, tag in (
        ({"StudyInstanceUID": "1.2.abc"}, 0x0020000D),
        ({"SeriesInstanceUID": None}, 0x0020000E),
    ):
        with pytest.raises(errors.DatasetUnreadable) as refused:
            judge(**overrides)
        assert refused.value.tags == (tag,)


@pytest.mark.parametrize(
    "overrides",
    [
        {"PatientID": "010181-900c"},  # lower case is compared as upper
        {"PatientID": " 010181-900C "},  # DICOM padding
        {"IssuerOfPatientID": None},
        {"IssuerOfPatientID": HETU_ROOT},
        {"PatientID": "020516C903K"},
        {"StudyDescription": "ZZ1ZZ x", "StudyDate": "20200101"},  # valid on its own day
        {"StudyDate": "20100101"},  # before archiving was possible: may be archived now
        {"SOPClassUID": ECG, "Modality": "ECG", "StudyDescription": None},  # no code demanded
    ],
)
def test_what_is_right_in_another_way_is_admitted(overrides: dict[str, Any]) -> None:
    judge(**overrides)


def test_the_century_sign_is_part_of_the_identity() -> None:
    assert judge(PatientID="010594Y9032").patient.value == "010594Y9032"


def test_a_temporary_id_needs_its_organisations_root() -> None:
    root = "1.2.246.10.90000003.22.2026"
    assert judge(PatientID="010181-9TMP", IssuerOfPatientID=root).patient.issuer == root


def test_the_universal_entity_id_names_the_issuer_too() -> None:
    qualifier = Dataset()
    qualifier.UniversalEntityID, qualifier.UniversalEntityIDType = "1.2.3.4", "ISO"
    with pytest.raises(errors.PatientIdUntrusted):
        judge(IssuerOfPatientIDQualifiersSequence=[qualifier])
    qualifier.UniversalEntityID = HETU_ROOT
    judge(IssuerOfPatientIDQualifiersSequence=[qualifier], IssuerOfPatientID=None)


def test_the_test_environment_takes_the_900_series_only() -> None:
    with pytest.raises(errors.EnvironmentMismatch):
        judge(policy("test"), PatientID="131052-308T")
    judge(policy("test"))


def test_production_takes_the_900_series_when_the_setting_says_so() -> None:
    with pytest.raises(errors.RealPatientRequired):
        judge(policy(takes_test_patients=False))
    judge(policy(takes_test_patients=False), PatientID="131052-308T")


def test_the_data_set_is_what_the_request_announced() -> None:
    made = dataset()
    header = read_header(encoded(made), EXPLICIT)
    with pytest.raises(errors.ClassMismatch):
        admit(header, Announced(ECG, str(made.SOPInstanceUID)), policy(), TODAY)
    with pytest.raises(errors.ClassMismatch):
        admit(header, Announced(CT, "1.2.3"), policy(), TODAY)
