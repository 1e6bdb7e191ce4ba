"""Interfaces as they fare, alarms, and the rules by which they are raised."""

from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import Alarm, AlarmRule, Role
from archive.queries.interface_health import Line
from archive.services.silence_learning import Standing
from portal import formats
from portal.lists.cells import Act, Code, State, Value, When, dated, lines
from portal.lists.columns import Column, Listing, acts


def _system(line: Line) -> Code:
    return Code(str(line.channel.connection) if line.channel.connection else "")


def _state(line: Line) -> State:
    if line.late:
        return State("needs", _("silent"))
    if line.is_failing:
        return State("needs", _("fails"))
    return State("done", _("works")) if line.day.count else State("none", _("nothing in 24 h"))


def _late(line: Line) -> str:
    if not line.late:
        return ""
    return _("%(time)s late") % {"time": formats.length_text(line.late_for)}


def _share(line: Line) -> str:
    share = line.day.good_share
    return "" if share is None else f"{formats.number_text(share, 1)} %"


def _counted(line: Line) -> str:
    if not line.day.count:
        return ""
    return f"{formats.number_text(line.day.good)} / {formats.number_text(line.day.count)}"


def _timed(line: Line) -> str:
    if not line.mean:
        return ""
    if line.is_sent:
        return _("until it arrived")
    if line.is_asked:
        return _("until the answer")
    return _("an object")


INTERFACES = Listing[Line](
    name="interfaces",
    url_name="interfaces",
    pages=("interfaces",),
    detail="interface",
    key=lambda line: line.channel.id,
    columns=(
        Column(
            "customer",
            gettext_lazy("Customer"),
            lambda line: line.channel.organisation.name,
            under=(Column("system", gettext_lazy("System"), _system),),
            sortable=True,
        ),
        Column(
            "interface",
            gettext_lazy("Interface"),
            lambda line: line.channel.get_interface_display(),
            sortable=True,
        ),
        Column(
            "state",
            gettext_lazy("State"),
            _state,
            under=(Column("late", gettext_lazy("Late"), _late),),
            sortable=True,
        ),
        Column(
            "good",
            gettext_lazy("Went through in 24 h"),
            _share,
            css="num",
            under=(Column("counted", gettext_lazy("Went through, of all"), _counted),),
        ),
        Column(
            "mean",
            gettext_lazy("Mean time"),
            lambda line: line.mean,
            css="num",
            under=(Column("timed", gettext_lazy("What is timed"), _timed),),
        ),
        Column("owed", gettext_lazy("Owed"), lambda line: line.waiting, css="num", sortable=True),
        Column(
            "last",
            gettext_lazy("Last contact"),
            lambda line: When(line.last_at, "brief"),
            sortable=True,
        ),
    ),
)


def _learned(each: Standing) -> State:
    last = each.next_from - timedelta(days=1) if each.next_from else None
    return dated(each.row.valid_from, last)


