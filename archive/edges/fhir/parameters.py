"""Parameters of a search, FHIR R4 3.1.1: strict, since a parameter that is passed over silently
gives more than was asked for. `Prefer: handling=lenient` passes over those that are unknown.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import QueryDict

from archive.errors.fhir import ParameterUnknown, PatientInAddress, SearchUnclear
from archive.objects.registry import PatientId, is_oid
from archive.objects.search import Moment, Term, Token, Value
from archive.services.web_searches import MOST, PAGE
from archive.values import HELSINKI

PATIENT = "patient.identifier"
PATIENTS = frozenset({PATIENT, "patient:identifier", "subject.identifier", "subject:identifier"})
REFERENCE_TO_PATIENT = "patient"  # by the key of a row
COUNT, FORM, NEXT = "_count", "_format", "_page"
CONTROL = frozenset({COUNT, FORM, NEXT})
STATUSES = frozenset({"current", "superseded", "entered-in-error"})
STUDY_STATUSES = frozenset({"registered", "available", "cancelled", "entered-in-error", "unknown"})
MAX_VALUES = 100

Pair = tuple[str, str]
Decode = Callable[[str, str], Value]

_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Z](?![0-9A-Za-z])", re.I)
_MOMENT = re.compile(
    r"^(?P<prefix>eq|ne|gt|lt|ge|le|sa|eb|ap)?"
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?P<part>\.\d{1,6})?)?"
    r"(?P<zone>Z|[-+]\d\d:\d\d)?)?)?)?$"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of parameter: what the capability statement calls it, and how a value is read."""

    type: str
    read: Decode


# --- values ---------------------------------------------------------------------------------------


def _token(name: str, text: str) -> Token:
    system, bar, code = _split(text, "|", 1)
    if not code and not (bar and system):
        raise SearchUnclear(f"{name} names no code", facts={"field": name})
    return Token(code, system if bar else None)


def _split(text: str, sign: str, most: int) -> tuple[str, str, str]:
    """At the first sign that is not escaped; without one all of it is the last part."""
    parts = list(_parts(text, sign))
    if len(parts) > most + 1:
        return parts[0], sign, sign.join(parts[1:])
    return (parts[0], sign, parts[1]) if len(parts) == most + 1 else ("", "", parts[0])


def _parts(text: str, sign: str) -> Iterator[str]:
    """Between the signs, escapes undone for this sign, FHIR R4 3.1.1.4.0.1."""
    part, escaped = "", False
    for each in text:
        if escaped:
            part += each if each in (sign, "\\") else f"\\{each}"
            escaped = False
        elif each == "\\":
            escaped = True
        elif each == sign:
            yield part
            part = ""
        else:
            part += each
    yield part


def _status_of(known: frozenset[str]) -> Decode:
    def read(name: str, text: str) -> Token:
        token = _token(name, text)
        if token.code not in known:
            raise SearchUnclear(f"{name} is no status of the standard", facts={"field": name})
        return token

    return read


def _text(name: str, text: str) -> str:
    if not text.strip():
        raise SearchUnclear(f"{name} is empty", facts={"field": name})
    return text.strip()


def _moment(name: str, text: str) -> Moment:
    """Days and times without a zone are Finland's."""
    match = _MOMENT.match(text)
    try:
        if match is None:
            raise ValueError("no date")
        low = _instant(match)
        return Moment(low, _end(match, low), match["prefix"] or "eq")
    except (ValueError, OverflowError):
        raise SearchUnclear(f"{name} is no date", facts={"field": name}) from None


def _instant(match: re.Match[str]) -> datetime:
    day = [int(match[unit] or 1) for unit in ("year", "month", "day")]
    clock = [int(match[unit] or 0) for unit in ("hour", "minute", "second")]
    at = datetime(day[0], day[1], day[2], clock[0], clock[1], clock[2])
    zone = match["zone"]
    if match["part"]:
        at += timedelta(seconds=float(match["part"]))
    if zone is None:
        return at.replace(tzinfo=HELSINKI)
    return datetime.fromisoformat(at.isoformat() + zone.replace("Z", "+00:00"))


