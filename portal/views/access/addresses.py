"""Addresses of the pages on who may see what."""

from django.urls import URLPattern, path

from portal.views.access import state, why

PERSON = "wishes/<uuid:patient_id>/"

urlpatterns: list[URLPattern] = [
    path("wishes/", state.search, name="wishes"),
    path(PERSON, state.person, name="wishes-person"),
    path(f"{PERSON}correct/<slug:what>/", state.correct, name="wishes-correct"),
    path(f"{PERSON}mistake/<slug:what>/<uuid:statement_id>/", state.mistake, name="wishes-mistake"),
    path("why/", why.front, name="why"),
]
