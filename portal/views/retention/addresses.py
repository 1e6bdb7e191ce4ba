"""Addresses of the pages of retention."""

from django.urls import URLPattern, path

from portal.views.retention import deaths, destructions, front, holds, rules

LIST = "destructions/<uuid:list_id>/"

urlpatterns: list[URLPattern] = [
    path("", front.front, name="retention"),
    path("survey/", front.survey, name="retention-survey"),
    path("rules/", rules.rules, name="retention-rules"),
    path("rules/new/", rules.add, name="retention-rule-change"),
    path("rules/<uuid:rule_id>/close/", rules.close, name="retention-rule-close"),
    path("rules/<uuid:rule_id>/confirm/", rules.confirm, name="retention-rule-confirm"),
    path("holds/", holds.holds, name="retention-holds"),
    path("holds/new/", holds.of_patient, name="retention-hold-change"),
    path("holds/study/<uuid:study_id>/", holds.of_study, name="retention-hold-study"),
    path("holds/<uuid:hold_id>/release/", holds.release, name="retention-hold-release"),
    path("deaths/", deaths.settle, name="retention-death"),
    path("destructions/", destructions.listed, name="destructions"),
    path("destructions/new/", destructions.propose, name="destruction-propose"),
    path(LIST, destructions.detail, name="destruction"),
    path(f"{LIST}certificate.pdf", destructions.certificate, name="destruction-certificate"),
    path(f"{LIST}approve/", destructions.approve, name="destruction-act"),
    path(f"{LIST}<slug:move>/", destructions.move, name="destruction-move"),
]
