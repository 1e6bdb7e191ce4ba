"""How often a person may have the archive call or mail whom the person names: counted together for
pages and API (NF-7).
"""

from typing import Literal

from allauth.core import ratelimit
from django.http import HttpRequest

from archive.models import User

Act = Literal["echo", "invite"]  # rates of `settings.ACCOUNT_RATE_LIMITS`


def allows(request: HttpRequest, user: User, act: Act) -> bool:
    """Counted by asking. `request` is Django's."""
    return bool(ratelimit.consume(request, action=act, user=user))
