"""The product's settings with the registry's address alone."""

from portal.settings import *  # noqa: F403

ROOT_URLCONF = "tests.edges.xds.urls"
