"""Addresses under /api/ of what persons alone do: looks at what names a patient, orders of
purchased services, tokens, clients and passwords.
"""

from django.urls import URLPattern, path

from portal.api import access_tokens, api_clients, passwords, whole, why
from portal.api.authorisations import orders

ORDER = "orders/<uuid:authorisation_id>"
CUSTOMER = "customers/<uuid:organisation_id>"

urlpatterns: list[URLPattern] = [
    path("why", why.Why.as_view(), name="api-why"),
    path("studies/<uuid:study_id>/patient", whole.StudyPatient.as_view(), name="api-study-patient"),
    path("registry/<uuid:document_id>/whole", whole.DocumentWhole.as_view()),
    path("registry/messages/<uuid:message_id>/whole", whole.RegistryMessageWhole.as_view()),
    path("messages/<uuid:message_id>/whole", whole.MessageWhole.as_view()),
    path("orders", orders.Orders.as_view(), name="api-orders"),
    path("orders/granted", orders.GrantedOrders.as_view(), name="api-orders-granted"),
    path("orders/search", orders.OrderSearch.as_view(), name="api-orders-search"),
    path(ORDER, orders.OneOrder.as_view(), name="api-order"),
    path(f"{ORDER}/patient", orders.OrderPatient.as_view(), name="api-order-patient"),
    path(f"{ORDER}/versions", orders.OrderVersions.as_view(), name="api-order-versions"),
    path(f"{ORDER}/revoke", orders.Revoke.as_view(), name="api-order-revoke"),
    path(f"{ORDER}/done", orders.Done.as_view(), name="api-order-done"),
    path(f"{ORDER}/accept", orders.Accept.as_view(), name="api-order-accept"),
    path(f"{ORDER}/decline", orders.Decline.as_view(), name="api-order-decline"),
    path(f"{ORDER}/withdraw", orders.Withdraw.as_view(), name="api-order-withdraw"),
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
