"""A local archive's list of studies: what is taken from it (AR-12)."""

from datetime import date

import pytest

from archive.errors.rules import ListUnreadable
from archive.objects.study_lists import ListedStudy
from archive.rules import study_lists
from archive.rules.study_lists import Problem


def read(*lines: str) -> list[tuple[int, ListedStudy | Problem]]:
    return list(study_lists.read([f"{line}\n" for line in lines]))


def test_columns_are_known_by_their_names_in_any_order_and_the_rest_is_left_out() -> None:
    heading = "PatientName;Study Instance UID;AccessionNumber;Study_Date;Objects"
    found = read(heading, "Meikäläinen;1.2.3;R1;20.11.2026;5", "x;1.2.4;;20261120;")
    day = date(2026, 11, 20)
    assert found == [
        (2, ListedStudy("1.2.3", "R1", day, 5)),
        (3, ListedStudy("1.2.4", "", day, None)),
    ]
    assert read("accession", "R7") == [(2, ListedStudy("", "R7", None, None))]


def test_faulty_lines_are_told_by_number_and_why() -> None:
    heading = "study_uid,accession,study_date,instances"
    lines = (
        *(",,2026-11-20,5", "1.02.3,R1,,", f"1.2.3,{'R' * 65},,"),
        *("1.2.3,010181-900C,,", "1.2.3,R1,2026-13-01,", "1.2.3,R1,,many", "1.2.3,R1,,,,"),
    )
    assert read(heading, *lines) == [
        (2, Problem.NAMELESS),
        (3, Problem.UID),
        (4, Problem.ACCESSION),
        (5, Problem.PERSON),
        (6, Problem.DAY),
        (7, Problem.INSTANCES),
        (8, Problem.COLUMNS),
    ]


@pytest.mark.parametrize(
    "day", ["1.1.99999999999", "99999999999.1.2026", "1.1", "31.2.2026", "x.y.z"]
)
def test_what_is_no_day_is_a_fault_of_its_line(day: str) -> None:
    found = read("accession,study_date", f"R1,{day}", "R2,20.11.2026")
    assert [each[1] for each in found] == [
        Problem.DAY,
        ListedStudy("", "R2", date(2026, 11, 20), None),
    ]


def test_numbers_and_names_are_bounded() -> None:
    heading = "accession,instances"
    wrong = ("1000001", "9" * 5_000, "٣", "-1", "1.5")
    lines = [*(f"R1,{text}" for text in wrong), "R1,1000000", f"{'R' * 64},0", "R\u20281,5"]
    found = read(heading, *lines)
    faults = [Problem.INSTANCES] * len(wrong)
    assert [each[1] for each in found[: len(wrong)]] == faults
    assert not any(isinstance(each[1], Problem) for each in found[len(wrong) : -1])
    assert found[-1] == (len(lines) + 1, Problem.ACCESSION)


@pytest.mark.parametrize("heading", ["", "name,study_date", "study_uid,StudyInstanceUID"])
def test_a_list_without_a_name_for_its_studies_is_none(heading: str) -> None:
    with pytest.raises(ListUnreadable):
        read(heading, "x,y")
