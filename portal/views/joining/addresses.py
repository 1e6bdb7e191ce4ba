"""The addresses of a customer's road; `portal.urls` includes them."""

from django.urls import path

from portal.views.joining import (
    access,
    connections,
    details,
    evidence,
    file,
    four_eyes,
    invitation,
    notice,
    people,
    pipeline,
    succession,
    terms,
)

OF = "organisations/<uuid:organisation_id>/joining/"
EVIDENCE = f"{OF}evidence/<slug:word>/"
SYSTEM = f"{OF}systems/<uuid:system_id>/"
PLANNED = f"{OF}connections/<uuid:planned_id>/"
PERSON = f"{OF}people/<uuid:membership_id>/"

urlpatterns = [
    path("joining/", pipeline.joining, name="joining"),
    path("joining/terms/", terms.versions, name="terms-versions"),
    path("joining/terms/new/", terms.publish, name="terms-publish"),
    path("joining/terms/<uuid:document_id>/", terms.version, name="terms-version"),
    path("joining/access/", access.requests, name="access-requests"),
    path("joining/access/<uuid:request_id>/", access.decide, name="access-decide"),
    path("joining/four-eyes/", four_eyes.requests, name="four-eyes"),
    path(
        "joining/four-eyes/<uuid:request_id>/grant/",
        four_eyes.decide,
        {"verdict": "grant"},
        name="four-eyes-grant",
    ),
    path(
        "joining/four-eyes/<uuid:request_id>/refuse/",
        four_eyes.decide,
        {"verdict": "refuse"},
        name="four-eyes-refuse",
    ),
    path(OF, file.file, name="joining-file"),
    path(f"{OF}step/<slug:key>/", file.move, name="joining-move"),
    path(EVIDENCE, evidence.evidence, name="joining-evidence"),
    path(f"{EVIDENCE}judge/", evidence.judge, name="joining-judge"),
    path(f"{EVIDENCE}file/", evidence.kept_file, name="joining-evidence-file"),
    path(f"{OF}systems/new/", evidence.system, name="joining-system-new"),
    path(SYSTEM, evidence.system, name="joining-system"),
    path(f"{SYSTEM}remove/", evidence.remove_system, name="joining-system-remove"),
    path(f"{SYSTEM}put-back/", evidence.put_back, name="joining-system-put-back"),
    path(f"{OF}terms/<slug:word>/", terms.accept, name="joining-terms"),
    path(f"{OF}connections/", connections.connections, name="joining-connections"),
    path(f"{OF}connections/new/<slug:kind>/", connections.plan, name="joining-plan"),
    path(f"{OF}connections/source/", connections.source, name="joining-source"),
    path(PLANNED, connections.change, name="joining-planned"),
    path(f"{PLANNED}remove/", connections.remove, name="joining-planned-remove"),
    path(f"{PLANNED}open/", connections.make_real, name="joining-planned-open"),
    path(f"{PLANNED}test/", connections.echo, name="joining-planned-test"),
    path(f"{PLANNED}password/", connections.password, name="joining-planned-password"),
    path(f"{OF}contacts/", people.contacts, name="joining-contacts"),
    path(f"{OF}details/", details.details, name="joining-details"),
    path(f"{OF}notice/", notice.notice, name="joining-notice"),
    path(f"{OF}succession/", succession.succession, name="succession"),
    path(f"{OF}succession/call-off/", succession.call_off, name="succession-call-off"),
    path(f"{OF}people/", people.people, name="joining-people"),
    path(f"{PERSON}role/", people.change_role, name="joining-person-role"),
    path(f"{PERSON}remove/", people.remove, name="joining-person-remove"),
    path(
        f"{OF}people/invitations/<uuid:invitation_id>/withdraw/",
        people.withdraw,
        name="joining-invitation-withdraw",
    ),
    path(f"{OF}people/requests/<uuid:request_id>/", people.decide, name="joining-access"),
    path("invitation/<str:secret>/", invitation.invitation, name="invitation"),
]
