"""Entries for the logs: one that was really given, and very many by SQL."""

from typing import Any
from uuid import UUID

from django.db import connection, connections

from archive.actors import Actor, Requester, connection_actor
from archive.models import Register, Study
from archive.rules.disclosure import What
from archive.services import disclosure
from archive.services.disclosure import Given
from archive.values import uuid7
from tests import builders
from tests.cast import ESIMERKKILA, MALLILA, organisation

DOCTOR = Requester(
    user_id="12345678901",
    user_name="Lääkäri Liisa",
    role="001",
    unit_oid="1.2.246.10.90000011.10.7",
    purpose="treatment",
)


def system_of(business_id: str = MALLILA, requester: Requester | None = DOCTOR) -> Actor:
    """A customer's system with a professional behind it."""
    link = builders.connection(business_id)
    actor = connection_actor(
        connection_id=link.id,
        name=link.aet,
        organisation_id=link.organisation_id,
        environment="production",
    )
    return Actor(
        actor.kind,
        actor.name,
        actor.id,
        actor.organisation_id,
        environment=actor.environment,
        requester=requester,
    )


def register_of(business_id: str = ESIMERKKILA) -> Register:
    return Register.objects.get(organisation__business_id=business_id, is_default=True)


def item(study: Study, **columns: Any) -> Given:
    """A study's images on the patient's permission; anything else by column."""
    values: dict[str, Any] = {
        "ground": "permission",
        "fired": ("informed", "permitted", "not-prohibited"),
        "register": study.register,
        "patient_id": study.patient_id,
        "what": What.IMAGES,
        "study_id": study.id,
        **columns,
    }
    return Given(**values)


def give(study: Study, *, to: str = MALLILA, at: Any = None, **columns: Any) -> UUID:
    """One entry, as an edge writes it."""
    (written,) = disclosure.given(
        system_of(to),
        [item(study, **columns)],
        environment=study.environment,
        interface="DICOMweb",
        message_id="urn:uuid:4f1c",
        correlation_id=uuid7(),
    )
    return written


FILL = """
INSERT INTO archive_ledgerevent (at, id, kind, environment, actor_kind, actor_id, actor_name,
    organisation_id, patient_id, facts)
SELECT now() - n * interval '1 second', gen_random_uuid(),
    coalesce((ARRAY['disclosure.notified', 'data.used', 'study.viewed'])[n %% 10 + 1],
        'disclosure.given'),
    'production', CASE n %% 10 WHEN 2 THEN 'staff' ELSE 'connection' END,
    md5((n %% 100)::text)::uuid, 'PACS',
    md5((n %% 400)::text)::uuid, md5((n %% 5000)::text)::uuid,
    jsonb_build_object('controller', '1.2.246.10.' || n %% 200, 'user', (n %% 3000)::text,
        'ground', CASE WHEN n %% 500 = 0 THEN 'emergency' ELSE 'permission' END)
FROM generate_series(1, %s) AS n
"""


def fill(count: int) -> None:
    """So many entries about invented organisations and persons, one a second back from now; of ten
    eight are disclosures.
    """
    with connection.cursor() as cursor:
        cursor.execute(FILL, [count])
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE archive_ledgerevent")


def organisation_id(business_id: str) -> UUID:
    return organisation(business_id).id
