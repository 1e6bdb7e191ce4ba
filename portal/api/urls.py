"""Addresses under /api/."""

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView

from portal.api import citizen, disclosure_notices, wishes
from portal.api.authorisations import documents, operations

ONE = "authorisations/<uuid:authorisation_id>"
ASSIGNMENT = "assignments/<uuid:authorisation_id>"

urlpatterns: list[URLPattern] = [
    path("disclosure-notices", disclosure_notices.DisclosureNotices.as_view()),
    path(
        "disclosure-notices/<uuid:acknowledgement_id>", disclosure_notices.Acknowledgement.as_view()
    ),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("authorisations", operations.Authorisations.as_view(), name="api-authorisations"),
    path("authorisations/search", operations.AuthorisationSearch.as_view()),
    path("authorisations/documents", documents.Documents.as_view(), name="api-forms"),
    path(ONE, operations.One.as_view(), name="api-authorisation"),
    path(f"{ONE}/versions", operations.Versions.as_view()),
    path(f"{ONE}/revoke", operations.Revoke.as_view()),
    path(f"{ONE}/done", operations.Done.as_view()),
    path("assignments", operations.Assignments.as_view(), name="api-assignments"),
    path("assignments/search", operations.AssignmentSearch.as_view()),
    path(ASSIGNMENT, operations.One.as_view()),
    path(f"{ASSIGNMENT}/accept", operations.Accept.as_view()),
    path(f"{ASSIGNMENT}/decline", operations.Decline.as_view()),
    path(f"{ASSIGNMENT}/withdraw", operations.Withdraw.as_view()),
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
