"""Addresses of the pages on rows of law: content policy, study codes."""

from django.urls import URLPattern, path

from portal.views.system import codes, policies

urlpatterns: list[URLPattern] = [
    path("system/policies/", policies.policies, name="policies"),
    path("system/policies/new/", policies.add, name="policy-add"),
    path("system/policies/<slug:content_type>/", policies.policy, name="policy"),
    path("system/policies/<slug:content_type>/version/", policies.version, name="policy-version"),
    path("system/policies/<slug:content_type>/end/", policies.end, name="policy-end"),
    path("system/codes/", codes.listed, name="codes"),
    path("system/codes.csv", codes.as_csv, name="codes-csv"),
    path("system/codes/import/", codes.upload, name="codes-import"),
    path("system/codes/import/<uuid:import_id>/", codes.preview, name="codes-preview"),
]
