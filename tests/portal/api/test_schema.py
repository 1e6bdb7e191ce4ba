"""The schema of the API can be made, and every family has its HTTP status."""

import warnings

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from archive.errors import FAMILIES
from portal.api.problems import STATUS


def test_the_schema_is_valid_and_tells_of_every_answer() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        GENERATOR_STATS.reset()
        schema = SchemaGenerator().get_schema(request=None, public=True)
        validate_schema(schema)
    assert not GENERATOR_STATS, GENERATOR_STATS.emit_summary()
    post = schema["paths"]["/api/disclosure-notices"]["post"]
    assert set(post["responses"]) == {
        *("200", "201", "400", "401", "403", "404", "405", "406"),
        *("409", "413", "415", "422", "429", "503"),
    }
    assert "DisclosureNoticeEntity" in schema["components"]["schemas"]


def test_every_family_has_its_status() -> None:
    assert set(FAMILIES) <= set(STATUS)
