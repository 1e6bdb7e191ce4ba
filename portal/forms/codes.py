"""Personal identity codes where none may stand: in an address, in a reason, in the log."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Wider than a valid code: a mistyped one is nearly the person's, and copies bring foreign dashes.
_CODE = re.compile(
    r"(?<![0-9A-Za-z.])[0-3][0-9][01][0-9]{3}\s?[-+‐‑‒–—−A-FU-Ya-fu-y]\s?[0-9]{3}[0-9A-Za-z]"
    r"(?![0-9A-Za-z.])"
)
# The same for a browser, which then does not send the form. It reads this as with the flag v of
# ECMAScript, in which a dash within brackets is escaped.
PATTERN = r"(?!.*\d{6}[\-+A-FU-Ya-fu-y]\d{3}[0-9A-Za-z]).*"


def looks_like_code(text: str) -> bool:
    """Whether a personal identity code, right or nearly right, stands in the text."""
    return _CODE.search(text) is not None


def without_codes(text: str) -> str:
    """The text to be given back to who wrote it, each code in it as dots."""
    return _CODE.sub("•••", text)


def refuse_code(text: str) -> None:
    """A validator for fields whose text is kept or shown. Raises ValidationError."""
    if looks_like_code(text):
        raise ValidationError(_("Leave the personal identity code out: this text is kept."))
