"""Every address of the product."""

from django.urls import URLPattern, URLResolver, include, path

from archive.edges.xds import server as xds
from portal.views import (
    case,
    customers,
    desk,
    errors,
    health,
    language,
    overview,
    search,
    studies,
    study,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview.front, name="overview"),
    path("home/", customers.home, name="home"),
    path("organisations/", customers.customers, name="organisations"),
    path("organisations/<uuid:organisation_id>/", customers.customer, name="organisation"),
    path("search/", search.find, name="search"),
    path("studies/", studies.studies, name="studies"),
    path("studies/patient/", studies.patient, name="patient-search"),
    path("studies/<uuid:study_id>/", study.study, name="study"),
    path("studies/<uuid:study_id>/reason/", study.reason, name="study-reason"),
    path("studies/<uuid:study_id>/patient/", study.patient, name="study-patient"),
    path("studies/<uuid:study_id>/objects/", study.objects, name="study-objects"),
    path("studies/<uuid:study_id>/register/", study.register, name="study-register"),
    path("studies/<uuid:study_id>/notice/", study.notice, name="study-notice"),
    path("studies/<uuid:study_id>/retry/", study.retry, name="study-retry"),
    path("desk/", desk.front, name="desk"),
    path("cases/<uuid:case_id>/", case.front, name="case"),
    path("cases/<uuid:case_id>/retry/", case.retry, name="case-retry"),
    path("cases/<uuid:case_id>/resolve/", case.resolve, name="case-resolve"),
    path("language/", language.choose, name="language"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("xds/registry", xds.registry, name="xds-registry"),
    path("accounts/", include("allauth.account.urls")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
