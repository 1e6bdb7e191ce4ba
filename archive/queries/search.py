"""What the one search box finds, each kind bounded and each look-up by an index. Personal codes are
not searched here.
"""

import re
from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Model, Q, QuerySet

from archive.models import (
    Case,
    CaseEvent,
    Connection,
    Hl7Message,
    LedgerEvent,
    Organisation,
    RegistryMessage,
    Study,
)
from archive.queries import registry_messages
from archive.values import composed

M = TypeVar("M", bound=Model)
SHOWN = 20
LOOKED_AT = 500  # events whose error text fits, of however many
REFERENCE = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
CASE_NUMBER = re.compile(r"^[Ee]-?([0-9]{1,15})$")
WORD = re.compile(r"\w+")
ERROR_WORDS = SearchVector("detail", config="simple")  # as in the index case_event_words
NAME_WORDS = SearchVector("name_fi", "name_sv", "name_en", config="simple")  # organisation_words


@dataclass(frozen=True, slots=True)
class Found:
    studies: list[Study]
    cases: list[Case]
    messages: list[Hl7Message]
    registry_messages: list[RegistryMessage]
    organisations: list[Organisation]
    associations: list[UUID]

    @property
    def count(self) -> int:
        lists: tuple[Sized, ...] = (
            self.studies,
            self.cases,
            self.messages,
            self.registry_messages,
            self.organisations,
            self.associations,
        )
        return sum(map(len, lists))


def find(
    text: str, environment: str, studies: QuerySet[Study], reasons: Iterable[str] = ()
) -> Found:
    """Accession number, study UID, case number, error code or text, message control id, our own
    references, AE title, customer's name or id.

    `studies` are those that the gate has left visible, `reasons` the causes whose advice has the
    text in its title.
    """
    text = composed(text)
    return Found(
        _studies(text, studies.filter(environment=environment)),
        _cases(text, environment, list(reasons)),
        _messages(text, environment),
        _registry_messages(text, environment),
        _organisations(text, environment),
        _associations(text, environment),
    )


def _studies(text: str, rows: QuerySet[Study]) -> list[Study]:
    keyed = rows.filter(Q(accession_number__in=_as_said(text)) | Q(study_instance_uid=text))
    return list(keyed.select_related("connection__organisation").order_by("-received_at")[:SHOWN])


def _cases(text: str, environment: str, reasons: Sequence[str]) -> list[Case]:
    """What is named exactly stands before what merely has the words; an index each. A number, which
    people quote without the environment, is of one case in all of them.
    """
    if number := CASE_NUMBER.match(text):
        return _newest(Case.objects.filter(number=int(number[1])))
    rows = Case.objects.filter(environment=environment)
    title = text.upper()
    by_title = Connection.objects.filter(environment=environment, aet=title).values("id")
    events = CaseEvent.objects.order_by()
    keyed = (
        events.filter(accession_number__in=_as_said(text)),
        events.filter(study_instance_uid=text),
    )
    narrowed = [
        *(rows.filter(id__in=each.values_list("case_id", flat=True)[:LOOKED_AT]) for each in keyed),
        rows.filter(code=title),
        rows.filter(connection_id__in=by_title),
        rows.filter(caller=title),
    ]
    if reasons:
        narrowed.append(rows.filter(reason__in=reasons))
    if any(len(word) > 2 and not word.isdigit() for word in WORD.findall(text)):
        fits = events.annotate(words=ERROR_WORDS).filter(words=_all_words(text))
        narrowed.append(rows.filter(id__in=fits.values_list("case_id", flat=True)[:LOOKED_AT]))
    return _once(_newest(each) for each in narrowed)


def _as_said(text: str) -> set[str]:
    """Read out on the telephone, an accession number has no case: typed small it is found too."""
    return {text, text.upper()}


def _newest(rows: QuerySet[Case]) -> list[Case]:
    return list(rows.select_related("organisation", "connection").order_by("-last_at")[:SHOWN])


def _once(lists: Iterable[Sequence[M]]) -> list[M]:
    found = {row.pk: row for rows in lists for row in rows}
    return list(found.values())[:SHOWN]


def _all_words(text: str) -> SearchQuery:
    """Every word, each perhaps unfinished. Only what is a word gets into the pattern."""
    words = " & ".join(f"{word}:*" for word in WORD.findall(text))
    return SearchQuery(words, config="simple", search_type="raw")


def _messages(text: str, environment: str) -> list[Hl7Message]:
    """By MSH-10, or by the reference that our acknowledgement gave in ERR-7."""
    named = Q(control_id=text)
    if REFERENCE.match(text):
        named |= Q(id=text)
    rows = Hl7Message.objects.filter(named, environment=environment).defer("raw", "answer")
    return list(rows.select_related("organisation", "connection").order_by("-received_at")[:SHOWN])


def _registry_messages(text: str, environment: str) -> list[RegistryMessage]:
    """By the MessageID, or by our reference of the call."""
    rows = registry_messages.narrowed(registry_messages.Filters(environment, named=text))
    return list(rows.order_by("-id")[:SHOWN])


def _organisations(text: str, environment: str) -> list[Organisation]:
    """By words of the name, each perhaps unfinished; by id, by an AE title."""
    rows = Organisation.objects.filter(is_operator=False)
    by_title = Connection.objects.filter(environment=environment, aet=text.upper())
    narrowed = [
        rows.filter(Q(business_id=text) | Q(oid=text)),
        rows.filter(id__in=by_title.values("organisation_id")),
    ]
    if WORD.search(text):
        narrowed.append(rows.annotate(words=NAME_WORDS).filter(words=_all_words(text)))
    return _once(list(each.order_by("name_fi")[:SHOWN]) for each in narrowed)


def _associations(text: str, environment: str) -> list[UUID]:
    """Our reference of an association or a call: it stands in the log, or in a failure."""
    if not REFERENCE.match(text):
        return []
    wanted = UUID(text)
    logged = LedgerEvent.objects.filter(correlation_id=wanted, environment=environment)
    failed = CaseEvent.objects.filter(correlation_id=wanted, case__environment=environment)
    return [wanted] if logged.exists() or failed.exists() else []
