"""Value types: parsed once at an edge, valid ever after. They are strings, so they store and
compare as such.
"""

import os
import re
import time
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from stdnum.exceptions import ValidationError
from stdnum.fi import hetu, ytunnus

HELSINKI = ZoneInfo("Europe/Helsinki")
HETU_ROOT = "1.2.246.21"  # OID of the Finnish personal identity code
LONGEST_PATIENT_ID = 64  # PS3.5 table 6.2-1, VR LO
ORGANISATION_ROOT = "1.2.246.10"  # OID arc of Finnish organisations, followed by the business id

_OID = re.compile(r"^[0-2](\.(0|[1-9][0-9]*))+\Z")
_AE = re.compile(r"^[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?\Z")
_HETU = re.compile(r"^[0-3][0-9][01][0-9]{3}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]\Z")
_CODE_WITHIN = re.compile(
    # An id of ours may look like one in its middle; it is passed over whole.
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"|[0-3][0-9][01][0-9]{3}(?:[-+A-FU-Y]|%2B)[0-9]{3}[0-9A-Y]",
    re.IGNORECASE,
)
_STUDY_CODE = re.compile(r"^[A-Z]{2}[A-Z0-9]{3}\Z")
_TEMPORARY_ROOT = re.compile(r"^1\.2\.246\.10\.[1-9][0-9]*(\.10\.[0-9]+)?\.22\.[0-9]{4}\Z")


class Oid(str):
    """An ISO object identifier of at most 64 characters. Raises ValueError."""

    __slots__ = ()

    def __new__(cls, value: str) -> "Oid":
        if len(value) > 64 or not _OID.match(value):
            raise ValueError("not an object identifier")
        return super().__new__(cls, value)


class Uid(Oid):
    """A DICOM unique identifier, PS3.5 section 9. Raises ValueError."""

    __slots__ = ()


class AeTitle(str):
    """An application entity title, PS3.5 VR AE: 1 to 16 characters, no backslash, no control.
    Raises ValueError.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> "AeTitle":
        stripped = value.strip(" ")
        if not _AE.match(stripped):
            raise ValueError("not an application entity title")
        return super().__new__(cls, stripped)


class PersonId(str):
    """A Finnish personal identity code (hetu). The century sign is part of the identity and never
    changed.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> "PersonId":
        # The ASCII pattern comes first: python-stdnum forgives foreign dashes and inner blanks.
        upper = value.strip(" ").upper()
        if not _HETU.match(upper):
            raise ValueError("not a personal identity code")
        try:
            hetu.validate(upper, allow_temporary=True)
        except ValidationError:
            raise ValueError("not a personal identity code") from None
        return super().__new__(cls, upper)

    @property
    def is_test(self) -> bool:
        """The 900 series is for test persons and temporary codes: never a real person's code."""
        return self[7] == "9"

    @property
    def birth_date(self) -> date:
        """Its century sign tells the century: + 1800, - and U to Y 1900, A to F 2000."""
        century = 1800 if self[6] == "+" else 2000 if self[6] in "ABCDEF" else 1900
        return date(century + int(self[4:6]), int(self[2:4]), int(self[:2]))

    @property
    def masked(self) -> str:
        return mask(self)


class BusinessId(str):
    """A Finnish business id (Y-tunnus) as shown: seven digits, hyphen, check digit. Raises
    ValueError.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> "BusinessId":
        try:
            compact = ytunnus.validate(value)
        except ValidationError:
            raise ValueError("not a business id") from None
        return super().__new__(cls, f"{compact[:7]}-{compact[7]}")

    @property
    def oid_arc(self) -> Oid:
        """JHS 159: leading zero and hyphen dropped, check digit kept."""
        return Oid(f"{ORGANISATION_ROOT}.{int(self.replace('-', ''))}")

    @property
    def organisation_oid(self) -> Oid:
        return Oid(f"{self.oid_arc}.10.0")

    @property
    def controller_oid(self) -> Oid:
        return Oid(f"{self.oid_arc}.19.0")


class StudyCode(str):
    """The shape of a code of THL's procedure and examination nomenclature: two letters and three
    letters or digits, as radiology (`AA1AD`) and NOMESCO (`FPE20`) have them. Words have it too:
    what is a code, the nomenclature says. Raises ValueError.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> "StudyCode":
        if not _STUDY_CODE.match(value):
            raise ValueError("not a study code")
        return super().__new__(cls, value)

    @classmethod
    def leading(cls, description: str) -> "StudyCode | None":
        """What may be the code in the first five characters of a StudyDescription, or None."""
        return cls(description[:5]) if _STUDY_CODE.match(description[:5]) else None


