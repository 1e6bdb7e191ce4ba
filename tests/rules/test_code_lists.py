"""Lists of study codes: what is read, what is faulty, what changes (AR-8)."""

from datetime import date

import pytest

from archive.errors.rules import ListUnreadable
from archive.rules import code_lists
from archive.rules.code_lists import Difference, Entry, Plan, Problem

SYSTEM = "1.2.246.537.6.2.2007"
HEADING = "code,system_oid,name_fi,name_sv,name_en,valid_from,valid_until"


def entry(code: str, first: str = "2010-01-01", last: str = "", name: str = "Nimi") -> Entry:
    until = date.fromisoformat(last) if last else None
    return Entry(code, SYSTEM, name, "Namn", "", date.fromisoformat(first), until)


def line(code: str, first: str = "2010-01-01", last: str = "", name: str = "Nimi") -> str:
    return f"{code},{SYSTEM},{name},,,{first},{last}"


def plan(*lines: str, known: tuple[Entry, ...] = (), closes: date | None = None) -> Plan:
    return code_lists.plan("\n".join((HEADING, *lines)), known, closes_missing=closes)


def told(found: Plan) -> list[tuple[str, str]]:
    return [(each.kind.value, each.entry.code) for each in found.changes]


def test_a_list_adds_closes_renames_reopens_and_leaves() -> None:
    known = (
        *(entry("AA1AA"), entry("FPE20"), entry("TFP00")),
        *(entry("JKA21", last="2015-12-31"), entry("JKA22", last="2015-12-31")),
    )
    found = plan(
        *(line("AA1AD"), line("AA1AA", last="2026-12-31"), line("FPE20", name="Uusi nimi")),
        *(line("TFP00"), line("JKA21"), line("JKA22", first="2027-01-01")),
        known=known,
    )
    assert told(found) == [
        ("added", "AA1AD"),
        ("closed", "AA1AA"),
        ("renamed", "FPE20"),
        ("unchanged", "TFP00"),
        ("reopened", "JKA21"),
        ("reopened", "JKA22"),
    ]
    assert not found.faults
    assert found.changes[2].entry.name_sv == "Namn"  # a list without Swedish takes none away


def test_semicolons_marks_of_order_and_finnish_days_are_read() -> None:
    text = f"\ufeff{HEADING.replace(',', ';')}\r\nFPE20;{SYSTEM};Lepo, EKG;;;1.2.2010;\r\n\r\n"
    entries, faults = code_lists.read(text)
    assert [each.valid_from for _number, each in entries] == [date(2010, 2, 1)]
    assert entries[0][1].name_fi == "Lepo, EKG" and not faults


def test_faulty_lines_are_told_by_number_and_why() -> None:
    found = plan(
        line("aa1ad"),
        line("AA1AD"),
        line("AA1AD"),
        line("AA1AD", first="2020-01-01"),
        line("AA1AE", first="2020-13-01"),
        line("AA1AE", last="2009-01-01"),
        line("AA1AE", name=""),
        "AA1AE,oid,Nimi,,,2010-01-01,",
        line("KNOWN", first="2005-01-01"),
        "AA1AG,1,2,3,4,5,6,7,8",
        known=(entry("KNOWN"),),
    )
    assert [(each.line, each.problem) for each in found.faults] == [
        (2, Problem.CODE),
        (4, Problem.REPEATED),
        (5, Problem.OVERLAPS),
        (6, Problem.DAY),
        (7, Problem.ENDS_FIRST),
        (8, Problem.NAME),
        (9, Problem.SYSTEM),
        (10, Problem.OVERLAPS),
        (11, Problem.COLUMNS),
    ]


def test_what_holds_for_one_day_is_no_fault_and_a_name_too_long_is() -> None:
    found = plan(
        line("AA1AD", first="2020-01-01", last="2020-01-01"),
        line("AA1AE", name="n" * (code_lists.MOST_NAME + 1)),
        line("AA1AF", name="n" * code_lists.MOST_NAME),
    )
    assert told(found) == [("added", "AA1AD"), ("added", "AA1AF")]
    assert [(each.line, each.problem) for each in found.faults] == [(3, Problem.NAME)]


