"""Studies that are given over XDS-I, and what befalls their objects."""

from typing import Any

from archive import vault
from archive.models import (
    Document,
    Instance,
    LedgerEvent,
    Study,
    XdsRole,
)
from archive.objects import manifest as kos
from archive.services import publishing
from tests import cast as people
from tests.edges.xds.mime import Named
from tests.services import xds_cast
from tests.services.xds_cast import Peer
from tests.vaults import file_of

JPEG_2000 = "1.2.840.10008.1.2.4.90"


def consumer(business_id: str = people.ESIMERKKILA) -> Peer:
    return xds_cast.peer(people.organisation(business_id), "production", XdsRole.CONSUMER)


def registered(*datasets: Any) -> Study:
    study = people.store(*(datasets or (people.dataset(), people.dataset())))
    publishing.publish(study, publishing.prepare(study))
    return study


def named(study: Study) -> list[Named]:
    """What its manifest names."""
    key = Document.objects.get(study=study, status="approved").vault_key
    references = kos.read(vault.read("production", bytes.fromhex(key)))
    return [
        Named(each.study_uid, each.series_uid, each.instance_uid, each.retrieve_location_uid)
        for each in references
    ]


def used() -> list[dict[str, Any]]:
    return [row.facts for row in LedgerEvent.objects.filter(kind="data.used").order_by("id")]


def harmed(of: Named) -> None:
    """Its last byte is another on the disk."""
    path = file_of("production", bytes(Instance.objects.get(sop_instance_uid=of.uid).digest))
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def packed(of: Named) -> None:
    """Pixels that no decoder can unpack."""
    Instance.objects.filter(sop_instance_uid=of.uid).update(transfer_syntax_uid=JPEG_2000)
