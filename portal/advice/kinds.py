"""What a piece of advice is made of."""

from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Move(Enum):
    """Whose move it is."""

    SENDER = _("the customer’s")
    US = _("ours")
    ITSELF = _("nobody’s: it is tried again by itself")
    NOBODY = _("nobody’s")
    SUPPORT = _("the support desk’s")


@dataclass(frozen=True, slots=True)
class Advice:
    """`title` names the cause in a list; the customer's texts are for the customer's own screens
    and mails.
    """

    title: Text
    cause: Text
    step: Text
    customer_cause: Text
    customer_step: Text
    move: Move


SEND_AGAIN = _("Send the study again when this is put right; the images were not kept.")
CORRECT_AND_SEND = _("The customer corrects the data in its own system and sends the study again.")
