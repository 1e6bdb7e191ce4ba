"""Every address of the product."""

from django.urls import URLPattern, URLResolver, include, path

from archive.edges.xds import server as xds
from portal.accounts import SIGN_UP
from portal.views import (
    assertion,
    case,
    correcting,
    corrections,
    customers,
    desk,
    errors,
    health,
    integrity,
    language,
    load,
    may_correct,
    merges,
    messages,
    object,
    overview,
    people,
    rejecting,
    rollout,
    search,
    sign_on,
    studies,
    study,
    try_citizen,
)
from portal.views.public import customers as public_customers
from portal.views.public import filling, guide, register, signup, status
from portal.views.public.steps import BY_KEY
from portal.views.system import trust

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
    path("try/citizen/", try_citizen.front, name="try-citizen"),
    path(f"{OWN}check/", filling.check, name="join-check"),
    *(path(f"{OWN}{key}/", filling.step, {"key": key}, name=f"join-own-{key}") for key in BY_KEY),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview.front, name="overview"),
    path("home/", customers.home, name="home"),
    path("organisations/", customers.customers, name="organisations"),
    path("organisations/<uuid:organisation_id>/", customers.customer, name="organisation"),
    path(
        "organisations/<uuid:organisation_id>/connections/<uuid:connection_id>/assertion/",
        assertion.switch,
        name="xua-switch",
    ),
    path("system/issuers/", trust.issuers, name="issuers"),
    path("system/issuers/new/", trust.add, name="issuer-add"),
    path("system/issuers/<uuid:issuer_id>/retire/", trust.retire, name="issuer-retire"),
    path("search/", search.find, name="search"),
    path("studies/", studies.studies, name="studies"),
    path("studies/patient/", studies.patient, name="patient-search"),
    path("studies/<uuid:study_id>/", study.study, name="study"),
    path("studies/<uuid:study_id>/reason/", study.reason, name="study-reason"),
    path("studies/<uuid:study_id>/patient/", study.patient, name="study-patient"),
    path("studies/<uuid:study_id>/objects/", study.objects, name="study-objects"),
    path("studies/<uuid:study_id>/objects/<uuid:instance_id>/", object.front, name="object"),
    path(
        "studies/<uuid:study_id>/objects/<uuid:instance_id>/picture.png",
        object.picture,
        name="object-picture",
    ),
    path(
        "studies/<uuid:study_id>/objects/<uuid:instance_id>/document.pdf",
        object.document,
        name="object-document",
    ),
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
    path("load/", load.load, name="load"),
    path("organisations/<uuid:organisation_id>/limits/", load.limits, name="load-limits"),
    path(
        "organisations/<uuid:organisation_id>/limits/everyones/",
        load.everyones,
        name="load-everyones",
    ),
    path("rollout/", rollout.front, name="rollout"),
    path("rollout/start/", rollout.start, name="rollout-start"),
    path("rollout/<uuid:run_id>/", rollout.run, name="rollout-run"),
    path("rollout/<uuid:run_id>/documents/", rollout.documents, name="rollout-documents"),
    path("rollout/<uuid:run_id>/finish/", rollout.finish, name="rollout-finish"),
    path("rollout/<uuid:run_id>/abandon/", rollout.abandon, name="rollout-abandon"),
    path("rollout/<uuid:run_id>/report/", rollout.report, name="rollout-report"),
    path("rollout/<uuid:run_id>/report.pdf", rollout.pdf, name="rollout-pdf"),
    path("people/", people.people, name="people"),
    path("people/<uuid:user_id>/", people.person, name="person"),
    path("people/<uuid:user_id>/close/", people.deactivate, name="person-close"),
    path("people/<uuid:user_id>/open/", people.reactivate, name="person-open"),
    path("people/<uuid:user_id>/second-factor/", people.reset, name="person-second-factor"),
    path(
        "people/invitations/<uuid:invitation_id>/withdraw/",
        people.withdraw,
        name="staff-invitation-withdraw",
    ),
    path("messages/", messages.front, name="messages"),
    path("messages/<uuid:message_id>/", messages.detail, name="message"),
    path("messages/<uuid:message_id>/whole/", messages.whole, name="message-whole"),
    path("messages/<uuid:message_id>/replay/", messages.replay, name="message-replay"),
    path("merges/", merges.merges, name="merges"),
    path("merges/new/", merges.make, name="merge-make"),
    path("merges/<uuid:merge_id>/", merges.merge, name="merge"),
    path("merges/<uuid:merge_id>/undo/", merges.ask_undo, name="merge-undo"),
    path(
        "merges/<uuid:merge_id>/undo/<uuid:request_id>/grant/",
        merges.decide,
        {"verdict": "grant"},
        name="merge-undo-grant",
    ),
    path(
        "merges/<uuid:merge_id>/undo/<uuid:request_id>/refuse/",
        merges.decide,
        {"verdict": "refuse"},
        name="merge-undo-refuse",
    ),
    path("language/", language.choose, name="language"),
    path("", include("portal.views.joining.addresses")),
    path("", include("portal.views.access.addresses")),
    path("logs/", include("portal.views.logs.addresses")),
    path("authorisations/", include("portal.views.authorisations.addresses")),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("api/", include("portal.api.urls")),
    path("xds/registry", xds.registry, name="xds-registry"),
    path("dicomweb/", include("archive.edges.dicomweb.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sign-on/", include("allauth.socialaccount.urls")),
    path("accounts/oidc/<str:provider_id>/login/", sign_on.begin, name="openid_connect_login"),
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
    *PUBLIC,
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler429 = errors.too_many
handler500 = errors.broken
