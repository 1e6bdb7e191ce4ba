"""A local archive's list of studies as CSV (AR-12). Only what is compared is taken from it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum

from archive.objects.study_lists import ListedStudy
from archive.rules import sheets
from archive.values import Uid, without_codes

# Names as spreadsheets and DICOM have them, in letters only.
COLUMNS = {
    "studyinstanceuid": "study_instance_uid",
    "studyuid": "study_instance_uid",
    "accessionnumber": "accession_number",
    "accession": "accession_number",
    "studydate": "study_date",
    "instances": "instances",
    "objects": "instances",
    "images": "instances",
    "numberofinstances": "instances",
    "numberofobjects": "instances",
    "numberofimages": "instances",
    "numberofstudyrelatedinstances": "instances",
}
NAMED = ("study_uid", "accession")  # one of them is enough
MOST_ACCESSION = 64
MOST_INSTANCES = 1_000_000


class Problem(StrEnum):
    """Why a line is faulty."""

    NAMELESS = "nameless"
    UID = "uid"
    ACCESSION = "accession"
    PERSON = "person"
    DAY = "day"
    INSTANCES = "instances"
    COLUMNS = "columns"


class Faulty(ValueError):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def read(lines: Iterable[str]) -> Iterator[tuple[int, ListedStudy | Problem]]:
    """Each line's number with its study, or with why it is none. Raises ListUnreadable."""
    for number, row in sheets.rows(lines, [NAMED], column=_column):
        try:
            yield number, study(row)
        except Faulty as fault:
            yield number, fault.problem


def _column(name: str) -> str:
    letters = re.sub(r"[^a-z]", "", name.lower())
    return COLUMNS.get(letters, name)


def study(row: Mapping[str, str]) -> ListedStudy:
    """From a line of a list or from an answer of a system. Raises Faulty."""
    if sheets.REST in row:
        raise Faulty(Problem.COLUMNS)
    uid, accession = row.get("study_instance_uid", ""), row.get("accession_number", "")
    if not (uid or accession):
        raise Faulty(Problem.NAMELESS)
    if uid:
        try:
            Uid(uid)
        except ValueError:
            raise Faulty(Problem.UID) from None
    if len(accession) > MOST_ACCESSION or not accession.isprintable():
        raise Faulty(Problem.ACCESSION)
    if without_codes(accession) != accession:
        raise Faulty(Problem.PERSON)
    return ListedStudy(
        uid, accession, _day(row.get("study_date", "")), _count(row.get("instances", ""))
    )


def _day(text: str) -> date | None:
    try:
        return sheets.day(text) if text else None
    except ValueError:
        raise Faulty(Problem.DAY) from None


def _count(text: str) -> int | None:
    if not text:
        return None
    # Digits by the thousand are none that Python reads.
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) > MOST_INSTANCES:
        raise Faulty(Problem.INSTANCES)
    return int(text)
