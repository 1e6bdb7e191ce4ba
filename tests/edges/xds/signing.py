"""Assertions for tests: an issuer with a key of its own, and messages that carry what it signs."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from archive.actors import SYSTEM
from archive.config import settings
from archive.models import Environment, Organisation
from archive.services import trust
from archive.simulation import assertions, envelope
from archive.simulation.assertions import Said
from archive.simulation.world import Issuer
from onboarding.services import demo_issuers
from tests.edges.xds import messages

MATTI = "010181-900C"


@cache
def issuer(name: str = "urn:example:idp") -> Issuer:
    """Its key lives as long as the test process."""
    path = Path(tempfile.mkdtemp(prefix="idr-issuer-")) / "issuer.pem"
    path.write_bytes(demo_issuers.key_and_certificate(name))
    return Issuer(name, path)


def certificate(of: Issuer) -> str:
    pem = of.key_file.read_text("ascii")
    return pem[pem.index("-----BEGIN CERTIFICATE") :]


def trusted(environment: str = "production", of: Issuer | None = None) -> Issuer:
    """The issuer, believed from now on."""
    found = of or issuer()
    trust.add(SYSTEM, Environment(environment), found.entity_id, certificate(found), reason="test")
    return found


def said(organisation: Organisation, **changes: Any) -> Said:
    """An assertion of this organisation's professional for Matti, in order unless changed."""
    return Said(
        **{
            "organisation_oid": organisation.oid,
            "audience": f"urn:oid:{settings().home_community}",
            "patient": MATTI,
            **changes,
        }
    )


def signed(organisation: Organisation, **changes: Any) -> etree._Element:
    return assertions.signed(issuer(), said(organisation, **changes))


def token(organisation: Organisation, **changes: Any) -> bytes:
    return etree.tostring(signed(organisation, **changes))


def asking(
    assertion: etree._Element | None, parameters: list[tuple[str, str]] | None = None, **more: Any
) -> bytes:
    """FindDocuments about Matti in an envelope with this assertion."""
    query = messages.query(
        more.pop("query_id", messages.FIND_DOCUMENTS), parameters or messages.find()
    )
    return envelope.message(
        messages.QUERY, etree.fromstring(query.encode()), assertion=assertion, **more
    )
