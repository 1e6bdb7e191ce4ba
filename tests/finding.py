"""C-FIND as a customer's system asks it, and what is answered."""

from typing import Any

from pydicom.datadict import tag_for_keyword

from archive.objects import identifier
from archive.objects.identifier import Attribute
from archive.services import querying
from archive.services.querying import Question, Search
from tests import cast
from tests.cast import ESIMERKKILA, IMPLICIT, dataset


def tag(keyword: str) -> int:
    found = tag_for_keyword(keyword)
    assert found is not None
    return int(found)


def question(
    level: str, *, patient_root: bool = False, together: bool = False, **keys: Any
) -> Question:
    asked = [Attribute(identifier.LEVEL, "CS", (level,))]
    for keyword, value in keys.items():
        if isinstance(value, dict):
            item = tuple(Attribute(tag(name), "LO", (text,)) for name, text in value.items())
            asked.append(Attribute(tag(keyword), "SQ", items=(item,)))
        else:
            asked.append(Attribute(tag(keyword), "LO", (value,) if value else ()))
    data = identifier.encode(asked, IMPLICIT, "ISO_IR 192")
    return Question(data, IMPLICIT, patient_root=patient_root, together=together)


def answers(search: Search) -> list[dict[int, Attribute]]:
    return [
        {attribute.tag: attribute for attribute in answer}
        for page in search.pages()
        for answer in search.answers(page)
    ]


def find(level: str, *, business_id: str = ESIMERKKILA, **keys: Any) -> list[dict[str, Any]]:
    """The answers, each by keyword; a value alone as text."""
    root = keys.pop("patient_root", False)
    together = keys.pop("together", False)
    asked = question(level, patient_root=root, together=together, **keys)
    names = [*keys, "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "RetrieveAETitle"]
    return [
        {
            name: "\\".join(found[tag(name)].values)
            for name in names
            if tag(name) in found and not found[tag(name)].items
        }
        for found in answers(querying.find(cast.peer(business_id), asked))
    ]


def uids(level: str, **keys: Any) -> set[str]:
    unique = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}
    return {found[unique[level]] for found in find(level, **keys)}


def study(number: int, **columns: Any) -> str:
    """One object in one series; the study's UID."""
    uid = f"1.2.246.10.90000003.{number}"
    values = {"AccessionNumber": f"A{number}", "SeriesInstanceUID": f"{uid}.1", **columns}
    cast.store(dataset(StudyInstanceUID=uid, **values))
    return uid
