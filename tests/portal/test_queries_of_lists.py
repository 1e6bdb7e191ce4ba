"""Lists that count something of each row ask as often for many rows as for few."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.actors import SYSTEM
from archive.edges.hl7 import handlers
from archive.edges.hl7.handlers import Visitor
from archive.models import Batch, BatchItem, BatchState, Hl7Message
from archive.services import service_status
from archive.services.service_status import Text
from archive.values import HETU_ROOT, PatientIdentifier, now, today
from onboarding.models import Acceptance, Joining, TermsDocument, TermsKind
from onboarding.queries import terms
from tests import builders
from tests.cast import MATTI, organisation
from tests.edges.hl7.messages import a08
from tests.portal.api.calling import personal
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def new_batch() -> None:
    event = builders.event(builders.case())
    batch = Batch.objects.create(
        environment="production",
        kind="retry",
        state=BatchState.DONE,
        item_count=1,
        made_at=now(),
        made_by_name="support",
    )
    BatchItem.objects.create(batch=batch, place=0, event=event, state="done")


def new_terms() -> TermsDocument:
    count = TermsDocument.objects.count()
    return TermsDocument.objects.create(
        kind=TermsKind.DELIVERY,
        version=f"of day {count}",
        valid_from=today() + timedelta(days=count),
        text_fi="uusi",
        text_sv="ny",
        text_en="new",
    )


def new_notice() -> None:
    words = Text("Ohje", "Anvisning", "Instruction")
    service_status.announce(SYSTEM, title=words, text=words, is_acknowledged=True)


@pytest.fixture
def message() -> Hl7Message:
    """About the person whose studies they are: its sender has one."""
    builders.study()
    handlers.answer(a08(PatientIdentifier.parse(MATTI, HETU_ROOT)), Visitor("127.0.0.1"))
    return Hl7Message.objects.get()


def asked(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    ("path", "add"),
    [
        ("/api/batches", new_batch),
        ("/api/terms", new_terms),
        ("/joining/terms/", new_terms),
        ("/status/", new_notice),
    ],
)
def test_more_rows_take_no_more_queries(path: str, add: Callable[[], object]) -> None:
    if path.startswith("/api"):
        client = Client(headers={"Authorization": f"Bearer {personal('support')}"})
    else:
        client = signed_in("support")
    add()
    before = asked(client, path)
    for _again in range(4):
        add()
    assert asked(client, path) == before


def test_a_trace_takes_no_more_queries_for_more_studies(message: Hl7Message) -> None:
    reference = uuid4()
    client = Client(headers={"Authorization": f"Bearer {personal('support')}"})
    paths = (f"/api/calls/{reference}/trace", f"/api/messages/{message.id}/trace")

    def touched() -> None:
        builders.event(builders.case(), study=builders.study(), correlation_id=reference)

    touched()
    before = [asked(client, path) for path in paths]
    for _again in range(4):
        touched()
    assert [asked(client, path) for path in paths] == before
    for path in paths:
        assert len(client.get(path).json()["studies"]) >= 5


def test_each_version_says_how_many_customers_have_accepted_it_and_how_many_have_not() -> None:
    fresh = new_terms()
    for ended in (False, True):
        if ended:  # its acceptance stays; it is asked no more
            Joining.objects.filter(organisation=organisation()).update(state="ended")
        else:
            Acceptance.objects.create(
                document=fresh,
                organisation=organisation(),
                accepted_by="esim",
                authority="x",
                accepted_at=now(),
            )
        row = next(each for each in terms.versions() if each.document == fresh)
        assert (row.accepted, row.missing) == (1, terms.not_accepted(fresh).count())
        assert row.missing > 0 and not row.is_in_force
    current = [each.document for each in terms.versions() if each.is_in_force]
    assert sorted(each.kind for each in current) == sorted(TermsKind.values)