@dataclass(frozen=True, slots=True)
class PatientIdentifier:
    """A patient id with the OID of its issuer."""

    value: str
    issuer: str

    @classmethod
    def parse(cls, value: str, issuer: str) -> "PatientIdentifier":
        """A personal identity code, or a temporary id under its organisation's root. Raises
        ValueError.
        """
        if issuer in ("", HETU_ROOT):
            return cls(PersonId(value), HETU_ROOT)
        stripped = value.strip(" ")
        if not (
            _TEMPORARY_ROOT.match(issuer)
            and 0 < len(stripped) <= LONGEST_PATIENT_ID
            and stripped.isascii()
            and stripped.isprintable()
        ):
            raise ValueError("issuer of the patient id is not trusted")
        return cls(stripped, Oid(issuer))

    @property
    def is_test(self) -> bool:
        """Whether the value is of the 900 series, as a personal code or as a temporary id in its
        shape.
        """
        return bool(_HETU.match(self.value)) and self.value[7] == "9"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` to `end`, both included; an open end is None."""

    start: date
    end: date | None = None

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


def mask(identifier: str) -> str:
    """`010181-900C` is `010181-•••C`; other ids keep their first three and last characters."""
    if len(identifier) == 11:
        return f"{identifier[:7]}•••{identifier[10:]}"
    return f"{identifier[:3]}•••{identifier[-1:]}" if len(identifier) > 4 else "•••"


def without_codes(text: str) -> str:
    """A peer's own word for something, should somebody's personal code stand in it."""
    return _CODE_WITHIN.sub(lambda found: found[1] or "•••", text)


def composed(text: str) -> str:
    """In the form of Unicode in which an ä is one sign (NFC): systems write it as two as well."""
    return unicodedata.normalize("NFC", text)


def now() -> datetime:
    """The one clock: aware, UTC."""
    return datetime.now(UTC)


def civil_day(at: datetime) -> date:
    """The day in Finland, on which dated rules are judged."""
    return at.astimezone(HELSINKI).date()


def today() -> date:
    """The civil day of this moment."""
    return civil_day(now())


def midnight(day: date) -> datetime:
    """When a day begins in Finland."""
    return datetime(day.year, day.month, day.day, tzinfo=HELSINKI)


def uuid7() -> uuid.UUID:
    """A time-ordered UUID, RFC 9562 section 5.7: 48 bits of milliseconds, then random."""
    stamp = time.time_ns() // 1_000_000
    number = (stamp << 80) | int.from_bytes(os.urandom(10), "big")
    number = (number & ~(0xF << 76)) | (0x7 << 76)
    number = (number & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=number)


def uid_from_uuid() -> Uid:
    """A new DICOM UID under 2.25, PS3.5 B.2."""
    return Uid(f"2.25.{uuid.uuid4().int}")


def dicom_date(text: str) -> date | None:
    """A DA value as a day, or None when empty or no date."""
    digits = text.strip(" ").replace(".", "")
    if len(digits) != 8 or not digits.isascii() or not digits.isdigit():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def dicom_integer(text: str) -> int | None:
    """An IS value as a number (PS3.5 6.2: a sign at most, twelve digits), or None when it is none:
    devices write what they like.
    """
    return int(text) if re.fullmatch(r" *[+-]?[0-9]{1,12} *", text) else None


CLOCK = re.compile(
    r"([0-9]{2}|[0-9](?=[:.]))(?:[:.]?([0-9]{2})(?:[:.]?([0-9]{2})(\.[0-9]{1,6})?)?)?"
)


def dicom_time(text: str) -> str | None:
    """A time of day as a TM value, also of a clock as people write it (14.15, 14:15:30); None when
    it is none.
    """
    found = CLOCK.fullmatch(text.strip(" "))
    if not found:
        return None
    hour, minute, second, fraction = (each or "" for each in found.groups())
    if int(hour) > 23 or int(minute or 0) > 59 or int(second or 0) > 60:
        return None
    return f"{int(hour):02}{minute}{second}{fraction}"


def dicom_instant(day: str, at: str, offset: str) -> datetime | None:
    """StudyDate and StudyTime as a UTC instant; None when they are none, or one before the first
    year or after the last.

    The zone is Timezone Offset From UTC (0008,0201), else Europe/Helsinki; of the doubled hour in
    autumn the earlier one (fold=0).
    """
    civil = dicom_date(day)
    if civil is None:
        return None
    digits = re.sub(r"[^0-9]", "", at.split(".")[0])[:6].ljust(6, "0")
    try:
        local = datetime(
            civil.year,
            civil.month,
            civil.day,
            int(digits[:2]),
            int(digits[2:4]),
            min(int(digits[4:]), 59),
        )
    except ValueError:
        return None
    east = _east(offset.strip(" "))
    try:
        if east is None:
            return local.replace(tzinfo=HELSINKI, fold=0).astimezone(UTC)
        return (local - east).replace(tzinfo=UTC)
    except OverflowError:
        return None


def _east(offset: str) -> timedelta | None:
    """None when it is none: from -1200 to +1400, PS3.3 section C.12.1.1.8."""
    match = re.fullmatch(r"([+-])([0-9]{2})([0-5][0-9])", offset)
    if not match:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    east = timedelta(minutes=minutes if match[1] == "+" else -minutes)
    return east if timedelta(hours=-12) <= east <= timedelta(hours=14) else None
