"""Rules of passwords whose words Django does not say in Finnish."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    def get_error_message(self) -> str:
        said = _("This password is too short. It takes at least %(count)s characters.")
        return said % {"count": self.min_length}
