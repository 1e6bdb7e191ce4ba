"""Addresses of the pages about interfaces and alarms."""

from django.urls import URLPattern, path

from portal.views.watching import alarms, interfaces, learning, rules

urlpatterns: list[URLPattern] = [
    path("interfaces/", interfaces.listed, name="interfaces"),
    path("interfaces/<uuid:channel_id>/", interfaces.channel, name="interface"),
    path(
        "interfaces/<uuid:channel_id>/expected/",
        interfaces.expected,
        name="interface-expected",
    ),
    path("interfaces/learning/", learning.listed, name="silence-learning"),
    path("interfaces/learning/new/", learning.add, name="silence-learning-new"),
    path("alarms/", alarms.listed, name="alarms"),
    path("alarms/<uuid:alarm_id>/acknowledge/", alarms.acknowledge, name="alarm-acknowledge"),
    path("alarms/rules/", rules.listed, name="alarm-rules"),
    path("alarms/rules/new/", rules.add, name="alarm-rule-new"),
    path("alarms/rules/<uuid:rule_id>/", rules.change, name="alarm-rule-change"),
    path("alarms/rules/<uuid:rule_id>/end/", rules.end, name="alarm-rule-end"),
]
