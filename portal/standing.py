"""How a study stands: the sentence under its name, and the one thing to do next."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.models import AvailabilityNotice, NoticeState, Study, StudyState
from archive.values import now
from portal.advice import told
from portal.formats import number_text, wait_text
from portal.happenings import waits_sentence
from portal.shapes import SHAPES

REGISTER, NOTICE, RETRY = "study-register", "study-notice", "study-retry"


@dataclass(frozen=True, slots=True)
class Standing:
    """`shape` and `word` are the state; `say` why, in one sentence; `next` an action or nothing."""

    shape: str
    word: str
    say: str
    next: str = ""


def of_study(
    study: Study, notices: Sequence[AvailabilityNotice], *, retryable: int, damaged: int = 0
) -> Standing:
    """`notices` are those of the newest manifest."""
    stands = _of_state(study, notices, retryable=retryable)
    if not damaged or study.state == StudyState.DESTROYED:
        return stands
    said = ngettext(
        "%(count)s object is damaged and is not given out.",
        "%(count)s objects are damaged and are not given out.",
        damaged,
    ) % {"count": number_text(damaged)}
    return Standing("needs", _("needs you"), f"{said} {stands.say}", stands.next)


def _of_state(study: Study, notices: Sequence[AvailabilityNotice], *, retryable: int) -> Standing:
    word = str(study.get_state_display())
    shape = SHAPES.get(("study", study.state), "none")
    if study.state == StudyState.REGISTERED:
        return _registered(word, notices, retryable=retryable)
    if study.state == StudyState.FAILED:
        say = _("Registration failed and is not tried again by itself.")
        return Standing(shape, word, say, RETRY if retryable else REGISTER)
    return Standing(shape, word, _why(study))


def _why(study: Study) -> str:
    if study.state == StudyState.WAITING:
        missing = [kind for kind in study.waits_for.split(",") if kind]
        since = wait_text(now() - (study.quiet_since or study.received_at))
        return _("%(waits)s, for %(length)s.") % {"waits": waits_sentence(missing), "length": since}
    sentences = {
        StudyState.RECEIVING: _("Objects are coming in; it goes on when they stop."),
        StudyState.REGISTERING: _("The manifest is being made."),
        StudyState.CORRECTED: _("It was corrected: all its objects are rejected and not shown."),
        StudyState.DESTROYED: _("Its retention has ended and it was destroyed."),
    }
    return sentences.get(StudyState(study.state), "")


def _registered(word: str, notices: Sequence[AvailabilityNotice], *, retryable: int) -> Standing:
    failed = [notice for notice in notices if notice.state == NoticeState.FAILED]
    if failed:
        say = _(
            "Registered, but the customer has not got its confirmation: %(peer)s, %(error)s."
        ) % {
            "peer": failed[0].connection.aet,
            "error": told(failed[0].last_reason, failed[0].last_error) or "–",
        }
        return Standing("needs", _("needs you"), say, RETRY if retryable else NOTICE)
    if any(notice.state == NoticeState.PENDING for notice in notices):
        return Standing("wait", word, _("Its confirmation to the customer is on the way."))
    if any(notice.state == NoticeState.DELIVERED for notice in notices):
        return Standing("done", word, _("The customer has its confirmation."))
    return Standing("done", word, _("The customer has asked for no confirmations."))