def test_a_list_may_have_the_columns_that_must_be_alone() -> None:
    heading = ",".join(code_lists.DEMANDED)
    values = {"code": "AA1AD", "system_oid": SYSTEM, "name_fi": "Nimi", "valid_from": "2010-01-01"}
    row = ",".join(values[column] for column in code_lists.DEMANDED)
    entries, faults = code_lists.read(f"{heading}\n{row}\n")
    assert [each.code for _number, each in entries] == ["AA1AD"] and not faults


def test_what_is_to_hold_without_end_ends_no_earlier() -> None:
    (change,) = plan(line("AA1AD"), known=(entry("AA1AD", last="2030-12-31"),)).changes
    assert change.entry.valid_until is None and not change.ends_earlier


def test_lines_of_one_code_are_judged_together_whatever_their_order() -> None:
    known = (entry("AA1AD"),)
    lines = (line("AA1AD", first="2027-01-01"), line("AA1AD", last="2026-12-31"))
    for order in (lines, lines[::-1]):
        found = plan(*order, known=known)
        assert not found.faults
        assert sorted(told(found)) == [("closed", "AA1AD"), ("reopened", "AA1AD")]


def test_a_whole_list_closes_what_it_does_not_name_in_its_own_systems_only() -> None:
    other = Entry("ZZ1ZZ", "1.2.246.537.6.4", "Muu", "", "", date(2010, 1, 1), None)
    known = (entry("AA1AA"), entry("AA1AD"), entry("OLD01", last="2012-01-01"), other)
    found = plan(line("AA1AD"), known=known, closes=date(2026, 12, 31))
    assert told(found) == [("unchanged", "AA1AD"), ("closed", "AA1AA")]
    assert found.changes[1].entry.valid_until == date(2026, 12, 31)
    assert told(plan(line("AA1AD"), known=known)) == [("unchanged", "AA1AD")]


def test_a_whole_list_ends_what_was_to_hold_beyond_the_closing_day() -> None:
    closing = date(2026, 12, 31)
    last, later = entry("LAST0", last="2026-12-31"), entry("LATE0", last="2030-12-31")
    coming = entry("NEXT0", first="2027-01-01")  # cannot end before it begins
    found = plan(line("AA1AD"), known=(last, later, coming), closes=closing)
    assert told(found) == [("added", "AA1AD"), ("moved", "LATE0")]
    change = found.changes[1]
    assert change.ends_earlier and not found.changes[0].ends_earlier
    (difference,) = change.differences
    assert difference == Difference("valid_until", date(2030, 12, 31), closing)


def test_every_column_that_changes_is_told() -> None:
    lines = (f"AA1AD,{SYSTEM},Nimi,Nytt namn,Name,2010-01-01,2026-12-31",)
    (change,) = plan(*lines, known=(entry("AA1AD"),)).changes
    assert change.kind.value == "closed"
    assert [(each.column, each.before, each.after) for each in change.differences] == [
        ("name_sv", "Namn", "Nytt namn"),
        ("name_en", "", "Name"),
        ("valid_until", None, date(2026, 12, 31)),
    ]


def test_the_digest_follows_what_is_there() -> None:
    lines = (line("AA1AD"), line("AA1AA", last="2026-12-31"))
    one, other = plan(*lines, known=(entry("AA1AA"),)), plan(*lines)
    assert one.digest == plan(*lines, known=(entry("AA1AA"),)).digest
    assert one.digest != other.digest


@pytest.mark.parametrize(
    "text", ["", "code,name_fi\nAA1AD,Nimi", "code,code,system_oid,name_fi,valid_from"]
)
def test_a_file_without_the_columns_is_none(text: str) -> None:
    with pytest.raises(ListUnreadable):
        code_lists.read(text)
