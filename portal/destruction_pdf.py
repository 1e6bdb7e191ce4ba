"""The certificate of destruction as PDF, and a list's facts in words (AR-9)."""

from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.errors import NotFound
from archive.models import DestructionItem, DestructionList, ItemState, User
from archive.queries import destruction as queries
from portal import reports
from portal.formats import day_text, number_text, when_text
from portal.retention_words import name_of, period_words


def made(row: DestructionList) -> bytes:
    """Raises NotFound while there is none."""
    if row.ended_at is None or not row.certificate:
        raise NotFound()
    progress = queries.progress(row)
    return reports.as_pdf(
        reports.Report(
            title=_("Certificate of destruction %(number)s") % {"number": row.number},
            customer=str(row.get_environment_display()),
            facts=[
                *facts(row, progress),
                (_("Outcome"), say(progress)),
                *((_("Rule"), each) for each in _rules(row)),
            ],
            headings=(_("Study UID, data controller"), _("State"), _("Content"), _("Time")),
            widths=(58, 22, 66, 28),
            rows=[_row(each) for each in queries.items(row).order_by("id")],
            digest=row.sha256,
            ended_at=row.ended_at,
        )
    )


def say(progress: queries.Progress) -> str:
    said = ngettext(
        "%(done)s of %(total)s study decided: %(destroyed)s destroyed, %(spared)s spared.",
        "%(done)s of %(total)s studies decided: %(destroyed)s destroyed, %(spared)s spared.",
        progress.total,
    )
    return said % {
        "done": number_text(progress.done),
        "total": number_text(progress.total),
        "destroyed": number_text(progress.destroyed),
        "spared": number_text(progress.spared),
    }


def facts(row: DestructionList, progress: queries.Progress) -> list[tuple[str, str]]:
    def told(user: User | None, at: Any) -> str:
        name = (user.get_full_name() or user.get_username()) if user else ""
        return f"{name}, {when_text(at)}" if at else "–"

    found = [
        (_("Reason"), row.reason),
        (_("Proposed"), told(row.made_by, row.made_at)),
        (_("Approved"), told(row.approved_by, row.approved_at)),
        (_("Objects"), number_text(progress.instances)),
        (_("Size"), str(filesizeformat(progress.bytes))),
    ]
    if row.ended_at:
        found.append((_("Ended"), when_text(row.ended_at)))
    return found


def _rules(row: DestructionList) -> list[str]:
    """By which rules, each once, with how long they keep and where that is said."""
    rules = {item.rule_id: item.rule for item in queries.items(row)}
    return [
        f"{name_of(rule)}: {period_words(rule)}. {_('Source')}: {_(rule.source)}"
        for rule in rules.values()
    ]


def _row(item: DestructionItem) -> reports.Row:
    """The study with its data controller; what went and why, or why nothing did."""
    if item.state == ItemState.DESTROYED:
        content = f"{_objects(item)}\n{_ended(item)}\nSHA-256 {item.sha256}"
    else:
        content = str(item.get_spared_display())
    at = when_text(item.decided_at) if item.decided_at else "–"
    study = f"{item.study_instance_uid}\n{item.controller_oid}"
    return reports.Row(study, str(item.get_state_display()), content, at)


def _objects(item: DestructionItem) -> str:
    said = ngettext("%(count)s object, %(size)s", "%(count)s objects, %(size)s", item.instances)
    return said % {"count": number_text(item.instances), "size": filesizeformat(item.bytes)}


def _ended(item: DestructionItem) -> str:
    said = _("retention ended %(day)s") % {"day": day_text(item.ends_on)}
    return f"{name_of(item.rule)}\n{said}"
