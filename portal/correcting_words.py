"""What happened to a study, in words: rejections, corrections, damage."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import CorrectionOrigin, RejectionTitle
from archive.objects.study_facts import StudyFacts
from archive.values import HETU_ROOT, PersonId, dicom_date
from portal.formats import day_text
from portal.said import Said, objects_words

Facts = dict[str, Any]

SEXES = {"F": gettext_lazy("female"), "M": gettext_lazy("male"), "O": gettext_lazy("other")}
DAYS = ("PatientBirthDate", "StudyDate")
FIELDS = {
    "PatientID": gettext_lazy("patient’s code"),
    "IssuerOfPatientID": gettext_lazy("issuer of the patient’s code"),
    "PatientName": gettext_lazy("patient’s name"),
    "PatientBirthDate": gettext_lazy("date of birth"),
    "PatientSex": gettext_lazy("sex"),
    "AccessionNumber": gettext_lazy("accession number"),
    "StudyDescription": gettext_lazy("study description"),
    "StudyID": gettext_lazy("study ID"),
    "StudyDate": gettext_lazy("study date"),
    "StudyTime": gettext_lazy("study time"),
}


def fields_words(changed: Sequence[str]) -> str:
    """Attributes as people call them, never their values."""
    return ", ".join(str(FIELDS.get(name, name)) for name in changed)


def value_words(name: str, value: str) -> str:
    """A value as the form has it: a day as a day, a sex by its word; anything else as it stands."""
    if name in DAYS and (day := dicom_date(value)) is not None:
        return day_text(day)
    word = SEXES.get(value) if name == "PatientSex" else None
    return str(word or value or "–")


def title_words(title: str) -> str:
    return str(RejectionTitle(title).label) if title in RejectionTitle.values else title


def _rejected(facts: Facts, actor: str) -> Said:
    said = _("%(objects)s rejected by %(who)s: %(why)s") % {
        "objects": objects_words(int(facts.get("objects") or 0)),
        "who": actor,
        "why": title_words(str(facts.get("title", ""))),
    }
    return Said(said, reason=str(facts.get("reason", "")))


def _revoked(facts: Facts, actor: str) -> Said:
    said = _("Rejection of %(objects)s revoked by %(who)s") % {
        "objects": objects_words(int(facts.get("objects") or 0)),
        "who": actor,
    }
    return Said(said, reason=str(facts.get("reason", "")))


def _withdrawn(facts: Facts, actor: str) -> Said:
    if facts.get("why") == "corrected":
        return Said(_("Manifest withdrawn: it named what has been corrected"))
    if facts.get("why") == "no study":
        return Said(_("Manifest withdrawn: its study is not here"))
    return Said(_("Manifest withdrawn: it named rejected objects"))


def _corrected(facts: Facts, actor: str) -> Said:
    changed = fields_words(facts.get("changed") or [])
    who = facts.get("by", "")
    if facts.get("origin") == CorrectionOrigin.PORTAL:
        said = _("Corrected by %(who)s: %(what)s") % {"who": who, "what": changed}
        return Said(said, reason=str(facts.get("reason", "")))
    if not changed:
        return Said(_("Corrected objects came from %(who)s") % {"who": who})
    said = _("Corrected by %(who)s, who sent the objects again: %(what)s")
    return Said(said % {"who": who, "what": changed})


def _undone(facts: Facts, actor: str) -> Said:
    said = _("Correction undone by %(who)s: %(what)s") % {
        "who": actor,
        "what": fields_words(facts.get("changed") or []),
    }
    return Said(said, reason=str(facts.get("reason", "")))


def _restored(facts: Facts, actor: str) -> Said:
    if facts.get("how") == "by staff":
        return Said(_("A damaged object was restored by %(who)s") % {"who": actor})
    return Said(_("A damaged object was restored: the same bytes were sent again"))


CORRECTING: dict[str, Callable[[Facts, str], Said]] = {
    "rejected": _rejected,
    "revoked": _revoked,
    "manifest-withdrawn": _withdrawn,
    "corrected": _corrected,
    "undone": _undone,
    "restored": _restored,
}


def doubts_words(before: StudyFacts, after: StudyFacts, otherwise: Mapping[str, str]) -> list[str]:
    """What whoever looks before they confirm should know."""
    said = [_of_issuer(before, after), _of_birth(before, after), _of_known(otherwise)]
    return [each for each in said if each]


def _of_birth(before: StudyFacts, after: StudyFacts) -> str:
    """A code that was changed without the rest is another person's under the old name."""
    moved = {"PatientID", "PatientBirthDate"} & set(before.changes(after))
    told = dicom_date(after.PatientBirthDate)
    if not moved or told is None or after.IssuerOfPatientID not in ("", HETU_ROOT):
        return ""
    if not _is_personal_code(after.PatientID) or PersonId(after.PatientID).birth_date == told:
        return ""
    said = _(
        "By the code the patient was born %(code)s, by the date of birth %(day)s. Name, date of "
        "birth and sex must be those of the same person as the code."
    )
    by_code = day_text(PersonId(after.PatientID).birth_date)
    return said % {"code": by_code, "day": day_text(told)}


def _of_known(otherwise: Mapping[str, str]) -> str:
    if not otherwise:
        return ""
    held = ", ".join(
        f"{FIELDS[name]} {value_words(name, value)}" for name, value in otherwise.items()
    )
    said = _(
        "The archive knows the patient of this code otherwise: %(held)s. Queries go on saying so, "
        "and the objects would say what is given here."
    )
    return said % {"held": held}


def _of_issuer(before: StudyFacts, after: StudyFacts) -> str:
    """Temporary ids have the form of personal identity codes too, so it is asked, not refused."""
    issuer, typed = after.IssuerOfPatientID, after.PatientID != before.PatientID
    if not typed or issuer in ("", HETU_ROOT) or not _is_personal_code(after.PatientID):
        return ""
    said = _(
        "The code has the form of a personal identity code, but its issuer, %(issuer)s, gives "
        "temporary codes. Of a personal identity code the issuer is %(root)s: go back and "
        "change it."
    )
    return said % {"issuer": issuer, "root": HETU_ROOT}


def _is_personal_code(value: str) -> bool:
    try:
        PersonId(value)
    except ValueError:
        return False
    return True
