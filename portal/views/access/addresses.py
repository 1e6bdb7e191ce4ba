"""Addresses of the pages on who may see what."""

from django.urls import URLPattern, path

from portal.views.access import clients, corrections, rules, state, why

PERSON = "wishes/<uuid:patient_id>/"

urlpatterns: list[URLPattern] = [
    path("wishes/", state.search, name="wishes"),
    path(PERSON, state.person, name="wishes-person"),
    path(f"{PERSON}correct/<slug:what>/", corrections.correct, name="wishes-correct"),
    path(
        f"{PERSON}mistake/<slug:what>/<uuid:statement_id>/",
        corrections.mistake,
        name="wishes-mistake",
    ),
    path("why/", why.front, name="why"),
    path("access/rules/", rules.rules, name="access-rules"),
    path("access/rules/area/", rules.add, {"kind": "area"}, name="access-rules-change"),
    path("access/rules/role/", rules.add, {"kind": "role"}, name="access-rules-role"),
    path("access/rules/<uuid:rule_id>/close/", rules.close, name="access-rules-close"),
    path("access/rules/<uuid:rule_id>/members/", rules.members, name="access-rules-members"),
    path("system/clients/", clients.listed, name="api-clients"),
    path("system/clients/add/", clients.add, name="api-clients-add"),
    path("system/clients/<uuid:client_id>/retire/", clients.retire, name="api-clients-retire"),
]
