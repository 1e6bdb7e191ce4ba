"""Addresses of the pages about programs."""

from django.urls import URLPattern, path

from portal.views.programs import docs, queues, tokens, webhooks

urlpatterns: list[URLPattern] = [
    path("tokens/", tokens.listed, name="tokens"),
    path("tokens/new/", tokens.add, name="token-add"),
    path("tokens/system/", tokens.add_for_system, name="token-system"),
    path("tokens/<uuid:token_id>/revoke/", tokens.revoke, name="token-revoke"),
    path("api/docs/", docs.docs, name="api-docs"),
    path("queues/", queues.listed, name="queues"),
    path("queues/jobs/<slug:what>/", queues.jobs, name="jobs"),
    path("queues/jobs/<uuid:job_id>/again/", queues.again, name="job-retry"),
    path("queues/<slug:kind>/", queues.hold, name="queue-hold"),
    path("webhooks/", webhooks.listed, name="webhooks"),
    path("webhooks/new/", webhooks.add, name="webhook-add"),
    path("webhooks/deliveries/", webhooks.deliveries, name="webhook-deliveries"),
    path("webhooks/<uuid:webhook_id>/on/", webhooks.switch_on, name="webhook-on"),
    path("webhooks/<uuid:webhook_id>/end/", webhooks.end, name="webhook-end"),
]
