"""Right and wrong messages, and the acknowledgement of each (HL-1)."""

from typing import Any

import pytest
from hl7apy.parser import parse_message
from hl7apy.validation import Validator

from archive.edges.edge import reply_for
from archive.edges.hl7 import codec, handlers, replies
from archive.edges.hl7.handlers import Visitor
from archive.errors import FAMILIES, Broken, Busy, Unsupported, every_error
from archive.models import (
    Case,
    CaseEvent,
    Connection,
    Hl7Message,
    Organisation,
    Patient,
    PatientMerge,
)
from archive.values import HETU_ROOT
from tests import cast, persons
from tests.cast import ESIMERKKILA, MALLILA, MATTI, VENLA
from tests.edges.hl7.messages import a08, a40, a47, cx, fields, message, mrg, msh, pid, verdict
from tests.persons import official, patient, temporary

pytestmark = pytest.mark.django_db

HERE = Visitor("127.0.0.1")


def ask(raw: bytes, visitor: Visitor = HERE) -> bytes:
    return handlers.answer(raw, visitor).content


def test_each_event_is_taken() -> None:
    persons.study(temporary())
    assert verdict(ask(a47(temporary(), temporary("T-2")))) == ("AA", "")
    assert verdict(ask(a40(temporary("T-2")))) == ("AA", "")
    assert verdict(ask(a08(temporary(), "Virtanen^Maija"))) == ("AA", "")
    assert verdict(ask(a08(official(), "Laine^Maija", event="ADT^A31^ADT_A05"))) == ("AA", "")
    assert patient(official()).name == "Laine^Maija"
    assert set(Hl7Message.objects.values_list("outcome", flat=True)) == {"done"}


@pytest.mark.parametrize(
    ("raw", "answer", "place"),
    [
        # the header
        (b"hello", ("AE", "102"), ""),
        (b"", ("AE", "102"), ""),
        (b"PID|1||x", ("AE", "102"), ""),
        (b"MSH|^~\\|ESIM_RIS|ESIM|KANTA|KELA", ("AE", "102"), "MSH^1^2"),
        (b"MSH|^^\\&|ESIM_RIS|ESIM|KANTA|KELA", ("AE", "102"), "MSH^1^2"),
        (b"MSHA^~\\&AESIM_RIS", ("AE", "102"), "MSH^1^2"),
        (a40() + a40(), ("AE", "102"), "MSH^2"),
        (a40() + b"ZZZ|\x01\r", ("AE", "102"), ""),
        (message(msh(charset="KLINGON"), pid(), mrg()), ("AE", "103"), "MSH^1^18"),
        (a40(charset="8859/1~UNICODE UTF-8"), ("AE", "103"), "MSH^1^18"),
        (
            message(msh(charset=""), pid(), mrg(), encoding="iso8859-1"),
            ("AE", "102"),
            "MSH^1^18",
        ),
        (
            message(msh(charset="ASCII"), pid(), mrg(), encoding="utf-8"),
            ("AE", "102"),
            "MSH^1^18",
        ),
        (a40(event="ORU^R01^ORU_R01"), ("AR", "200"), "MSH^1^9"),
        (a40(event=""), ("AR", "200"), "MSH^1^9"),
        (a40(event="ADT^A01^ADT_A01"), ("AR", "201"), "MSH^1^9"),
        (a40(event="ADT"), ("AR", "201"), "MSH^1^9"),
        (a40(processing_id="T"), ("AR", "202"), "MSH^1^11"),
        (a40(processing_id=""), ("AR", "202"), "MSH^1^11"),
        (a40(version="2.7"), ("AR", "203"), "MSH^1^12"),
        (a40(version=""), ("AR", "203"), "MSH^1^12"),
        # who and to whom
        (a40(sender=("ESIM_RIS", "MALLI")), ("AE", "207"), "MSH^1^3"),
        (a40(sender=("", "")), ("AE", "207"), "MSH^1^3"),
        (a40(receiver=("KANTAT", "KELA")), ("AE", "207"), "MSH^1^5"),
        (a40(receiver=("KANTA", "THL")), ("AE", "207"), "MSH^1^6"),
        (a40(receiver=("KANTATEST", "KELA")), ("AE", "207"), "MSH^1^3"),
        # segments and fields
        (message(msh()), ("AE", "100"), "PID^1"),
        (message(msh(), pid()), ("AE", "100"), "MRG^1"),
        (message(msh(), mrg()), ("AE", "100"), "MRG^1"),
        (message(msh(), mrg(), pid()), ("AE", "100"), "MRG^1"),
        (message(msh(), pid(), mrg(), pid()), ("AE", "100"), "MRG^2"),
        (message(msh(), pid(), pid(), mrg()), ("AE", "100"), "MRG^1"),
        (message(msh(), pid(""), mrg()), ("AE", "101"), "PID^1^3"),
        (message(msh(), pid(), "MRG"), ("AE", "101"), "MRG^1^1"),
        (message(msh("ADT^A08"), "PV1|1"), ("AE", "100"), "PID^1"),
        (message(msh("ADT^A08"), pid(), pid()), ("AE", "100"), "PID^1"),
        (a08(name=""), ("AE", "101"), "PID^1^5"),
        (a08(birth_date="19811301"), ("AE", "102"), "PID^1^7"),
        (a08(birth_date="19811301"), ("AE", "102"), "PID^1^7"),
        (a08(name="x" * 65), ("AE", "102"), "PID^1^5"),
        (a08(sex="X"), ("AE", "103"), "PID^1^8"),
        # ids
        (a40("010181-900D^^^&1.2.246.21&ISO"), ("AE", "103"), "MRG^1^1"),
        (a40("X^^^&1.2.3&ISO"), ("AE", "103"), "MRG^1^1"),
        (a40("X"), ("AE", "103"), "MRG^1^1"),
        (a40(f"{'T' * 65}^^^&1.2.246.10.90000003.22.2026&ISO"), ("AE", "103"), "MRG^1^1"),
        (a40(survivor="1234^^^LOCAL^MR"), ("AE", "103"), "PID^1^3"),
        (a40(survivor=f"{cx(official())}~{cx(official(VENLA))}"), ("AE", "103"), "PID^1^3"),
        (a40(official(), temporary()), ("AE", "103"), "MRG^1^1"),
        (a40(official(), official()), ("AE", "205"), "MRG^1^1"),
        (a40(temporary(business_id=MALLILA)), ("AE", "207"), "MRG^1^1"),
        (a40(official(VENLA)), ("AE", "207"), "MRG^1^1"),
        (a08(), ("AE", "204"), "PID^1^3"),
        (a47(temporary(), official()), ("AE", "204"), "MRG^1^1"),
    ],
)
def test_a_wrong_message_is_answered_with_code_and_place(
    raw: bytes, answer: tuple[str, str], place: str
) -> None:
    told = ask(raw)
    assert verdict(told) == answer
    assert fields(told, "ERR")[2] == place
    assert fields(told, "ERR")[8]  # words for an engineer
    assert not PatientMerge.objects.exists()
    event = CaseEvent.objects.get()  # each is a case
    assert MATTI not in str([event.detail, event.facts])


