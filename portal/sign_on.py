"""Sign-on by an OpenID provider (NF-3): it proves who somebody is, and gives nobody a role."""

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest

from archive.config import settings

# The claim email_verified; some providers write it as a text, and "false" is as true as any.
VERIFIED = (True, "true")


class Adapter(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """No account is made by it: who is unknown here stays outside."""
        return False

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """The provider has verified the address, and so have we: an address that somebody only
        typed in when signing up leads nobody into that account.
        """
        said = [each.verified for each in login.email_addresses if each.email == email]
        if not said or any(each not in VERIFIED for each in said):
            return False
        return EmailAddress.objects.filter(email__iexact=email, verified=True).exists()


def name() -> str:
    """Of the provider, for the button on the sign-in page; nothing when there is none."""
    return settings().oidc_name if settings().oidc_server else ""
