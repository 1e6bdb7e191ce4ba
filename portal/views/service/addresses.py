"""Addresses of the pages about the state of the service."""

from django.urls import URLPattern, path

from portal.views.service import status, telling

urlpatterns: list[URLPattern] = [
    path("", status.front, name="status"),
    path("breaks/new/", telling.plan, name="break-new"),
    path("breaks/<uuid:break_id>/call-off/", telling.call_off, name="break-call-off"),
    path("notices/new/", telling.announce, name="announcement-new"),
    path("notices/<uuid:announcement_id>/", status.announcement, name="announcement"),
    path(
        "notices/<uuid:announcement_id>/take-down/",
        telling.take_down,
        name="announcement-take-down",
    ),
    path(
        "notices/<uuid:announcement_id>/acknowledge/",
        status.acknowledge,
        name="announcement-read",
    ),
]
