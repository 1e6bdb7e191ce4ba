"""The pages of a registration, in order: what each asks, what is kept of it, and how it is said."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from onboarding.models import ContactKind, Joining
from onboarding.queries import guide as rows
from onboarding.queries.file import kanta_services
from portal.forms.guide import NONE, SECTOR, Question
from portal.forms.registration import (
    ROLES,
    SECTOR_WORDS,
    SECTORS,
    ContactForm,
    NamesForm,
    QuestionForm,
    contents_question,
    services_question,
)
from portal.views.public.wording import in_language

CHECK = "check"
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """`kept` reads what the registration says now; `told` turns what a form gave into what the
    service takes.
    """

    key: str
    title: Any
    lead: Any
    kept: Callable[[Joining], dict[str, Any]]
    form: Callable[[Any, Values], forms.Form]
    words: Callable[[Values], list[str]]
    told: Callable[[Values], Values] = dict
    kind: str = ""  # of a contact

    def is_answered(self, joining: Joining) -> bool:
        """Whether the person has been past this page with something to say."""
        return KEYS.index(self.key) < place_of(joining) and bool(self.words(self.kept(joining)))


# --- questions ------------------------------------------------------------------------------------


def _contents() -> Question:
    now = rows.archived_now(rows.contents())
    return contents_question({row.content_type: in_language(row, "name") for row in now})


def _services() -> Question:
    return services_question({row.code: in_language(row, "name") for row in kanta_services()})


def _asks(question: Callable[[], Question]) -> Callable[[Any, Values], QuestionForm]:
    def form(data: Any, kept: Values) -> QuestionForm:
        asked = question()
        return QuestionForm(asked, data, kept.get(asked.name, ()))

    return form


def _says(question: Callable[[], Question]) -> Callable[[Values], list[str]]:
    def words(kept: Values) -> list[str]:
        asked = question()
        return asked.words(kept[asked.name])

    return words


def _list_of(name: str) -> Callable[[Joining], dict[str, Any]]:
    """An empty list that was answered is "none"."""

    def kept(joining: Joining) -> dict[str, Any]:
        found = list(getattr(joining, name))
        past = place_of(joining) > KEYS.index(_KEY_OF[name])
        return {name: found or ([NONE] if past and name != ROLES.name else [])}

    return kept


_KEY_OF = {"roles": "roles", "content_types": "contents", "services_used": "services"}


# --- contacts -------------------------------------------------------------------------------------


def _contact(kind: str) -> Callable[[Joining], dict[str, Any]]:
    def kept(joining: Joining) -> dict[str, Any]:
        row = joining.organisation.contacts.filter(kind=kind).first()
        if row is None:
            return {"name": "", "email": "", "phone": "", "language": (get_language() or "fi")[:2]}
        return {
            "name": row.name,
            "email": row.email,
            "phone": row.phone,
            "language": row.language,
        }

    return kept


def _contact_words(kept: Values) -> list[str]:
    return [kept[each] for each in ("name", "email", "phone") if kept[each]]


def _contact_step(kind: ContactKind, title: Any, lead: Any) -> Step:
    return Step(
        f"contact-{kind.value.replace('_', '-')}",
        title,
        lead,
        _contact(kind.value),
        lambda data, kept: ContactForm(data, initial=dict(kept)),
        _contact_words,
        kind=kind.value,
    )


# --- the steps ------------------------------------------------------------------------------------

STEPS: tuple[Step, ...] = (
    Step(
        "sector",
        SECTOR.title,
        "",
        lambda joining: {"sector": [SECTOR_WORDS[joining.organisation.sector]]},
        _asks(lambda: SECTOR),
        _says(lambda: SECTOR),
        lambda given: {"sector": SECTORS[given["sector"][0]]},
    ),
    Step(
        "names",
        _("What is the organisation called?"),
        _("The name in the reader’s language stands in the public list of customers."),
        lambda joining: {
            name: getattr(joining.organisation, name) for name in ("name_fi", "name_sv", "name_en")
        },
        lambda data, kept: NamesForm(data, initial=dict(kept)),
        lambda kept: [value for value in kept.values() if value],
    ),
    Step("roles", ROLES.title, "", _list_of("roles"), _asks(lambda: ROLES), _says(lambda: ROLES)),
    Step(
        "contents",
        _("Which contents will it archive?"),
        "",
        _list_of("content_types"),
        _asks(_contents),
        _says(_contents),
    ),
    Step(
        "services",
        _("Which Kanta services does it use already?"),
        "",
        _list_of("services_used"),
        _asks(_services),
        _says(_services),
    ),
    _contact_step(
        ContactKind.ADMINISTRATIVE,
        _("Administrative contact"),
        _("Answers for the joining, and is told of each step of it."),
    ),
    _contact_step(
        ContactKind.TECHNICAL,
        _("Technical contact"),
        _("Knows the systems and connections, and is told of errors."),
    ),
    _contact_step(
        ContactKind.DATA_PROTECTION,
        _("Data protection contact"),
        _("Answers for the protection of personal data, as a data protection officer does."),
    ),
)
BY_KEY = {step.key: step for step in STEPS}
KEYS = (*BY_KEY, CHECK)


def place_of(joining: Joining) -> int:
    """How far the registration has come; one that was sent has come to its end."""
    return KEYS.index(joining.step) if joining.step in KEYS else len(KEYS) - 1


def onward(joining: Joining, step: Step) -> str:
    """The page after this one, or the one where the registration was left off when that is
    further.
    """
    return KEYS[max(KEYS.index(step.key) + 1, place_of(joining))]


def mark(values: object) -> str:
    """Tells whether what a page was made from has changed since."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
