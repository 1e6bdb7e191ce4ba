"""Addresses under /api/."""

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView

from portal.api import (
    batches,
    case_acts,
    cases,
    citizen,
    customers,
    disclosure_notices,
    queues,
    studies,
    webhooks,
    wishes,
)
from portal.api.authorisations import documents, operations
from portal.api.operation import Nowhere

ONE = "authorisations/<uuid:authorisation_id>"
CASE = "cases/<uuid:case_id>"
BATCH = "batches/<uuid:batch_id>"
STUDY = "studies/<uuid:study_id>"
CUSTOMER = "customers/<uuid:organisation_id>"
ASSIGNMENT = "assignments/<uuid:authorisation_id>"

urlpatterns: list[URLPattern] = [
    path("disclosure-notices", disclosure_notices.DisclosureNotices.as_view()),
    path(
        "disclosure-notices/<uuid:acknowledgement_id>", disclosure_notices.Acknowledgement.as_view()
    ),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("authorisations", operations.Authorisations.as_view(), name="api-authorisations"),
    path("authorisations/search", operations.AuthorisationSearch.as_view()),
    path("authorisations/documents", documents.Documents.as_view(), name="api-forms"),
    path(ONE, operations.One.as_view(), name="api-authorisation"),
    path(f"{ONE}/versions", operations.Versions.as_view()),
    path(f"{ONE}/revoke", operations.Revoke.as_view()),
    path(f"{ONE}/done", operations.Done.as_view()),
    path("assignments", operations.Assignments.as_view(), name="api-assignments"),
    path("assignments/search", operations.AssignmentSearch.as_view()),
    path(ASSIGNMENT, operations.One.as_view()),
    path(f"{ASSIGNMENT}/accept", operations.Accept.as_view()),
    path(f"{ASSIGNMENT}/decline", operations.Decline.as_view()),
    path(f"{ASSIGNMENT}/withdraw", operations.Withdraw.as_view()),
    path("wishes", wishes.Wishes.as_view(), name="api-wishes"),
    path("citizen/documents", citizen.Documents.as_view(), name="citizen-documents"),
    path(
        "citizen/documents/<uuid:document_id>",
        citizen.Document.as_view(),
        name="citizen-document",
    ),
    path("citizen/wishes", citizen.Wishes.as_view(), name="citizen-wishes"),
    path("citizen/informing", citizen.Informing.as_view(), name="citizen-informing"),
    path("citizen/permission", citizen.Permission.as_view(), name="citizen-permission"),
    path("citizen/prohibitions", citizen.Prohibitions.as_view(), name="citizen-prohibitions"),
    path(
        "citizen/prohibitions/<uuid:prohibition_id>/end",
        citizen.ProhibitionEnd.as_view(),
        name="citizen-prohibition-end",
    ),
    path("citizen/wills", citizen.Wills.as_view(), name="citizen-wills"),
    path("citizen/disclosures", citizen.Disclosures.as_view(), name="citizen-disclosures"),
    path("studies", studies.Studies.as_view(), name="api-studies"),
    path("studies/search", studies.StudySearch.as_view(), name="api-studies-search"),
    path(STUDY, studies.OneStudy.as_view(), name="api-study"),
    path(f"{STUDY}/trace", studies.StudyTrace.as_view(), name="api-study-trace"),
    path(f"{STUDY}/register", studies.Register.as_view(), name="api-study-register"),
    path(f"{STUDY}/notice", studies.Notice.as_view(), name="api-study-notice"),
    path(f"{STUDY}/retry", studies.Retry.as_view(), name="api-study-retry"),
    path("cases", cases.Cases.as_view(), name="api-cases"),
    path(CASE, cases.OneCase.as_view(), name="api-case"),
    path(f"{CASE}/events", cases.CaseEvents.as_view(), name="api-case-events"),
    path(f"{CASE}/comments", cases.CaseComments.as_view(), name="api-case-comments"),
    path(f"{CASE}/retry", case_acts.Retry.as_view(), name="api-case-retry"),
    path(f"{CASE}/ignore", case_acts.Ignore.as_view(), name="api-case-ignore"),
    path(f"{CASE}/resolve", case_acts.Resolve.as_view(), name="api-case-resolve"),
    path(f"{CASE}/comment", case_acts.Comment.as_view(), name="api-case-comment"),
    path(f"{CASE}/assign", case_acts.Assign.as_view(), name="api-case-assign"),
    path(f"{CASE}/severity", case_acts.SetSeverity.as_view(), name="api-case-severity"),
    path(f"{CASE}/reply", case_acts.Reply.as_view(), name="api-case-reply"),
    path(f"{CASE}/repair", case_acts.Repair.as_view(), name="api-case-repair"),
    path("batches", batches.Batches.as_view(), name="api-batches"),
    path(BATCH, batches.OneBatch.as_view(), name="api-batch"),
    path(f"{BATCH}/pause", batches.Pause.as_view(), name="api-batch-pause"),
    path(f"{BATCH}/resume", batches.Resume.as_view(), name="api-batch-resume"),
    path(f"{BATCH}/cancel", batches.Cancel.as_view(), name="api-batch-cancel"),
    path(f"{BATCH}/undo", batches.Undo.as_view(), name="api-batch-undo"),
    path("customers", customers.Customers.as_view(), name="api-customers"),
    path(CUSTOMER, customers.OneCustomer.as_view(), name="api-customer"),
    path(f"{CUSTOMER}/connections", customers.Connections.as_view(), name="api-connections"),
    path(f"{CUSTOMER}/registers", customers.Registers.as_view(), name="api-registers"),
    path("rollouts", customers.Runs.as_view(), name="api-rollouts"),
    path("rollouts/<uuid:run_id>", customers.OneRun.as_view(), name="api-rollout"),
    path("queues", queues.Queues.as_view(), name="api-queues"),
    path("queues/stuck", queues.StuckJobs.as_view(), name="api-queues-stuck"),
    path("queues/processes", queues.Processes.as_view(), name="api-processes"),
    path("queues/<slug:kind>/hold", queues.Hold.as_view(), name="api-queue-hold"),
    path("queues/<slug:kind>/go-on", queues.GoOn.as_view(), name="api-queue-go-on"),
    path("webhooks", webhooks.Webhooks.as_view(), name="api-webhooks"),
    path("webhooks/<uuid:webhook_id>", webhooks.OneWebhook.as_view(), name="api-webhook"),
    path("webhooks/<uuid:webhook_id>/on", webhooks.SwitchOn.as_view(), name="api-webhook-on"),
    path(
        "webhooks/<uuid:webhook_id>/deliveries",
        webhooks.Deliveries.as_view(),
        name="api-webhook-deliveries",
    ),
    path("<path:elsewhere>", Nowhere.as_view()),
]
