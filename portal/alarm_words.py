"""Alarms in words: their object, values with units, rules in a sentence."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from archive.models import Alarm, AlarmRule, JobKind, Measure
from portal.formats import length_text, number_text

PARTS = {
    "database": gettext_lazy("database"),
    "broker": gettext_lazy("message broker"),
    "worker": gettext_lazy("workers"),
    "dicom": gettext_lazy("DICOM listener"),
    "hl7": gettext_lazy("HL7 listener"),
    "vault": gettext_lazy("storage of images"),
}
UNITS: Mapping[str, Callable[[float], str]] = {
    Measure.FAILURES: lambda value: f"{number_text(value, 0)} %",
    Measure.LATENCY: lambda value: length_text(value / 1000),
    Measure.BACKLOG: lambda value: number_text(value, 0),
    Measure.SILENCE: lambda value: length_text(value * 60) if value >= 1 else "0 min",
    Measure.CERTIFICATE: lambda value: (
        ngettext("%(count)s day", "%(count)s days", int(value)) % {"count": int(value)}
    ),
    Measure.PART: lambda value: _("does not answer") if value else _("answers"),
}


def value_words(measure: str, value: float) -> str:
    return str(UNITS[measure](value))


def about(alarm: Alarm) -> str:
    """The object in the reader's language."""
    if alarm.channel is not None:
        system = f" {alarm.channel.connection}" if alarm.channel.connection else ""
        where = alarm.channel.get_interface_display()
        return f"{alarm.channel.organisation.name}: {where}{system}"
    if alarm.rule.measure == Measure.PART:
        return str(PARTS.get(alarm.key, alarm.key))
    if alarm.rule.measure == Measure.BACKLOG:
        kind = next((each for each in JobKind if each.value in alarm.key.split()), None)
        owner = f"{alarm.organisation.name}: " if alarm.organisation else ""
        return f"{owner}{kind.label if kind else alarm.key}"
    return alarm.about


def when_words(rule: AlarmRule) -> str:
    """`50 %, for 10 min; cleared at 20 %`."""
    raised = value_words(rule.measure, rule.threshold)
    if rule.minutes:
        lasting = _("%(value)s, for %(time)s")
        raised = lasting % {"value": raised, "time": length_text(rule.minutes * 60)}
    cleared = _("cleared at %(value)s") % {"value": value_words(rule.measure, rule.clear_at)}
    return f"{raised}; {cleared}"


def scope_words(rule: AlarmRule) -> str:
    """Where it looks; everywhere, when it says nothing."""
    said = [
        rule.organisation.name if rule.organisation else "",
        rule.get_interface_display() if rule.interface else "",
        rule.get_environment_display() if rule.environment else "",
    ]
    return ", ".join(filter(None, map(str, said))) or _("everywhere")
