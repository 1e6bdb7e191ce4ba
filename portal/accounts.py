"""How accounts behave: who registers an organisation signs up by itself, nobody else does; an
address is verified before it counts; a session ends with the browser.
"""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import AddEmailForm, LoginForm, ReauthenticateForm, SignupForm
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from django import forms
from django.contrib import messages
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from archive.config import settings
from archive.models import Membership, User
from onboarding.services import mails, people
from portal import sign_in
from portal.second_factor import has_app
from portal.staff import person_of

log = logging.getLogger(__name__)

NO_ADDRESS = _("This is no e-mail address. It looks like name@organisation.fi.")
SIGN_UP = "join-account"  # the one address where an account is made

# What allauth would mail about is what the ledger keeps of an account.
CHANGES = {
    "mfa/email/totp_activated": "authenticator app taken into use",
    "mfa/email/totp_deactivated": "authenticator app taken out of use",
    "mfa/email/webauthn_added": "security key added",
    "mfa/email/webauthn_removed": "security key removed",
    "mfa/email/recovery_codes_generated": "recovery codes made",
    "account/email/password_changed": "password changed",
    "account/email/password_reset": "password set by a link",
    "account/email/password_set": "password set",
    "account/email/email_changed": "e-mail address changed",
    "account/email/email_deleted": "e-mail address removed",
    "socialaccount/email/account_connected": "sign-on connected",
    "socialaccount/email/account_disconnected": "sign-on disconnected",
}


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        match = request.resolver_match
        return match is not None and match.url_name == SIGN_UP

    def get_login_stages(self) -> list[str]:
        """The verification of addresses is ours; the rest as allauth has them."""
        theirs = f"{EmailVerificationStage.__module__}.{EmailVerificationStage.__qualname__}"
        return [
            f"{__name__}.{VerifiedAddress.__qualname__}" if path == theirs else path
            for path in super().get_login_stages()
        ]

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has only a key is not sent for the code of an app."""
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        for each in found:
            if each["id"] == "mfa_reauthenticate" and not has_app(user):
                each["description"] = gettext("Use a recovery code")
        return found

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Who has no role yet is about to register an organisation."""
        assert request.user.is_authenticated
        if Membership.objects.filter(user=request.user).exists():
            return str(super().get_login_redirect_url(request))
        return reverse("join")

    def post_login(self, request: HttpRequest, user: User, **told: Any) -> HttpResponse:
        people.signed_in(person_of(user).actor(), user, _ways(request, user))
        return super().post_login(request, user, **told)

    def logout(self, request: HttpRequest) -> None:
        """By the button, or by `portal.idleness`."""
        user = request.user
        assert isinstance(user, User)
        people.signed_out(person_of(user).actor(), user)
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """For the operator, who sees by it that passwords are tried; what was typed may be one. The
        log for ever has the accounts that are: else anybody could fill it with made-up ones.
        """
        named = next(sign_in.named(credentials), None)
        log.warning("sign-in refused: wrong password, account %s", named.id if named else "unknown")
        if named is not None:
            people.sign_in_refused(named)

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        if self.request.user.is_authenticated:
            return reverse("join")
        return f"{reverse('account_login')}?{urlencode({'next': reverse('join')})}"

    def respond_email_verification_sent(self, request: HttpRequest, user: User) -> HttpResponse:
        if settings().demo and not settings().mail_server:
            said = gettext("Demo mode sends no mail: the message is a file in %(folder)s.")
            messages.info(request, said % {"folder": settings().mail_dir})
        return super().respond_email_verification_sent(request, user)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A job, like every other mail: a mail server that hangs holds no page."""
        told = {"request": self.request, "email": email, **context}
        told.setdefault("current_site", get_current_site(self.request))
        mail = self.render_mail(template_prefix, email, told)
        mails.to_account(email, mail.subject, str(mail.body))

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        if template_prefix in CHANGES:
            people.sign_in_changed(person_of(user).actor(), user, CHANGES[template_prefix])

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """By a verified address one signs on, sets a password and takes an invitation."""
        is_confirmed: bool = super().confirm_email(request, email_address)
        if is_confirmed:
            user = email_address.user
            people.sign_in_changed(person_of(user).actor(), user, "e-mail address confirmed")
        return is_confirmed

    def save_user(
        self, request: HttpRequest, user: User, form: forms.Form, commit: bool = True
    ) -> User:
        """Mails go out in the language in which the account was made."""
        user.language = (get_language() or "fi")[:2]
        saved: User = super().save_user(request, user, form, commit)
        return saved


def _ways(request: HttpRequest, user: User) -> str:
    """`password, totp`; of sign-on by OpenID the provider."""
    kept = get_authentication_records(request, user)
    return ", ".join(each.get("type") or each.get("provider") or each["method"] for each in kept)


class VerifiedAddress(EmailVerificationStage):
    """Nobody passes with an address that is not verified. Demo accounts have none."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is not None and user.is_demo:
            return None, True
        answer: tuple[HttpResponse | None, bool] = super().handle()
        return answer


class SignIn(LoginForm):
    """Fields `login` and `password`, with labels instead of placeholders."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("User name or e-mail address")
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class PasswordAgain(ReauthenticateForm):
    """Before a change to the account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs.pop("placeholder", None)


class AnotherAddress(AddEmailForm):
    """Of somebody who has an account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["email"]
        field.label = _("E-mail address")
        field.help_text = _("A link is sent to it. Once it is opened you can take it into use.")
        field.error_messages["invalid"] = NO_ADDRESS
        field.widget.attrs.pop("placeholder", None)


class SignUp(SignupForm):
    """An e-mail address and a password; `homepage` is a trap that people do not see."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].help_text = _("Your own at work. A link is sent to it.")
        self.fields["email"].error_messages["invalid"] = NO_ADDRESS
        self.fields["password1"].label = _("Password")
        self.fields["password1"].help_text = _(
            "At least 8 characters, and nothing that is easy to guess."
        )
        self.fields["password2"].label = _("Password again")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.widget.attrs.pop("style", None)  # the policy of contents allows none

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if "password2" in self.errors and cleaned.get("password1"):
            self.errors["password2"] = self.error_class(
                [gettext("The two passwords are not the same.")]
            )
        return cleaned