def test_messages_of_the_test_environment() -> None:
    header: dict[str, Any] = {
        "sender": ("ESIM_TEST_RIS", "ESIM"),
        "receiver": ("KANTATEST", "KELA"),
    }
    for processing_id in "TDP":
        raw = a40(temporary(f"010181-999{processing_id}"), processing_id=processing_id, **header)
        assert verdict(ask(raw)) == ("AA", "")
    assert verdict(ask(a40(temporary("T-1"), **header))) == ("AE", "103")  # not of the 900 series
    assert verdict(ask(a40(processing_id="X", **header))) == ("AR", "202")
    assert set(cast.newcomers().values_list("environment", flat=True)) == {"test"}


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6"])
def test_every_version_is_answered_in_itself(version: str) -> None:
    good, bad = ask(a40(version=version)), ask(a40(official(VENLA), version=version))
    assert (verdict(good), verdict(bad)) == (("AA", ""), ("AE", "207"))
    assert fields(bad, "MSH")[11] == version
    if version in codec.WITH_ERROR_LOCATION_ONLY:
        assert fields(bad, "ERR")[1] == "MRG^1^1^207&Application internal error&HL70357"


@pytest.mark.parametrize("raw", [a40(), a40(official(VENLA)), a08(), a40(event="ADT^A01")])
def test_answers_are_valid_by_an_independent_reader(raw: bytes) -> None:
    read = parse_message(ask(raw).decode())
    assert Validator.validate(read)
    assert read.msa.msa_1.value in ("AA", "AE", "AR")


def test_the_control_id_is_echoed_exactly_in_the_senders_own_separators() -> None:
    raw = a40(control_id="A\\F\\1").decode()
    other = raw.translate(str.maketrans("|^~\\&", "#*@!%"))
    told = ask(other.encode()).decode()
    assert told.startswith("MSH#*@!%#KANTA#KELA#ESIM_RIS#ESIM#")
    assert "\rMSA#AA#A!F!1\r" in told
    assert patient(temporary()).survivor == patient(official())


def test_an_unreadable_message_is_answered_as_far_as_it_tells_its_id() -> None:
    told = ask(a40(control_id="ID7") + b"ZZZ|\x01\r")
    assert fields(told, "MSA")[2] == "ID7"
    assert verdict(ask(b"\xff\xfe\x00")) == ("AE", "102")


