"""The addresses of log review; `portal.views.logs.addresses` includes them."""

from django.urls import path

from portal.views.review import cases, deeds, rules, suspicions, watch

CASE = "cases/<uuid:case_id>/"

urlpatterns = [
    path("", suspicions.front, name="review"),
    path("raise/<str:key>/", suspicions.raise_one, name="review-raise"),
    path("suspicions/<uuid:suspicion_id>/", suspicions.suspicion, name="suspicion"),
    path("suspicions/<uuid:suspicion_id>/settle/", suspicions.settle, name="suspicion-settle"),
    path("suspicions/<uuid:suspicion_id>/take/", suspicions.take, name="suspicion-take"),
    path("cases/", cases.front, name="review-cases"),
    path(CASE, cases.case, name="review-case"),
    path(f"{CASE}report.pdf", cases.pdf, name="review-report"),
    path(f"{CASE}do/<slug:key>/", deeds.act, name="review-act"),
    path(f"{CASE}requests/<uuid:request_id>/withdraw/", deeds.withdraw, name="review-withdraw"),
    path("rules/", rules.rules, name="review-rules"),
    path("rules/<uuid:rule_id>/", rules.change, name="review-rule"),
    path("watch/", watch.watched, name="review-watch"),
    path("watch/new/", watch.add, name="review-watch-add"),
    path("watch/<uuid:watch_id>/end/", watch.end, name="review-watch-end"),
]