def _end(match: re.Match[str], low: datetime) -> datetime:
    """The first instant after what was named."""
    if match["part"]:
        return low + timedelta(microseconds=1)
    if match["second"]:
        return low + timedelta(seconds=1)
    if match["minute"]:
        return low + timedelta(minutes=1)
    if match["day"]:
        return low + timedelta(days=1)
    if match["month"]:
        return low.replace(year=low.year + low.month // 12, month=low.month % 12 + 1)
    return low.replace(year=low.year + 1)


TOKEN, DATE, TEXT = Kind("token", _token), Kind("date", _moment), Kind("string", _text)
REFERENCE = Kind("reference", _token)
DOCUMENT: Mapping[str, Kind] = {  # ITI TF-2 3.67.4.1.2.1
    "_id": TOKEN,
    "author.family": TEXT,
    "author.given": TEXT,
    "category": TOKEN,
    "creation": DATE,
    "date": DATE,
    "event": TOKEN,
    "facility": TOKEN,
    "format": TOKEN,
    "identifier": TOKEN,
    "period": DATE,
    "related": REFERENCE,
    "security-label": TOKEN,
    "setting": TOKEN,
    "status": Kind("token", _status_of(STATUSES)),
    "type": TOKEN,
}
STUDY: Mapping[str, Kind] = {
    "_id": TOKEN,
    "identifier": TOKEN,
    "instance": TOKEN,
    "modality": TOKEN,
    "series": TOKEN,
    "started": DATE,
    "status": Kind("token", _status_of(STUDY_STATUSES)),
}
_SAME = {"related:identifier": "related"}


# --- a search -------------------------------------------------------------------------------------


def pairs(given: QueryDict) -> list[Pair]:
    return [(name, value) for name, values in given.lists() for value in values]


def require_no_patient(address: Iterable[Pair]) -> None:
    """Addresses are written down on the way. The value is not repeated. Raises PatientInAddress."""
    for name, value in address:
        if name in PATIENTS or _CODE.search(value):
            raise PatientInAddress(facts={"field": name if name in PATIENTS else ""})


def patient(asked: Sequence[Pair]) -> PatientId | None:
    """The one that is asked about by an identifier. Raises SearchUnclear."""
    found = [value for name, value in asked if name in PATIENTS]
    if not found:
        return None
    if any(name == REFERENCE_TO_PATIENT for name, _ in asked):
        raise SearchUnclear("a patient is named once", facts={"field": REFERENCE_TO_PATIENT})
    wrong = {"field": PATIENT}
    tokens = [_token(PATIENT, each) for text in found for each in _parts(text, ",")]
    if len(tokens) > 1:
        raise SearchUnclear("one patient is asked about at a time", facts=wrong)
    root = (tokens[0].system or "").removeprefix("urn:oid:")
    if not is_oid(root) or not tokens[0].code:
        raise SearchUnclear(f"{PATIENT} is no urn:oid:root|id", facts=wrong)
    return PatientId(tokens[0].code, root)


def patient_key(asked: Sequence[Pair], base: str) -> str:
    """Of the one that is asked about by a reference: `Patient/key`, its address, or the key alone;
    empty: none. Raises SearchUnclear.
    """
    found = [value for name, value in asked if name == REFERENCE_TO_PATIENT]
    if len(found) > 1 or any("," in each for each in found):
        wrong = {"field": REFERENCE_TO_PATIENT}
        raise SearchUnclear("one patient is asked about at a time", facts=wrong)
    return found[0].removeprefix(f"{base}/").removeprefix("Patient/") if found else ""


def without_patient(asked: Iterable[Pair]) -> list[Pair]:
    """What may stand in the link to a page. Raises SearchUnclear."""
    named = {*PATIENTS, REFERENCE_TO_PATIENT}
    kept = [(name, value) for name, value in asked if name not in named]
    for name, value in kept:
        if _CODE.search(value):
            raise SearchUnclear(f"a patient is named by {PATIENT} alone", facts={"field": name})
    return [(name, value) for name, value in kept if name not in (FORM, NEXT)]


def terms(asked: Iterable[Pair], known: Mapping[str, Kind], *, lenient: bool) -> list[Term]:
    """Raises ParameterUnknown, SearchUnclear."""
    found = []
    for given, text in asked:
        name = _SAME.get(given, given)
        if name in CONTROL or (name not in known and lenient):
            continue
        if name not in known:
            # What somebody else's parameter is called may be anything.
            raise ParameterUnknown(facts={"field": given[:40]})
        values = [known[name].read(name, each) for each in _commas(text)]
        if "\0" in text or len(values) > MAX_VALUES:
            raise SearchUnclear(f"{name} cannot be read", facts={"field": name})
        found.append(Term(name, tuple(values)))
    return found


def _commas(text: str) -> list[str]:
    """Alternatives; escapes of other signs are left for those who read them."""
    return list(_parts(text, ","))


def count(asked: Iterable[Pair]) -> int:
    """How many at most; more than is given at once is no error. Raises SearchUnclear."""
    texts = [value for name, value in asked if name == COUNT]
    if not texts:
        return PAGE
    if len(texts) > 1 or not texts[0].isdecimal() or int(texts[0][:9]) < 1:
        raise SearchUnclear(f"{COUNT} is no number of resources", facts={"field": COUNT})
    return min(int(texts[0][:9]), MOST)
