"""The XDS services alone, for tests of their edge."""

from django.urls import path

from archive.edges.xds import server, wado

urlpatterns = [
    path("xds/registry", server.registry),
    path("xds/repository", server.repository),
    path("xds/imaging", server.imaging),
    path("xca/query", server.gateway_query),
    path("xca/retrieve", server.gateway_retrieve),
    path("xca/imaging", server.gateway_imaging),
    path("wado", wado.retrieve),
]
