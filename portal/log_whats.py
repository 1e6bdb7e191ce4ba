"""What was changed or looked at, in the reader's language: the ledger keeps short English phrases,
some with a name in them. A phrase that has no words here is shown as it was kept.
"""

import re
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from archive.models import Role
from onboarding.models import ContactKind
from portal.advice.kinds import Text

PHRASES: Mapping[str, Text] = {
    # the road and a customer's data
    "registered": _("registered"),
    "taken into use": _("taken into use"),
    r"registration: (?P<what>.+)": _("registration: %(what)s"),
    r"contacts: (?P<kinds>.+)": _("contacts: %(kinds)s"),
    r"connection planned: (?P<name>.+)": _("connection planned: %(name)s"),
    r"connection removed: (?P<name>.+)": _("connection removed: %(name)s"),
    r"connections ended, last day (?P<day>\S+)": _("connections ended, last day %(day)s"),
    r"password of XDS connection (?P<name>\S+) renewed": _(
        "password of XDS connection %(name)s renewed"
    ),
    r"assertion is required of XDS connection (?P<name>\S+)": _(
        "assertion is required of XDS connection %(name)s"
    ),
    r"assertion is not required of XDS connection (?P<name>\S+)": _(
        "assertion is not required of XDS connection %(name)s"
    ),
    r"DICOM connection (?P<name>\S+)": _("DICOM connection %(name)s opened"),
    r"DICOM connection (?P<name>\S+) changed": _("DICOM connection %(name)s changed"),
    r"XDS connection (?P<name>\S+)": _("XDS connection %(name)s opened"),
    r"HL7 sender (?P<name>\S+)": _("HL7 sender %(name)s opened"),
    r"HL7 sender (?P<name>\S+) changed": _("HL7 sender %(name)s changed"),
    # people
    r"(?P<name>\S+) is (?P<role>\w+)": _("%(name)s: %(role)s from now on"),
    r"(?P<name>\S+) is (?P<role>\w+) no more": _("%(name)s: %(role)s no more"),
    r"(?P<name>\S+) turned away": _("%(name)s: turned away"),
    r"(?P<name>\S+) invited as (?P<role>\w+)": _("%(name)s: invited as %(role)s"),
    r"account of (?P<name>\S+) made": _("%(name)s: account made"),
    r"account of (?P<name>\S+) closed": _("%(name)s: account closed"),
    r"account of (?P<name>\S+) opened again": _("%(name)s: account opened again"),
    r"second factor of (?P<name>\S+) reset": _("%(name)s: second factor reset"),
    r"(?P<name>\S+): authenticator app taken into use": _(
        "%(name)s: authenticator app taken into use"
    ),
    r"(?P<name>\S+): authenticator app taken out of use": _(
        "%(name)s: authenticator app taken out of use"
    ),
    r"(?P<name>\S+): security key added": _("%(name)s: security key added"),
    r"(?P<name>\S+): security key removed": _("%(name)s: security key removed"),
    r"(?P<name>\S+): recovery codes made": _("%(name)s: recovery codes made"),
    r"(?P<name>\S+): password changed": _("%(name)s: password changed"),
    r"(?P<name>\S+): password set by a link": _("%(name)s: password set by a link"),
    r"(?P<name>\S+): e-mail address confirmed": _("%(name)s: e-mail address confirmed"),
    r"(?P<name>\S+): e-mail address changed": _("%(name)s: e-mail address changed"),
    r"(?P<name>\S+): e-mail address removed": _("%(name)s: e-mail address removed"),
    # looks at the review of the logs
    "suspicion": _("suspicion"),
    "suspicions": _("suspicions"),
    "suspicions exported": _("suspicions exported"),
    "case": _("review case"),
    "cases": _("review cases"),
    "cases exported": _("review cases exported"),
    "report": _("report of a review case"),
    "watch list": _("watch list"),
    "watch list exported": _("watch list exported"),
    "explanation asked for": _("explanation asked for"),
    # what was done to a row of whatever kind the entry names
    "added": _("added"),
    "replaced": _("replaced"),
    "ended": _("ended"),
    "key added": _("key added"),
    "key retired": _("key retired"),
    "made": _("made"),
    "revoked": _("revoked"),
    "closed": _("closed"),
    "confirmed": _("confirmed"),
    "saved": _("saved"),
    "renamed": _("renamed"),
    "removed": _("removed"),
    "changed": _("changed"),
    "version": _("new version"),
    "issuer trusted": _("issuer trusted"),
    "issuer retired": _("issuer retired"),
    "switched on": _("switched on"),
    "given up": _("given up"),
    "break planned": _("break planned"),
    "break called off": _("break called off"),
    "notice put up": _("notice put up"),
    "notice taken down": _("notice taken down"),
    "draining": _("draining"),
    "paused": _("paused"),
    "let go on": _("let go on"),
    "tried again": _("tried again"),
    "undone": _("undone"),
    "owner": _("owner of the case"),
    "handling": _("handling of the case"),
    "comment": _("comment on the case"),
    "reply": _("the customer’s reply"),
    "went on": _("waits for the customer no more"),
    "severity": _("severity of the case"),
    "joined": _("cases joined"),
    "split": _("case split"),
    "silence laid down": _("expected silence laid down"),
    "silence learned": _("expected silence learned"),
    "explanation withdrawn": _("request for an explanation withdrawn"),
    "succession called off": _("succession called off"),
    "informing": _("informing of the patient"),
    "informing-end": _("informing recorded by mistake"),
    "permission": _("disclosure permission"),
    "prohibition": _("prohibition of disclosure"),
    "prohibition-end": _("prohibition of disclosure ended"),
    "will": _("expression of will"),
}
PATTERNS = tuple((re.compile(phrase), text) for phrase, text in PHRASES.items())


def told(what: str) -> str:
    for pattern, text in PATTERNS:
        if found := pattern.fullmatch(what):
            names = {name: _named(name, value) for name, value in found.groupdict().items()}
            return str(text) % names if names else str(text)
    return what


def _named(name: str, value: str) -> str:
    if name == "role":
        return str(Role(value).label) if value in Role.values else value
    if name == "kinds":
        kinds = value.split(", ")
        return ", ".join(
            str(ContactKind(each).label) if each in ContactKind.values else each for each in kinds
        )
    return value