LEARNINGS = Listing[Standing](
    name="silence-learning",
    url_name="silence-learning",
    pages=("silence-learning",),
    key=lambda each: each.row.id,
    columns=(
        Column(
            "from", gettext_lazy("In force from"), lambda each: each.row.valid_from, sortable=True
        ),
        Column("state", gettext_lazy("State"), _learned, sortable=True),
        Column("weeks", gettext_lazy("Weeks looked at"), lambda each: each.row.weeks, css="num"),
        Column(
            "least",
            gettext_lazy("Days seen, at least"),
            lambda each: each.row.least_days,
            css="num",
        ),
        Column(
            "silent",
            gettext_lazy("Of them silent, at most"),
            lambda each: each.row.most_silent,
            css="num",
        ),
        Column("source", gettext_lazy("Source"), lambda each: each.row.source),
    ),
)


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm with its object and values in words."""

    row: Alarm
    about: str
    value: str
    worst: str


def _standing(each: Told) -> State:
    if each.row.cleared_at:
        return State("done", _("cleared"))
    if each.row.acknowledged_at:
        return State("wait", _("looked after"))
    return State("needs", _("open"))


def _quiet(each: Told) -> str:
    quiet = each.row.is_quiet and not each.row.told_at
    if not quiet or each.row.cleared_at or each.row.acknowledged_at:
        return ""
    return _("came back soon, nobody was told again")


def _carer(each: Told) -> str:
    person = each.row.acknowledged_by
    return (person.get_full_name() or person.get_username()) if person else ""


def _acknowledge(each: Told) -> Act | None:
    if each.row.acknowledged_at:
        return None
    return Act(_("Acknowledge"), reverse("alarm-acknowledge", args=[each.row.id]), each.about)


ALARMS = Listing[Told](
    name="alarms",
    url_name="alarms",
    pages=("alarms",),
    detail="interface",
    key=lambda each: each.row.id,
    detail_key=lambda each: each.row.channel_id,
    walks=False,
    columns=(
        Column(
            "alarm",
            gettext_lazy("Alarm"),
            lambda each: each.about,
            css="broad",
            under=(Column("rule", gettext_lazy("Rule"), lambda each: each.row.rule.name),),
        ),
        Column(
            "state",
            gettext_lazy("State"),
            _standing,
            under=(
                Column("carer", gettext_lazy("Looked after by"), _carer),
                Column("note", gettext_lazy("Note"), lambda each: each.row.note),
                Column("quiet", gettext_lazy("Told of"), _quiet),
            ),
        ),
        Column(
            "severity",
            gettext_lazy("Severity"),
            lambda each: each.row.rule.get_severity_display(),
        ),
        Column("now", gettext_lazy("Now"), lambda each: each.value, css="num"),
        Column("worst", gettext_lazy("At worst"), lambda each: each.worst, css="num"),
        Column("raised", gettext_lazy("Raised"), lambda each: When(each.row.raised_at, "brief")),
        acts(_acknowledge),
    ),
)
# A list of its own, so that a choice of columns hides nothing of what stands open.
CLEARED_ALARMS = ALARMS.without(
    "now",
    "act",
    name="alarms-cleared",
    fixed=("state",),
    more=(
        Column("cleared", gettext_lazy("Cleared"), lambda each: When(each.row.cleared_at, "brief")),
    ),
)


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule of alarms with its conditions in words."""

    row: AlarmRule
    when: str
    where: str
    tells_nobody: bool


def _recipients(each: Ruled) -> Value:
    roles = [str(Role(role).label) for role in each.row.roles]
    told = ", ".join((*roles, *each.row.recipients))
    if each.tells_nobody and each.row.until is None:
        return lines((State("needs", _("nobody")), told))
    return told or State("none", _("nobody"))


def _change(each: Ruled) -> Value:
    name, of = each.row.name, [each.row.id]
    return lines(
        (
            Act(_("Change"), reverse("alarm-rule-change", args=of), name),
            Act(_("End"), reverse("alarm-rule-end", args=of), name),
        )
    )


ALARM_RULES = Listing[Ruled](
    name="alarm-rules",
    url_name="alarm-rules",
    pages=("alarm-rules",),
    key=lambda each: each.row.id,
    columns=(
        Column(
            "rule",
            gettext_lazy("Rule"),
            lambda each: each.row.name,
            under=(
                Column(
                    "measure", gettext_lazy("Measure"), lambda each: each.row.get_measure_display()
                ),
            ),
        ),
        Column("when", gettext_lazy("Raised at"), lambda each: each.when),
        Column("where", gettext_lazy("Where"), lambda each: each.where),
        Column("severity", gettext_lazy("Severity"), lambda each: each.row.get_severity_display()),
        Column("recipients", gettext_lazy("Told by mail"), _recipients),
        Column("since", gettext_lazy("In force from"), lambda each: When(each.row.since, "brief")),
        Column("until", gettext_lazy("Ended"), lambda each: When(each.row.until, "brief")),
        Column("by", gettext_lazy("Made by"), lambda each: each.row.made_by_name, shown=False),
        acts(_change),
    ),
)
