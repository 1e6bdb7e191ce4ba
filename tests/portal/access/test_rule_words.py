"""Every rule and every ground of a decision has its words, in every language (AC-5)."""

import ast
import inspect
import re

import pytest
from django.utils import translation

from archive.models import ProhibitionScope
from archive.rules import access
from portal.rule_words import GROUNDS, RULES
from tests.rules import test_access_table as table

# In the source a rule is a text of small letters and dashes; a ground is one of them.
WORD = re.compile(r"^[a-z]+(-[a-z]+)*$")
NO_RULES = {access.Action(each).value for each in access.Action} | {"permission"}


def literals() -> set[str]:
    """Every text that stands in a function of the rules, except in docstrings."""
    found = set()
    tree = ast.parse(inspect.getsource(access))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return {text for text in found if WORD.match(text)}


def test_every_rule_of_the_source_has_its_words_and_no_other() -> None:
    scopes = {f"prohibited-{scope}" for scope in ProhibitionScope.values}
    rules = (literals() - NO_RULES - set(GROUNDS)) | scopes
    rules |= set(GROUNDS) & set(RULES)
    assert rules - set(RULES) == set()
    assert set(RULES) - rules - literals() == set()


def test_every_ground_of_the_source_has_its_words() -> None:
    assert set(GROUNDS) <= literals()
    assert {table.law_says(*words) for words in some_cases()} <= {"", *GROUNDS}


def some_cases() -> list[tuple[object, ...]]:
    return [
        (relation, authorisation, asked, True, True, "none", False, "none")
        for relation in table.RELATIONS
        for authorisation in table.AUTHORISATIONS
        for asked in table.ASKED
    ]


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_words_are_sentences_in_every_language(language: str) -> None:
    with translation.override(language):
        said = [str(words) for words in RULES.values()]
        grounds = [str(words) for words in GROUNDS.values()]
    assert all(words.endswith(".") and words[0].isupper() for words in said)
    assert len(set(said)) == len(said) and len(set(grounds)) == len(grounds)
    if language != "en":
        with translation.override("en"):
            assert not set(said) & {str(words) for words in RULES.values()}
