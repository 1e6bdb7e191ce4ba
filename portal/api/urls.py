"""Addresses under /api/."""

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView

from portal.api import disclosure_notices

urlpatterns: list[URLPattern] = [
    path("disclosure-notices", disclosure_notices.DisclosureNotices.as_view()),
    path(
        "disclosure-notices/<uuid:acknowledgement_id>", disclosure_notices.Acknowledgement.as_view()
    ),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
]
