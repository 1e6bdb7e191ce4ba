"""HL7 messages as customers' systems write them, rightly or wrongly."""

from collections.abc import Sequence
from itertools import count

from archive.values import HETU_ROOT, PatientIdentifier
from tests.cast import MATTI
from tests.persons import official, temporary

NUMBERS = count(1)


def cx(identifier: PatientIdentifier) -> str:
    return f"{identifier.value}^^^&{identifier.issuer}&ISO"


def msh(
    event: str = "ADT^A40^ADT_A39",
    *,
    sender: tuple[str, str] = ("ESIM_RIS", "ESIM"),
    receiver: tuple[str, str] = ("KANTA", "KELA"),
    control_id: str | None = None,
    processing_id: str = "P",
    version: str = "2.5",
    charset: str = "UNICODE UTF-8",
) -> str:
    number = control_id if control_id is not None else f"M{next(NUMBERS)}"
    fields = [
        *("MSH", "^~\\&", *sender, *receiver, "20261126120000+0200", "", event, number),
        *(processing_id, version, *[""] * 5, charset),
    ]
    return "|".join(fields)


def pid(
    identifier: PatientIdentifier | str | None = None,
    name: str = "Meikäläinen^Maija",
    birth_date: str = "19810101",
    sex: str = "F",
) -> str:
    given = official() if identifier is None else identifier
    told = given if isinstance(given, str) else cx(given)
    return f"PID|1||{told}||{name}||{birth_date}|{sex}"


def mrg(identifier: PatientIdentifier | str | None = None) -> str:
    given = temporary() if identifier is None else identifier
    return f"MRG|{given if isinstance(given, str) else cx(given)}"


def message(*segments: str, encoding: str = "utf-8") -> bytes:
    return "".join(f"{segment}\r" for segment in segments).encode(encoding)


def a40(
    retired: PatientIdentifier | str | None = None,
    survivor: PatientIdentifier | str | None = None,
    **header: object,
) -> bytes:
    return message(
        msh(**header),
        "EVN|A40|20261126120000",
        pid(survivor),
        mrg(retired),  # type: ignore[arg-type]
    )


def a08(
    identifier: PatientIdentifier | str | None = None,
    name: str = "Virtanen^Maija",
    *,
    event: str = "ADT^A08^ADT_A01",
    birth_date: str = "19810101",
    sex: str = "F",
    **header: object,
) -> bytes:
    return message(
        msh(event, **header),  # type: ignore[arg-type]
        "EVN||20261126120000",
        pid(identifier, name, birth_date, sex),
        "PV1|1|N",
    )


def a47(old: PatientIdentifier, new: PatientIdentifier, **header: object) -> bytes:
    return message(
        msh("ADT^A47^ADT_A30", **header),
        "EVN||20261126",
        pid(new),
        mrg(old),  # type: ignore[arg-type]
    )


def fields(answer: bytes, segment: str) -> list[str]:
    """The fields of an acknowledgement's segment, the name first."""
    lines = answer.decode("utf-8", "replace").split("\r")
    found: Sequence[str] = [line for line in lines if line.startswith(segment)]
    return found[0].split("|") if found else []


def verdict(answer: bytes) -> tuple[str, str]:
    """MSA-1, and ERR-3.1 when there is one."""
    msa, err = fields(answer, "MSA"), fields(answer, "ERR")
    return msa[1], err[3].split("^")[0] if err else ""


__all__ = ["HETU_ROOT", "MATTI", "a08", "a40", "a47", "cx", "fields", "message", "verdict"]
