"""The guide: a question a page, an answer for every combination, nothing kept (ON-9)."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import translation
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.models import ContentPolicy, CorrectionPolicy
from onboarding.models import KantaService
from onboarding.queries import guide as rows
from portal.management.commands import texts
from portal.views.public.sources import SOURCES

pytestmark = pytest.mark.django_db

LANGUAGES = ("fi", "sv", "en")
SECTORS, SYSTEMS, SERVICES = (
    ("public", "private"),
    ("yes", "no"),
    ("buys", "produces", "both", "none"),
)
RESULT = {
    "fi": "Mitä Kanta merkitsee",
    "sv": "Vad Kanta innebär",
    "en": "What Kanta means for your organisation",
}


def ask(language: str = "en", **answers: Any) -> Any:
    client = Client(headers={"Accept-Language": language})
    return client.get(f"/guide?{urlencode(answers, doseq=True)}")


def page(language: str = "en", **answers: Any) -> str:
    found: str = ask(language, **answers).content.decode()
    return found


def full(**changed: Any) -> dict[str, Any]:
    usual = {"sector": "private", "system": "yes", "services": "none", "content": ["ct"]}
    return {**usual, **changed}


def contents() -> list[str]:
    return [row.content_type for row in rows.contents()]


def test_it_asks_only_of_what_an_organisation_sets_out_to_produce() -> None:
    asked = page(sector="private", system="yes", services="none")
    offered = set(contents())
    assert all(f'value="{each}"' in asked for each in offered)
    archived = set(ContentPolicy.objects.values_list("content_type", flat=True))
    assert archived - offered == {"presentation_state", "key_note"}  # they come with a study


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_asks_one_thing_a_page_in_three_languages(language: str) -> None:
    answers: dict[str, Any] = {}
    for place, (name, value) in enumerate(full().items(), start=1):
        text = page(language, **answers)
        assert f'<html lang="{language}"' in text
        assert f'name="{name}"' in text and text.count("<fieldset") == 1
        assert {"fi": f"Kysymys {place}/4", "sv": f"Fråga {place} av 4"}.get(
            language, f"Question {place} of 4"
        ) in text
        answers[name] = value
    assert RESULT[language] in page(language, **answers)


def combinations() -> Iterator[dict[str, Any]]:
    """Each sector, system and use of services with no content and with all; each content with each
    use of services, and with each sector and system in turn.
    """
    for sector, system, services in product(SECTORS, SYSTEMS, SERVICES):
        for chosen in (["none"], contents()):
            yield full(sector=sector, system=system, services=services, content=chosen)
    ways = list(product(SECTORS, SYSTEMS))
    for number, content in enumerate(contents()):
        for place, services in enumerate(SERVICES):
            sector, system = ways[(number + place) % len(ways)]
            yield full(sector=sector, system=system, services=services, content=[content])


def test_every_pair_of_answers_gives_a_page() -> None:
    count = 0
    for answers in combinations():
        text = page(**answers)
        assert RESULT["en"] in text, answers
        assert ("one for each producer" in text) == (answers["services"] in ("buys", "both"))
        assert ("one from each organisation" in text) == (
            answers["services"] in ("produces", "both")
        )
        count += 1
    assert count == 2 * 2 * 4 * 2 + 4 * len(contents())


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_set_of_contents_names_each_with_its_day(data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.sampled_from(contents()), min_size=1))
    text = page(**full(content=sorted(chosen)))
    for row in rows.contents():
        in_table = f'<th scope="row" class="strong">{row.name_en}</th>' in text
        assert in_table == (row.content_type in chosen)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from(["sector", "system", "services", "content", "asked", "change", "x"]),
        st.lists(st.text(max_size=12) | st.sampled_from([*SECTORS, *SYSTEMS, "none"]), max_size=3),
    )
)
def test_no_address_breaks_it(answers: dict[str, list[str]]) -> None:
    assert ask(**answers).status_code in (200, 302)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_left_out_is_said_at_the_question_and_in_the_summary(language: str) -> None:
    text = page(language, sector="public", asked="system")
    assert 'href="#system-1"' in text and 'id="system-1"' in text
    assert 'class="choices bad"' in text and 'id="system-wrong"' in text


def test_none_and_a_content_exclude_each_other() -> None:
    text = page(**full(content=["ct", "none"]), asked="content")
    assert "or the last one alone" in text


def test_the_address_of_the_answer_holds_the_answers_only() -> None:
    answer = ask(**full(), asked="content")
    assert answer.headers["Location"] == (
        "/guide?sector=private&system=yes&services=none&content=ct"
    )


def test_an_answer_can_be_changed_without_losing_the_others() -> None:
    text = page(**full(), change="system")
    assert 'id="system-1" checked' in text
    for name, value in (("sector", "private"), ("services", "none"), ("content", "ct")):
        assert f'type="hidden" name="{name}" value="{value}"' in text


def test_nothing_is_kept() -> None:
    answer = ask(**full())
    assert Session.objects.count() == 0
    assert "sessionid" not in answer.cookies


# --- what it answers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("services", "says"),
    [
        ("buys", ["belong to your register", "That is wrong, and unlawful", "does not stop this"]),
        ("produces", ["not to yours", "Ask for the authorisation before the first patient"]),
        ("none", ["No. They are needed when"]),
    ],
)
def test_it_tells_whether_authorisations_are_needed_and_why(services: str, says: list[str]) -> None:
    text = page(**full(services=services))
    assert all(each in text for each in says)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"sector": "private", "system": "yes"}, "must join Kanta (Client Data Act 784/2021"),
        ({"sector": "private", "system": "no"}, "Not by this rule"),
        ({"sector": "public", "system": "yes"}, "Public health care stores its patient data"),
        ({"sector": "public", "system": "no"}, "for that it needs a patient data system"),
    ],
)
def test_it_tells_whether_the_organisation_must_join(answers: dict[str, str], says: str) -> None:
    assert says in page(**full(**answers))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("ct", ["since 31 Dec 2019, so at once"]),
        ("plain_xray", ["31 Dec 2019", "slides 2023 say 13.12.2019, a slip"]),
        ("intra_oral", ["by 1 Oct 2029", "possible in 2024 (listed as future too)"]),
        ("resting_ecg", ["by 29 Oct 2029", "at odds with the others"]),
        ("visible_light", ["by 1 Oct 2029", "not yet"]),
        ("pathology", ["the source gives no day", "by 2029, no day given"]),
    ],
)
def test_each_content_has_its_day_and_its_source_with_contradictions(
    content: str, says: list[str]
) -> None:
    text = page(**full(content=[content]))
    assert all(each in text for each in says)


def test_the_services_are_the_rows_that_an_answer_concerns() -> None:
    KantaService.objects.filter(code="imaging").update(concerns=["buys"])
    assert "ECG and imaging studies." in page(**full(services="buys"))
    assert "ECG and imaging studies." not in page(**full(services="none"))


def test_a_new_row_of_content_is_asked_for_and_answered() -> None:
    ContentPolicy.objects.create(
        content_type="hologram",
        name_fi="hologrammi",
        name_sv="hologram",
        name_en="hologram",
        sop_classes=[],
        modalities=[],
        allowed_from="2031-01-01",
        duty_from="2032-02-03",
        source="A law to come",
    )
    assert 'value="hologram"' in page(**full(content=[]))
    assert "by 3 Feb 2032" in page(**full(content=["hologram"]))


def test_every_source_has_its_translation() -> None:
    stored = {row.source for row in rows.contents()}
    for model in (KantaService, CorrectionPolicy):
        stored |= set(model.objects.values_list("source", flat=True))
    with translation.override("en"):
        assert stored <= {str(each) for each in SOURCES}
    # What a catalogue holds, the product says, and is translated: `tests.portal.test_texts`.
    assert {message.id for message in texts.read("fi")} >= stored


def test_the_answers_can_start_a_registration() -> None:
    assert 'href="/join/?sector=private&amp;system=yes&amp;services=buys&amp;content=ct"' in page(
        **full(services="buys")
    )
