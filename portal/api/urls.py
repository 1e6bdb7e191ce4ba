"""Addresses under /api/."""

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView

from portal.api import citizen, wishes

urlpatterns: list[URLPattern] = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("wishes", wishes.Wishes.as_view(), name="api-wishes"),
    path("citizen/documents", citizen.Documents.as_view(), name="citizen-documents"),
    path(
        "citizen/documents/<uuid:document_id>",
        citizen.Document.as_view(),
        name="citizen-document",
    ),
    path("citizen/wishes", citizen.Wishes.as_view(), name="citizen-wishes"),
    path("citizen/informing", citizen.Informing.as_view(), name="citizen-informing"),
    path("citizen/permission", citizen.Permission.as_view(), name="citizen-permission"),
    path("citizen/prohibitions", citizen.Prohibitions.as_view(), name="citizen-prohibitions"),
    path(
        "citizen/prohibitions/<uuid:prohibition_id>/end",
        citizen.ProhibitionEnd.as_view(),
        name="citizen-prohibition-end",
    ),
    path("citizen/wills", citizen.Wills.as_view(), name="citizen-wills"),
    path("citizen/disclosures", citizen.Disclosures.as_view(), name="citizen-disclosures"),
]
