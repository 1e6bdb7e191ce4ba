"""Addresses under /api/ of what persons alone do: looks at what names a patient; tokens, clients
and passwords.
"""

from django.urls import URLPattern, path

from portal.api import access_tokens, api_clients, passwords, whole, why

CUSTOMER = "customers/<uuid:organisation_id>"

urlpatterns: list[URLPattern] = [
    path("why", why.Why.as_view(), name="api-why"),
    path("studies/<uuid:study_id>/patient", whole.StudyPatient.as_view(), name="api-study-patient"),
    path("registry/<uuid:document_id>/whole", whole.DocumentWhole.as_view()),
    path("registry/messages/<uuid:message_id>/whole", whole.RegistryMessageWhole.as_view()),
    path("messages/<uuid:message_id>/whole", whole.MessageWhole.as_view()),
    path("tokens", access_tokens.Tokens.as_view(), name="api-tokens"),
    path("tokens/systems", access_tokens.SystemTokens.as_view(), name="api-tokens-systems"),
    path("tokens/<uuid:token_id>", access_tokens.OneToken.as_view(), name="api-token"),
    path("clients", api_clients.Clients.as_view(), name="api-citizen-clients"),
    path("clients/<uuid:client_id>/retire", api_clients.RetireClient.as_view()),
    path(
        f"{CUSTOMER}/planned-connections/<uuid:planned_id>/password",
        passwords.NewPassword.as_view(),
    ),
    path(f"{CUSTOMER}/document-sources", passwords.DocumentSources.as_view()),
]
