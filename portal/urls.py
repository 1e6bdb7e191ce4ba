"""Every address of the product."""

from django.urls import URLPattern, URLResolver, include, path

from archive.edges.xds import server as xds
from portal.accounts import SIGN_UP
from portal.views import (
    case,
    correcting,
    corrections,
    customers,
    desk,
    errors,
    health,
    integrity,
    language,
    may_correct,
    overview,
    rejecting,
    rollout,
    search,
    studies,
    study,
)
from portal.views.public import customers as public_customers
from portal.views.public import filling, guide, register, signup, status
from portal.views.public.steps import BY_KEY

OWN = "join/<uuid:organisation_id>/"
PUBLIC: list[URLPattern | URLResolver] = [
    path("customers", public_customers.page, name="public-customers"),
    path("customers/", public_customers.page),
    path("customers.csv", public_customers.as_csv, name="public-customers-csv"),
    path("customers.json", public_customers.as_json, name="public-customers-json"),
    path("guide", guide.guide, name="guide"),
    path("guide/", guide.guide),
    path("join/", register.join, name="join"),
    path("join/account/", signup.sign_up, name=SIGN_UP),
    path("join/status/", status.status, name="join-status"),
    path("join/business-id/", register.business_id, name="join-business-id"),
    path("join/known/", register.known, name="join-known"),
    *(
        path(f"join/{key}/", register.begin, {"key": key}, name=f"join-{key}")
        for key in register.BEGUN_WITH
    ),
    path(f"{OWN}check/", filling.check, name="join-check"),
    *(path(f"{OWN}{key}/", filling.step, {"key": key}, name=f"join-own-{key}") for key in BY_KEY),
]

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
    path("studies/<uuid:study_id>/reject/", rejecting.reject, name="study-reject"),
    path("corrections/", corrections.front, name="corrections"),
    path("corrections/new/", correcting.correct, name="correction-new"),
    path("corrections/who/", may_correct.front, name="may-correct"),
    path("corrections/<uuid:correction_id>/", correcting.correction, name="correction"),
    path("corrections/<uuid:correction_id>/undo/", correcting.undo, name="correction-undo"),
    path("rejections/<uuid:rejection_id>/", rejecting.rejection, name="rejection"),
    path("rejections/<uuid:rejection_id>/revoke/", rejecting.revoke, name="rejection-revoke"),
    path("integrity/", integrity.front, name="integrity"),
    path("integrity/begin/", integrity.begin, name="integrity-begin"),
    path("integrity/restore/", integrity.restore, name="integrity-restore"),
    path("integrity/findings/<slug:kind>/", integrity.findings, name="reconciliation"),
    path("integrity/findings/<slug:kind>/repair/", integrity.repair, name="finding-repair"),
    path("desk/", desk.front, name="desk"),
    path("cases/<uuid:case_id>/", case.front, name="case"),
    path("cases/<uuid:case_id>/retry/", case.retry, name="case-retry"),
    path("cases/<uuid:case_id>/resolve/", case.resolve, name="case-resolve"),
    path("rollout/", rollout.front, name="rollout"),
    path("rollout/start/", rollout.start, name="rollout-start"),
    path("rollout/<uuid:run_id>/", rollout.run, name="rollout-run"),
    path("rollout/<uuid:run_id>/documents/", rollout.documents, name="rollout-documents"),
    path("rollout/<uuid:run_id>/finish/", rollout.finish, name="rollout-finish"),
    path("rollout/<uuid:run_id>/abandon/", rollout.abandon, name="rollout-abandon"),
    path("rollout/<uuid:run_id>/report/", rollout.report, name="rollout-report"),
    path("rollout/<uuid:run_id>/report.pdf", rollout.pdf, name="rollout-pdf"),
    path("language/", language.choose, name="language"),
    path("", include("portal.views.joining.addresses")),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("xds/registry", xds.registry, name="xds-registry"),
    path("accounts/", include("allauth.account.urls")),
    *PUBLIC,
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler429 = errors.too_many
handler500 = errors.broken
