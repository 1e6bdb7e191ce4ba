"""The questions of the guide, one a page. The answers live in the address and nowhere else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

NONE = "none"
ASKED = "asked"  # in the address of a question that was sent: which one
CHANGE = "change"  # in the address: which answered question is asked again


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Any
    more: Any = ""
    apart: bool = False  # stands apart from the others, and excludes them


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    title: Any
    hint: Any
    choices: tuple[Choice, ...]
    several: bool = False

    def answers(self, given: Iterable[str]) -> tuple[str, ...]:
        """What of it may be answered, in our order; nothing when any of it may not."""
        values = set(given)
        known = [choice.value for choice in self.choices]
        alone = {choice.value for choice in self.choices if choice.apart}
        if not values <= set(known) or (not self.several and len(values) > 1):
            return ()
        if values & alone and len(values) > 1:
            return ()
        return tuple(value for value in known if value in values)

    @property
    def wrong(self) -> Any:
        """What is said when the answer cannot be taken."""
        if any(choice.apart for choice in self.choices):
            return _("Choose at least one, or the last one alone.")
        return _("Choose at least one.") if self.several else _("Choose one.")

    def words(self, answers: Iterable[str]) -> list[str]:
        return [str(choice.label) for choice in self.choices if choice.value in set(answers)]


SECTOR = Question(
    "sector",
    _("Which sector does the organisation belong to?"),
    _("The sector decides by which rule it must join, and in which register its data are kept."),
    (
        Choice(
            "public",
            _("Public"),
            _("A wellbeing services county, the City of Helsinki, HUS or another public body."),
        ),
        Choice(
            "private",
            _("Private"),
            _("A company, an association, a foundation or a self-employed professional."),
        ),
    ),
)
SYSTEM = Question(
    "system",
    _("Does it use a patient data system?"),
    _("A program in which patient records are kept, its own or a supplier’s."),
    (
        Choice("yes", _("Yes"), _("Also when it is about to be taken into use.")),
        Choice("no", _("No"), _("Patient records are kept on paper only.")),
    ),
)
SERVICES = Question(
    "services",
    _("Does it buy or sell imaging as a purchased service or with service vouchers?"),
    _("Also the reporting on images counts as imaging here."),
    (
        Choice(
            "buys",
            _("It buys"),
            _("Another organisation images or reports for it, or its patients have vouchers."),
        ),
        Choice(
            "produces",
            _("It produces"),
            _("It images or reports for other organisations, or takes vouchers."),
        ),
        Choice("both", _("Both")),
        Choice("none", _("Neither"), _("It images and reports for itself only, or not at all.")),
    ),
)


def content_question(contents: Mapping[str, Any]) -> Question:
    """`contents`: content type and its name in the reader's language."""
    choices = [Choice(code, name) for code, name in contents.items()]
    return Question(
        "content",
        _("What does it produce?"),
        _("Choose all that arise when its patients are cared for."),
        (*choices, Choice(NONE, _("None of these"), _("It only views or reports."), apart=True)),
        several=True,
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """What the address holds, by question; `open_question` is the one to ask now."""

    questions: tuple[Question, ...]
    given: Mapping[str, tuple[str, ...]]
    open_question: Question | None
    refused: bool  # it was sent, and the answer cannot be taken

    def one(self, name: str) -> str:
        return next(iter(self.given.get(name, ())), "")

    def several(self, name: str) -> tuple[str, ...]:
        return tuple(value for value in self.given.get(name, ()) if value != NONE)

    def pairs(self, *, without: str = "") -> list[tuple[str, str]]:
        """For an address or hidden fields, in the order of the questions."""
        return [
            (question.name, value)
            for question in self.questions
            if question.name != without
            for value in self.given.get(question.name, ())
        ]

    @property
    def place(self) -> int:
        return self.questions.index(self.open_question) + 1 if self.open_question else 0


def read(query: QueryDict, contents: Mapping[str, Any]) -> Answers:
    """The answers of an address; anything else in it is passed over."""
    questions = (SECTOR, SYSTEM, SERVICES, content_question(contents))
    given = {each.name: each.answers(query.getlist(each.name)) for each in questions}
    asked, change = query.get(ASKED, ""), query.get(CHANGE, "")
    open_question = next(
        (each for each in questions if each.name == change or not given[each.name]), None
    )
    refused = open_question is not None and asked == open_question.name
    return Answers(questions, given, open_question, refused)