def test_letters_of_the_senders_name_come_back_as_they_were() -> None:
    for charset, encoding in (("UNICODE UTF-8", "utf-8"), ("8859/1", "iso8859-1")):
        told = ask(message(msh(sender=("ÄÄNEKOSKI", "X"), charset=charset), encoding=encoding))
        assert told.decode(encoding).split("|")[4] == "ÄÄNEKOSKI"


def test_lines_may_end_as_careless_senders_have_them() -> None:
    assert verdict(ask(a40(control_id="1").replace(b"\r", b"\n"))) == ("AA", "")
    assert verdict(ask(a40(control_id="2").replace(b"\r", b"\r\n"))) == ("AA", "")
    told = ask(b"\r\n" + a40(control_id="3"))
    assert (verdict(told), fields(told, "MSA")[2]) == (("AA", ""), "3")
    assert verdict(ask(b"\xef\xbb\xbf" + a40(control_id="3"))) == ("AA", "")


def test_groups_of_one_message_are_merged_together() -> None:
    raw = message(
        msh(),
        "EVN||20261126",
        pid(official()),
        "PD1|",
        mrg(temporary("T-1")),
        "PV1|1",
        pid(official(VENLA)),
        mrg(f"{cx(temporary('T-2'))}~77^^^LOCAL^MR~{cx(temporary('T-3'))}"),
    )
    assert verdict(ask(raw)) == ("AA", "")
    tops = {row.retired.identifier: row.into.identifier for row in PatientMerge.objects.all()}
    assert tops == {"T-1": MATTI, "T-2": VENLA, "T-3": VENLA}
    foreign = raw.replace(b"T-1", b"T-8").replace(
        b"90000003.22.2026&ISO~77", b"90000011.22.2026&ISO~77"
    )
    told = ask(foreign)
    assert (verdict(told), fields(told, "ERR")[2]) == (("AE", "207"), "MRG^2^1")
    assert not Patient.objects.filter(identifier="T-8").exists()


def test_a_personal_code_is_known_in_the_ways_senders_write_it() -> None:
    for number, told in enumerate(
        (
            f"{MATTI}^^^&{HETU_ROOT}&ISO",
            f"{MATTI.lower()}^^^&{HETU_ROOT}&ISO^NNFIN",
            f"{MATTI}^^^VRK^NNFIN",
            f"{MATTI}^^^{HETU_ROOT}",
            f"77^^^LOCAL^MR~{MATTI}^^^&{HETU_ROOT}&ISO",
            f"{MATTI}",
        )
    ):
        assert verdict(ask(a40(temporary(f"T-{number}"), told))) == ("AA", "")
    assert cast.newcomers().filter(issuer=HETU_ROOT).count() == 1


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Virtanen^Maija^Liisa^III^Tri", "Virtanen^Maija^Liisa^Tri^III"),
        ("von Wright&von&Wright^Maija", "von Wright^Maija"),
        ("Virtanen^^", "Virtanen"),
        ("Alias^X^^^^^A~Virtanen^Maija^^^^^L", "Virtanen^Maija"),
        ("A=B\\T\\C^M\\S\\", "A B&C^M"),
        ("Meik\\XC3A4\\l\\XE4\\inen^M\\X61\\ija", "Meikäläinen^Maija"),
        ("Meik\\XC3\\\\XA4\\l\\XC3\\\\XA4\\inen^Maija\\XC3\\\\XA4\\", "Meikäläinen^Maijaä"),
        ("P\\XE4\\\\XE4\\ K\\XE4\\\\T\\\\XC3A4\\\\XF6\\\\.br\\^X", "Pää Kä&äö^X"),
    ],
)
def test_names_become_dicoms(told: str, name: str) -> None:
    persons.study(official())
    assert verdict(ask(a08(name=told))) == ("AA", "")
    assert patient(official()).name == name


def test_what_is_null_is_taken_away_and_what_is_empty_stays() -> None:
    persons.study(official(), PatientSex="F", PatientBirthDate="19810101")
    assert verdict(ask(a08(sex='""', birth_date=""))) == ("AA", "")
    held = patient(official())
    assert (held.sex, held.birth_date) == ("", "19810101")


@pytest.mark.parametrize("told", ["1979", "197902", "1979+0200", "197902+0200"])
def test_of_a_birth_that_is_told_in_part_no_day_is_made(told: str) -> None:
    """HL7 v2.5 section 2.A.22 has a precision: the rest of the message is true all the same."""
    persons.study(official(), PatientSex="F", PatientBirthDate="19810101")
    assert verdict(ask(a08(birth_date=told, sex="M"))) == ("AA", "")
    held = patient(official())
    assert (held.name, held.sex, held.birth_date) == ("Virtanen^Maija", "M", "19810101")


