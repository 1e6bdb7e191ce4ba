"""The guide: a few questions, one a page; the answer is a page to print or to send by its address
(ON-9). Nothing is kept.
"""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from archive.models import ContentPolicy
from archive.values import today
from onboarding.queries import guide as rows
from onboarding.queries.file import kanta_services
from portal.forms import guide as questions
from portal.forms.guide import Answers, Question
from portal.views.public.wording import in_language

ADDRESS = "guide"


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    contents = rows.contents()
    names = {row.content_type: in_language(row, "name") for row in contents}
    answers = questions.read(request.GET, names)
    if answers.open_question is not None:
        return _ask(request, answers, answers.open_question)
    if questions.ASKED in request.GET:
        return redirect(f"{reverse(ADDRESS)}?{urlencode(answers.pairs())}")
    return _result(request, answers, contents)


def _ask(request: HttpRequest, answers: Answers, question: Question) -> HttpResponse:
    context = {
        "here": "guide",
        "question": question,
        "chosen": answers.given[question.name],
        "kept": [*answers.pairs(without=question.name), (questions.ASKED, question.name)],
        "refused": answers.refused,
        "place": answers.place,
        "count": len(answers.questions),
        "answered": _answered(answers, without=question.name),
    }
    return render(request, "public/guide/question.html", context)


@dataclass(frozen=True, slots=True)
class Answered:
    title: str
    words: str
    url: str  # where it is asked again


def _answered(answers: Answers, *, without: str = "") -> list[Answered]:
    found = []
    for question in answers.questions:
        given = answers.given[question.name]
        if not given or question.name == without:
            continue
        query = [*answers.pairs(), (questions.CHANGE, question.name)]
        url = f"{reverse(ADDRESS)}?{urlencode(query)}"
        found.append(Answered(str(question.title), ", ".join(question.words(given)), url))
    return found


def _result(request: HttpRequest, answers: Answers, contents: list[ContentPolicy]) -> HttpResponse:
    query = urlencode(answers.pairs())
    services = answers.one("services")
    context = {
        "here": "guide",
        "answered": _answered(answers),
        "sector": answers.one("sector"),
        "has_system": answers.one("system") == "yes",
        "buys": services in ("buys", "both"),
        "produces": services in ("produces", "both"),
        "services": _services(answers),
        "duties": _duties(answers.several("content"), contents),
        "address": request.build_absolute_uri(f"{reverse(ADDRESS)}?{query}"),
        "join_url": f"{reverse('join')}?{query}",
        "day": today(),
    }
    return render(request, "public/guide/result.html", context)


@dataclass(frozen=True, slots=True)
class ServiceCard:
    name: str
    holds: str
    source: str


def _services(answers: Answers) -> list[ServiceCard]:
    """The rows of the catalogue that one of the answers concerns."""
    given = codes(answers)
    return [
        ServiceCard(in_language(row, "name"), in_language(row, "holds"), gettext(row.source))
        for row in kanta_services()
        if given & set(row.concerns)
    ]


def codes(answers: Answers) -> frozenset[str]:
    """The answers as the catalogue's `concerns` names them."""
    found = {answers.one("sector")}
    if answers.one("system") == "yes":
        found.add("patient_data_system")
    services = answers.one("services")
    found |= {"buys", "produces"} if services == "both" else {services}
    if answers.several("content"):
        found.add("imaging")
    return frozenset(found - {questions.NONE})


@dataclass(frozen=True, slots=True)
class Duty:
    """`possible_from` is None while the content cannot be stored; `duty_from` while no day is
    given.
    """

    name: str
    possible_from: date | None
    duty_from: date | None
    has_passed: bool
    source: str


def _duties(chosen: tuple[str, ...], contents: list[ContentPolicy]) -> list[Duty]:
    day = today()
    return [
        Duty(
            name=in_language(row, "name"),
            possible_from=rows.possible_from(row),
            duty_from=row.duty_from,
            has_passed=row.duty_from is not None and row.duty_from <= day,
            source=gettext(row.source) if row.source else "",
        )
        for row in contents
        if row.content_type in chosen
    ]
