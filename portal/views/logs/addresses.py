"""The addresses of the logs; `portal.urls` includes them."""

from django.urls import include, path

from portal.views.logs import disclosures, patient, report, use

urlpatterns = [
    path("disclosures/", disclosures.entries, name="log-disclosures"),
    path("disclosures/<str:key>/", disclosures.entry, name="log-disclosure"),
    path("use/", use.entries, name="log-use"),
    path("use/<str:key>/", use.entry, name="log-use-entry"),
    path("patient/", patient.search, name="log-patient"),
    path("review/", include("portal.views.review.addresses")),
    path("report/", report.ask, name="log-report"),
    path("report/<uuid:report_id>/", report.show, name="log-report-shown"),
    path("report/<uuid:report_id>/report.pdf", report.pdf, name="log-report-pdf"),
]
