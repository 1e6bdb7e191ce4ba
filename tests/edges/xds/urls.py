"""The registry alone, for tests of its edge."""

from django.urls import path

from archive.edges.xds.server import registry

urlpatterns = [path("xds/registry", registry)]
