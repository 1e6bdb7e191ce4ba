"""Addresses of the pages on rows of law: content policy, study codes."""

from django.urls import URLPattern, path

from portal.views.system import policies

urlpatterns: list[URLPattern] = [
    path("system/policies/", policies.policies, name="policies"),
    path("system/policies/new/", policies.add, name="policy-add"),
    path("system/policies/<slug:content_type>/", policies.policy, name="policy"),
    path("system/policies/<slug:content_type>/version/", policies.version, name="policy-version"),
    path("system/policies/<slug:content_type>/end/", policies.end, name="policy-end"),
]
