"""The demo world's purchased services: Esimerkkilä orders imaging from Röntgen Esimerkki.

Its patient system keeps the forms in the Patient Data Repository, which is the stand-in; from there
they come to the archive. None is live for everybody of a register, so that the producer sees and
stores nothing beyond the patients named here.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from archive.simulation.world import Customer, World
from archive.values import HELSINKI, HETU_ROOT, BusinessId, now, today

TIMEOUT = 30.0
PUBLIC = "2"  # of code system 1.2.246.537.5.40150
KNOWN = 409  # told on another day: what is there stays


@dataclass(frozen=True, slots=True)
class Ordered:
    """`made`, `until` and `due` are days from today; `patient` a place among the demo patients."""

    state: str
    code: str
    text: str
    order_text: str
    patient: int | None = None
    made: int = -10
    until: int = 60
    due: int | None = None
    urgency: str = "routine"
    voucher: tuple[str, str] | None = None


ORDERS = (
    Ordered(
        *("accepted", "AA1BG", "Pään laaja MT"),
        *("Toistuva huimaus. Aiempi TT ilman poikkeavaa.", 5),
        due=20,
        voucher=("PS-2026-0117", "320.00"),
    ),
    Ordered(
        *("accepted", "GD1AA", "Keuhkojen (thorax) röntgen", "Pitkittynyt yskä.", 4),
        made=-25,
        due=-5,
        urgency="urgent",
    ),
    Ordered("granted", "JN3AE", "Vatsan ultraääni", "Sappikivet?", 3, made=-1, due=14),
    Ordered(
        *("without_producer", "AA1AD", "Pään TT", "Tuottaja valitaan palvelusetelillä.", 4, -3),
    ),
    Ordered("ended", "", "Päivystyskuvaukset", "Sopimuskausi.", made=-500, until=-90),
)


def forms(world: World) -> Iterator[dict[str, Any]]:
    """The documents as the organiser's patient system writes them (docs/authorisations.md)."""
    organiser, producer = world.customers[0], world.customers[2]
    for number, ordered in enumerate(ORDERS, start=1):
        yield _form(world, number, ordered, organiser, producer)


def _form(
    world: World, number: int, ordered: Ordered, organiser: Customer, producer: Customer
) -> dict[str, Any]:
    made_at = _noon(ordered.made)
    voucher = ordered.voucher or ("", None)
    patient = None if ordered.patient is None else world.patients[ordered.patient]
    is_named = ordered.state != "without_producer"
    return {
        "document_oid": f"{organiser.arc}.11.2026.{number}",
        "version": 1,
        "level": "population" if patient is None else "patient",
        "state": ordered.state,
        "organiser": BusinessId(organiser.business_id).organisation_oid,
        "register": {"controller_oid": organiser.controller_oid, "type": PUBLIC},
        "producer": BusinessId(producer.business_id).organisation_oid if is_named else None,
        "patient": None if patient is None else {"id": patient.id, "issuer": HETU_ROOT},
        "valid_from": _day(ordered.made).isoformat(),
        "valid_until": _day(ordered.until).isoformat(),
        "service_code": ordered.code,
        "service_text": ordered.text,
        "order_text": ordered.order_text,
        "urgency": ordered.urgency,
        "due_on": None if ordered.due is None else _day(ordered.due).isoformat(),
        "voucher_number": voucher[0],
        "voucher_value": voucher[1],
        "made_by": "Tilaaja Taina",
        "made_at": made_at.isoformat(),
        "accepted_at": made_at.isoformat() if ordered.state == "accepted" else None,
        "closed_at": _noon(ordered.until).isoformat() if ordered.state == "ended" else None,
    }


def _day(days: int) -> date:
    return today() + timedelta(days=days)


def _noon(days: int) -> datetime:
    """Of a day that has been."""
    return min(datetime.combine(_day(days), time(12), HELSINKI), now())


def send(world: World, repository: str, secret: str) -> int:
    """Post each to the stand-in; how many are in the archive. Raises OSError."""
    return sum(_send(form, repository, secret) for form in forms(world))


def _send(form: dict[str, Any], repository: str, secret: str) -> bool:
    request = urllib.request.Request(
        f"{repository}/authorisations",
        data=json.dumps(form).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {secret}"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT):
            return True
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code == KNOWN
