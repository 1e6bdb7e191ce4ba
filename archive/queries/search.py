"""What the one search box finds: by exact key, each kind bounded. Personal codes are not
searched here.
"""

import re
from collections.abc import Sized
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from archive.models import Case, CaseEvent, Connection, Hl7Message, Organisation, Study

SHOWN = 20
REFERENCE = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
CASE_NUMBER = re.compile(r"^[Ee]-?([0-9]{1,15})$")


@dataclass(frozen=True, slots=True)
class Found:
    studies: list[Study]
    cases: list[Case]
    messages: list[Hl7Message]
    organisations: list[Organisation]

    @property
    def count(self) -> int:
        lists: tuple[Sized, ...] = (self.studies, self.cases, self.messages, self.organisations)
        return sum(map(len, lists))


def find(text: str, environment: str, studies: QuerySet[Study]) -> Found:
    """Accession number, study UID, case number, error code, message control id, AE title,
    customer's name or id.

    `studies` are those that the gate has left visible.
    """
    return Found(
        _studies(text, studies.filter(environment=environment)),
        _cases(text, environment),
        _messages(text, environment),
        _organisations(text, environment),
    )


def _studies(text: str, rows: QuerySet[Study]) -> list[Study]:
    keyed = rows.filter(Q(accession_number=text) | Q(study_instance_uid=text))
    return list(keyed.select_related("connection__organisation").order_by("-received_at")[:SHOWN])


def _cases(text: str, environment: str) -> list[Case]:
    rows = Case.objects.filter(environment=environment)
    if number := CASE_NUMBER.match(text):
        named = rows.filter(number=int(number[1]))
    else:
        about = CaseEvent.objects.filter(
            Q(accession_number=text) | Q(study_instance_uid=text), case__environment=environment
        )
        named = rows.filter(Q(code=text.upper()) | Q(id__in=about.values("case_id")[:SHOWN]))
    return list(named.select_related("organisation", "connection").order_by("-last_at")[:SHOWN])


def _messages(text: str, environment: str) -> list[Hl7Message]:
    """By MSH-10, or by the reference that our acknowledgement gave in ERR-7."""
    named = Q(control_id=text)
    if REFERENCE.match(text):
        named |= Q(id=text)
    rows = Hl7Message.objects.filter(named, environment=environment).defer("raw", "answer")
    return list(rows.select_related("organisation", "connection").order_by("-received_at")[:SHOWN])


def _organisations(text: str, environment: str) -> list[Organisation]:
    """By a part of the name; what is typed is no pattern: Django escapes % and _."""
    by_title = Connection.objects.filter(environment=environment, aet=text.upper()).values(
        "organisation_id"
    )
    named = Q(name_fi__icontains=text) | Q(name_sv__icontains=text) | Q(name_en__icontains=text)
    rows = Organisation.objects.filter(
        named | Q(business_id=text) | Q(oid=text) | Q(id__in=by_title)
    )
    return list(rows.filter(is_operator=False).order_by("name_fi")[:SHOWN])
