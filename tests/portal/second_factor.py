"""An authenticator app, as RFC 6238 has it, and somebody of the staff with a real account."""

import base64
import hashlib
import hmac
import re
import struct
import time

from allauth.account.models import EmailAddress
from django.test import Client

from archive.models import Organisation, Role, User

PASSWORD = "kolme-pientä-kettua-7"
LOGIN = "oili@operator.example.invalid"


def code(secret: str, *, steps: int = 0) -> str:
    """What an app shows now; `steps` of 30 seconds away."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    count = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.new(key, count, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def colleague(role: Role = Role.ADMIN) -> User:
    """Not of the demo world: with an address and a password of her own."""
    user = User.objects.create_user(LOGIN, LOGIN, PASSWORD)
    EmailAddress.objects.create(user=user, email=LOGIN, verified=True, primary=True)
    user.memberships.create(organisation=Organisation.objects.get(is_operator=True), role=role)
    return user


def signed_in(language: str = "en") -> Client:
    client = Client(headers={"Accept-Language": language})
    client.post("/accounts/login/", {"login": LOGIN, "password": PASSWORD})
    return client


def confirmed(client: Client) -> Client:
    """The password has been entered again, as before every change."""
    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def secret_in(page: str) -> str:
    found = re.search(r'data-copy="([A-Z2-7]{16,})"', page)
    assert found, page
    return found[1]


def with_app(client: Client) -> tuple[str, list[str]]:
    """Takes an app into use; its secret and the recovery codes shown."""
    place = "/accounts/2fa/totp/activate/"
    secret = secret_in(confirmed(client).get(place).content.decode())
    answer = client.post(place, {"code": code(secret)}, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/2fa/recovery-codes/", answer.content.decode()
    return secret, codes_in(answer.content.decode())


def codes_in(page: str) -> list[str]:
    return re.findall(r"<li><code>(\d+)</code></li>", page)
