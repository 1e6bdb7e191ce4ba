"""The addresses of authorisations; `portal.urls` includes them."""

from django.urls import path

from portal.views.authorisations import amending, detail, following, lists, moving, ordering

DRAFT = "drafts/<uuid:draft_id>/"
ONE = "<uuid:authorisation_id>/"

urlpatterns = [
    path("", lists.front, name="authorisations"),
    path("assignments/", lists.assignments, name="assignments"),
    path("follow-up/", following.follow_up, name="follow-up"),
    path("patient/", lists.patient, name="authorisation-search"),
    path("new/", ordering.begin, name="order-new"),
    path(f"{DRAFT}whom/", ordering.whom, name="order-whom"),
    path(f"{DRAFT}order/", ordering.order, name="order-order"),
    path(f"{DRAFT}terms/", ordering.terms, name="order-terms"),
    path(f"{DRAFT}check/", ordering.check, name="order-check"),
    path(f"{DRAFT}discard/", ordering.discard, name="order-discard"),
    path(ONE, detail.show, name="authorisation"),
    path(f"{ONE}patient/", detail.patient, name="authorisation-patient"),
    path(f"{ONE}amend/", amending.amend, name="authorisation-amend"),
    path(f"{ONE}<slug:key>/", moving.act, name="authorisation-act"),
]
