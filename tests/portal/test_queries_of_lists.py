"""Lists that count something of each row ask as often for many rows as for few."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.actors import SYSTEM
from archive.models import Batch, BatchItem, BatchState
from archive.services import service_status
from archive.services.service_status import Text
from archive.values import now, today
from onboarding.models import Acceptance, Joining, TermsDocument, TermsKind
from onboarding.queries import terms
from tests import builders
from tests.cast import organisation
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
