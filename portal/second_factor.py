"""The second factor of those who sign in: whom it is demanded of, how its secrets are kept (NF-3).

allauth has the ceremonies; here are our words and our key.
"""

import base64
import secrets
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django import forms
from django.utils.translation import gettext, gettext_lazy

from archive.config import settings
from archive.models import User

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def is_lacking(user: User, *, is_staff: bool) -> bool:
    """Staff pages stay closed until there is one; not in demo mode, nor for its accounts."""
    demanded = is_staff and not user.is_demo and not settings().demo
    return demanded and not is_mfa_enabled(user, FACTORS)


def has_app(user: User) -> bool:
    return is_mfa_enabled(user, [Authenticator.Type.TOTP])


class Adapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Another secret each time when SECRET_KEY has changed since: then no code fits, and the
        factor is reset. From one that is known, an empty one too, anybody could reckon the codes.
        """
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def get_totp_issuer(self) -> str:
        return gettext("Imaging Data Repository")

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return gettext("Security key %(number)s") % {"number": count + 1}


def _cipher() -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"second factor")
    key = derived.derive(settings().secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(key))


# --- the forms, with labels instead of placeholders -----------------------------------------------


class _Coded(forms.Form):
    has_app = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs.update({"inputmode": "numeric", "autofocus": self.has_app})
        if not self.has_app:
            field.label = gettext_lazy("Recovery code")


class _Owned(_Coded):
    """Asks for what the person has: who has only a key has no app to look at."""

    user: User  # allauth's form keeps it

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.has_app = has_app(user)
        super().__init__(*args, user=user, **kwargs)

    @property
    def codes_left(self) -> bool:
        row = Authenticator.objects.filter(
            user=self.user, type=Authenticator.Type.RECOVERY_CODES
        ).first()
        return row is not None and bool(row.wrap().get_unused_codes())


class Code(_Owned, AuthenticateForm):
    """Of the authenticator app, or a recovery code."""


class CodeAgain(_Owned, ReauthenticateForm):
    """Before a change to the account."""


class FirstCode(_Coded, ActivateTOTPForm):
    """Shows that the authenticator app has the secret."""


class _Named(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = gettext_lazy("Name of the key")
        self.fields["name"].widget.attrs["maxlength"] = "60"


class NewKey(_Named, AddWebAuthnForm):
    """A security key or passkey."""


class KeyName(_Named, EditWebAuthnForm):
    """A better name for one."""
