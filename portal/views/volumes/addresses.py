"""Addresses of volumes, duty against fact, and take-over of local archives."""

from django.urls import URLPattern, path

from portal.views.volumes import duty, takeover_reports, takeovers

CUSTOMER = "organisations/<uuid:organisation_id>/volumes"

urlpatterns: list[URLPattern] = [
    path("duty/", duty.front, name="duty"),
    path(f"{CUSTOMER}/", duty.customer, name="customer-duty"),
    path(f"{CUSTOMER}.csv", duty.customer_csv, name="customer-duty-csv"),
    path("takeovers/", takeovers.front, name="takeovers"),
    path("takeovers/new/", takeovers.start, name="takeover-start"),
    path("takeovers/ask/", takeovers.ask, name="takeover-ask"),
    path("takeovers/<uuid:takeover_id>/", takeovers.detail, name="takeover"),
    path("takeovers/<uuid:takeover_id>/again/", takeovers.again, name="takeover-again"),
    path("takeovers/<uuid:takeover_id>/report.csv", takeover_reports.as_csv, name="takeover-csv"),
    path("takeovers/<uuid:takeover_id>/report.pdf", takeover_reports.as_pdf, name="takeover-pdf"),
]
