"""A title or sender's name that one customer gave up and another has now (ON-3, SD-2)."""

from datetime import timedelta

import pytest

from archive.errors import PeerAddressWrong
from archive.errors.persons import SenderAddressWrong
from archive.models import Case, Connection
from archive.objects.adt import Header
from archive.services import associations, senders
from archive.values import today, uuid7
from tests.cast import ESIMERKKILA, MALLILA, organisation

pytestmark = pytest.mark.django_db


def given_up(kind: str) -> Connection:
    """Esimerkkilä's, whose name is Mallila's since today, elsewhere."""
    before = Connection.objects.get(
        organisation__business_id=ESIMERKKILA, environment="production", kind=kind
    )
    Connection.objects.filter(id=before.id).update(valid_until=today() - timedelta(days=1))
    Connection.objects.create(
        organisation=organisation(MALLILA),
        environment="production",
        kind=kind,
        aet=before.aet,
        hl7_application=before.hl7_application,
        hl7_facility=before.hl7_facility,
        host="192.0.2.7",
        valid_from=today(),
    )
    return before


def test_what_goes_wrong_with_a_title_is_a_case_of_whose_it_is_now() -> None:
    title = given_up("dicom").aet
    with pytest.raises(PeerAddressWrong):
        associations.establish(
            calling=title, called="KANTA", address="127.0.0.1", association_id=uuid7()
        )
    assert Case.objects.get().organisation == organisation(MALLILA)


def test_what_goes_wrong_with_a_senders_name_is_a_case_of_whose_it_is_now() -> None:
    before = given_up("hl7")
    header = Header(
        application=before.hl7_application,
        facility=before.hl7_facility,
        receiving_application="KANTA",
        receiving_facility="",
        message_type="ADT",
        event="A08",
        control_id="1",
        processing_id="P",
        version="2.5",
    )
    with pytest.raises(SenderAddressWrong):
        senders.establish(
            header, address="127.0.0.1", certificate_sha256="", correlation_id=uuid7()
        )
    assert Case.objects.get().organisation == organisation(MALLILA)
