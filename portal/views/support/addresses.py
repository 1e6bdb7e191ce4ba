"""The support desk's addresses beside the list and the case."""

from django.urls import URLPattern, path

from portal.views.support import batches, mail, traces, work

urlpatterns: list[URLPattern] = [
    path("cases/<uuid:case_id>/work/<slug:what>/", work.act, name="case-work"),
    path("cases/<uuid:case_id>/reply/", work.reply, name="case-reply"),
    path("cases/<uuid:case_id>/repair/", work.repair, name="case-repair"),
    path("trace/studies/<uuid:study_id>/", traces.study, name="trace-study"),
    path("trace/studies/<uuid:study_id>/text/", traces.study, {"as_text": True}),
    path("trace/messages/<uuid:message_id>/", traces.message, name="trace-message"),
    path("trace/messages/<uuid:message_id>/text/", traces.message, {"as_text": True}),
    path("trace/calls/<uuid:reference>/", traces.association, name="trace-association"),
    path("trace/calls/<uuid:reference>/text/", traces.association, {"as_text": True}),
    path("desk/mails/", mail.front, name="case-mail"),
    path("desk/batches/", batches.batches, name="batches"),
    path("desk/batches/new/", batches.begin, name="batch-begin"),
    path("desk/batches/<uuid:batch_id>/", batches.batch, name="batch"),
    path("desk/batches/<uuid:batch_id>/<slug:what>/", batches.act, name="batch-act"),
]
