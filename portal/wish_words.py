"""What a patient has said, in sentences for the staff and for the try-out of the citizen API."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from archive.models import ActingGround, Prohibition, ProhibitionScope, RegisterType, WillSubject
from archive.queries.wishes import Line, State


def scope_words(row: Prohibition) -> str:
    """What a prohibition is about: "Everything of Esimerkkilä"."""
    provider = row.provider.name if row.provider else ""
    match row.scope:
        case ProhibitionScope.EVERYTHING:
            return _("Everything, of every provider")
        case ProhibitionScope.SERVICE_EVENT:
            return _("Service event %(oid)s") % {"oid": row.service_event}
        case ProhibitionScope.PROVIDER:
            return _("Everything of %(provider)s") % {"provider": provider}
        case ProhibitionScope.REGISTER:
            names = {"provider": provider, "register": RegisterType(row.register_type).label}
            return _("%(provider)s, register of %(register)s") % names
        case ProhibitionScope.PRIVATE_OCCUPATIONAL if provider:
            return _("Private occupational health care of %(provider)s") % {"provider": provider}
        case ProhibitionScope.PRIVATE_OCCUPATIONAL:
            return _("All private occupational health care")
    return str(row.scope)


def line_words(line: Line) -> str:
    """A statement of the history as a sentence."""
    row: Any = line.row
    match line.kind:
        case "informing":
            if not row.text_version:
                return _("Informed of the Kanta services")
            version = {"version": row.text_version}
            return _("Informed of the Kanta services, text %(version)s") % version
        case "informing-end":
            return _("The informing had been recorded by mistake")
        case "permission":
            return _permission_words(row)
        case "prohibition":
            return _("Prohibited: %(scope)s") % {"scope": scope_words(row)}
        case "prohibition-end":
            scope = {"scope": scope_words(row.prohibition)}
            if row.source == "correction" and row.effective_at == row.prohibition.effective_at:
                return _("Recorded by mistake, never was: %(scope)s") % scope
            return _("Prohibition taken back: %(scope)s") % scope
        case "will":
            return will_words(row)
    return line.kind


def _permission_words(row: Any) -> str:
    if not row.given:
        return _("Disclosure permission withdrawn")
    if row.form == "consent":
        return _("Consent given, which counts as a disclosure permission")
    return _("Disclosure permission given")


def will_words(row: Any) -> str:
    subject = str(WillSubject(row.subject).label)
    stance = pgettext("will", "for") if row.given else pgettext("will", "against, or taken back")
    return f"{subject[:1].upper()}{subject[1:]}: {stance}"


def acting_words(ground: str) -> str:
    """On what ground another spoke; a form of the repository has words of its own for it."""
    return str(ActingGround(ground).label) if ground in ActingGround.values else ground


def exception_words(row: Prohibition) -> str:
    if row.emergency_exception:
        return _("Use in an emergency is allowed")
    return _("Holds in an emergency, too")


def state_words(state: State) -> tuple[str, str, str]:
    """Shape, word and sentence of a person's state."""
    if state.informed is None:
        say = _("Nothing may be disclosed to other controllers by permission.")
        return "stop", _("not informed"), say
    if not state.is_permitted:
        say = _("Informed. Nothing may be disclosed to other controllers by permission.")
        return "stop", _("no permission"), say
    if state.prohibitions:
        say = _("Informed and permitted, but for what is prohibited.")
        return "wait", _("permitted with prohibitions"), say
    return "done", _("permitted"), _("Informed and permitted, and nothing is prohibited.")
