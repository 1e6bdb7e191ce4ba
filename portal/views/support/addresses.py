"""The support desk's addresses beside the list and the case."""

from django.urls import URLPattern, path

from portal.views.support import batches, work

urlpatterns: list[URLPattern] = [
    path("cases/<uuid:case_id>/work/<slug:what>/", work.act, name="case-work"),
    path("cases/<uuid:case_id>/reply/", work.reply, name="case-reply"),
    path("cases/<uuid:case_id>/repair/", work.repair, name="case-repair"),
    path("desk/batches/", batches.batches, name="batches"),
    path("desk/batches/new/", batches.begin, name="batch-begin"),
    path("desk/batches/<uuid:batch_id>/", batches.batch, name="batch"),
    path("desk/batches/<uuid:batch_id>/<slug:what>/", batches.act, name="batch-act"),
]