@pytest.mark.parametrize("told", ["197913", "19790", "197", "0000", "1979-02", "19790230", "xxxx"])
def test_what_is_no_time_at_all_is_refused(told: str) -> None:
    persons.study(official(), PatientBirthDate="19810101")
    assert verdict(ask(a08(birth_date=told)))[0] == "AE"
    assert patient(official()).name != "Virtanen^Maija"


# --- who ------------------------------------------------------------------------------------------


def test_a_sender_from_another_address_is_refused() -> None:
    told = handlers.answer(a40(), Visitor("10.0.0.1"))
    assert (verdict(told.content), told.is_last) == (("AE", "207"), True)
    case = Case.objects.get()
    assert (case.reason, str(case.connection)) == ("sender-address-wrong", "ESIM_RIS|ESIM")
    assert not Hl7Message.objects.exists()


def test_a_sender_with_another_certificate_is_refused() -> None:
    Connection.objects.filter(hl7_application="ESIM_RIS").update(certificate_sha256="ab" * 32)
    assert verdict(ask(a40(), Visitor("127.0.0.1", "cd" * 32))) == ("AE", "207")
    assert verdict(ask(a40(), Visitor("127.0.0.1", "ab" * 32))) == ("AA", "")


def test_a_customer_that_has_ended_is_refused() -> None:
    Organisation.objects.filter(business_id=ESIMERKKILA).update(state="ended")
    assert verdict(ask(a40())) == ("AE", "207")
    assert Case.objects.get().reason == "peer-ended"


def test_a_customer_that_is_not_in_production_sends_to_test_only() -> None:
    Organisation.objects.filter(business_id=ESIMERKKILA).update(state="joining")
    assert verdict(ask(a40())) == ("AE", "207")
    test = a40(sender=("ESIM_TEST_RIS", "ESIM"), receiver=("KANTATEST", "KELA"), processing_id="T")
    assert verdict(ask(test)) == ("AA", "")


def test_a_personal_code_in_a_senders_name_is_not_repeated() -> None:
    ask(a40(sender=(MATTI, MATTI)))
    assert MATTI not in str(CaseEvent.objects.get().facts)


# --- again ----------------------------------------------------------------------------------------


def test_the_same_message_again_is_acknowledged_without_effect() -> None:
    persons.study(official())
    first = a08(name="Virtanen^Maija", control_id="X1")
    assert verdict(ask(first)) == ("AA", "")
    assert verdict(ask(a08(name="Laine^Maija", control_id="X2"))) == ("AA", "")
    assert verdict(ask(first)) == ("AA", "")
    assert patient(official()).name == "Laine^Maija"
    outcomes = Hl7Message.objects.order_by("received_at").values_list("outcome", flat=True)
    assert list(outcomes) == ["done", "done", "no_effect"]


def test_the_same_message_after_a_refusal_is_tried_and_settles_the_case() -> None:
    raw = a08(control_id="X1")
    assert verdict(ask(raw)) == ("AE", "204")
    persons.study(official())
    assert verdict(ask(raw)) == ("AA", "")
    assert Case.objects.get().state == "resolved"


def test_inverse_and_circular_merges_are_refused_with_the_reason() -> None:
    a, b, c = (temporary(f"T-{number}") for number in range(3))
    assert verdict(ask(a40(a, b))) == verdict(ask(a40(b, c))) == ("AA", "")
    for retired, survivor, said in (
        (b, a, "the surviving id was merged into the retired one"),
        (c, a, "the merge would close a circle"),
        (a, official(), "the retired id was merged into another person"),
    ):
        told = ask(a40(retired, survivor))
        assert verdict(told) == ("AE", "205")
        assert fields(told, "ERR")[8] == said
    assert verdict(ask(a40(a, c))) == ("AA", "")  # they are one person already


# --- the table ------------------------------------------------------------------------------------


def test_the_table_covers_every_family_and_says_ar_where_the_header_or_we_are_at_fault() -> None:
    assert set(FAMILIES) <= set(replies.TABLE)
    for error in every_error():
        reply = reply_for(replies.TABLE, error())
        assert reply.condition in replies.CONDITIONS
        rejects = issubclass(error, (Unsupported, Busy, Broken))
        assert reply.acknowledgement == ("AR" if rejects else "AE")


def test_a_fault_of_ours_is_ar_and_kept_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is kept before it is acted upon."""

    def fail(*_: object) -> None:
        raise KeyError(MATTI)

    monkeypatch.setitem(handlers.messages._ACTS, "A40", fail)  # type: ignore[attr-defined]
    told = ask(a40())
    assert verdict(told) == ("AR", "207")
    assert MATTI not in told.decode()
    kept = Hl7Message.objects.get()
    assert (kept.outcome, kept.reason) == ("refused", "broken")
