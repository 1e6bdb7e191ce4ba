"""Every address of the product."""

from django.urls import URLPattern, URLResolver, include, path

from archive.edges.xds import server as xds
from portal.views import customers, errors, health, language, overview, search

urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview.front, name="overview"),
    path("home/", customers.home, name="home"),
    path("organisations/", customers.customers, name="organisations"),
    path("organisations/<uuid:organisation_id>/", customers.customer, name="organisation"),
    path("search/", search.find, name="search"),
    path("language/", language.choose, name="language"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("xds/registry", xds.registry, name="xds-registry"),
    path("accounts/", include("allauth.account.urls")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
