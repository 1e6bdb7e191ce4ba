"""Django's settings, built from `archive.config`; nothing here reads the environment."""

from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONCE, NONE, SELF

from archive import logs
from archive.config import ROOT, settings

config = settings()


def database(url: str) -> dict[str, object]:
    """A postgresql:// address as Django's dictionary; a socket folder comes as ?host=."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": query.pop("port", str(parts.port or "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # Statements are prepared where they ask for it (archive.services.rows), never by count.
        "OPTIONS": {"connect_timeout": 5, "prepare_threshold": 1_000_000_000, **query},
    }


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


SECRET_KEY = config.secret_key
DEBUG = False
ALLOWED_HOSTS = list(config.allowed_hosts)
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in config.allowed_hosts if config.https]

INSTALLED_APPS = [
    "portal",
    "onboarding",
    "archive",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "csp",
]
MIDDLEWARE = [
    "portal.conversations.OneConversation",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.languages.PersonLanguage",
    "portal.private.Private",
    "portal.idleness.Idleness",
    "portal.views.errors.Answers",
]
ROOT_URLCONF = "portal.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.frame.frame",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "portal.templatetags.parts",
                "portal.templatetags.shown",
            ],
        },
    }
]
WSGI_APPLICATION = "portal.wsgi.application"

DATABASES = {"default": database(config.database_url), "owner": database(config.database_owner_url)}
DATABASES["owner"]["TEST"] = {"MIRROR": "default"}
AUTH_USER_MODEL = "archive.User"
AUTHENTICATION_BACKENDS = [
    "portal.sign_in.Backend",  # who signs in, and nobody is asked after it
    "django.contrib.auth.backends.ModelBackend",  # sessions that were made by one of these
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "portal.password_rules.LongEnough",
        "django.contrib.auth.password_validation.CommonPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD = "homepage"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"  # of demo accounts none: portal.accounts.VerifiedAddress
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that signed up, nowhere else
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "portal.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "portal.accounts.SignIn",
    "reauthenticate": "portal.accounts.PasswordAgain",
    "signup": "portal.accounts.SignUp",
    "add_email": "portal.accounts.AnotherAddress",
}
ACCOUNT_SESSION_REMEMBER = False  # machines on wards are shared
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # an address that is added opens the account by its mail
# Per account in demo mode, where everybody comes from one address; else by address as well.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "20/m/key" if config.demo else "10/m/ip,5/5m/key",
    "signup": "20/m/ip" if config.demo else "5/m/ip,20/h/ip",
    "register": "60/m/user",  # steps of a registration
    "echo": "10/m/user,60/h/user",  # calls to hosts that a customer names
    "invite": "20/h/user,60/d/user",  # mails to addresses that a customer names
}
# The rate limits count here: a folder that both web processes see, and that needs no server.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(config.data_dir / "cache"),
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
# The second factor: an authenticator app, a security key or passkey, and codes for when it is lost.
MFA_ADAPTER = "portal.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "portal.second_factor.Code",
    "reauthenticate": "portal.second_factor.CodeAgain",
    "activate_totp": "portal.second_factor.FirstCode",
    "add_webauthn": "portal.second_factor.NewKey",
    "edit_webauthn": "portal.second_factor.KeyName",
}
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not config.https  # browsers allow it for localhost only

# Sign-on by one OpenID provider: for accounts that are here, found by their verified address.
SOCIALACCOUNT_ADAPTER = "portal.sign_on.Adapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = (
    {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": config.oidc_name,
                    "client_id": config.oidc_client_id,
                    "secret": config.oidc_client_secret,
                    "settings": {"server_url": config.oidc_server},
                }
            ],
        }
    }
    if config.oidc_server
    else {}
)

ALLAUTH_TRUSTED_PROXY_COUNT = 1 if config.https else 0  # where the client's address is read from

LANGUAGE_CODE = "fi"
LANGUAGES = [("fi", "Suomi"), ("sv", "Svenska"), ("en", "English")]
LOCALE_PATHS = [ROOT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Helsinki"

STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = config.data_dir / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

EMAIL_BACKEND = (
    "portal.mail_server.EmailBackend" if config.mail_server else "portal.mail_files.EmailBackend"
)
EMAIL_FILE_PATH = str(config.mail_dir)
EMAIL_HOST, EMAIL_PORT = config.mail_server, config.mail_port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = config.mail_user, config.mail_password
EMAIL_USE_TLS, EMAIL_USE_SSL = config.mail_security == "starttls", config.mail_security == "tls"
EMAIL_TIMEOUT = 20  # seconds that all of one mail may take; a job's lease is longer
DEFAULT_FROM_EMAIL = config.mail_from

CSRF_FAILURE_VIEW = "portal.views.errors.csrf"
SESSION_COOKIE_HTTPONLY = True
# At the server: browsers that open again with the pages of before keep the cookie of a session that
# was to end with them, and one that was stolen knows no browser.
SESSION_COOKIE_AGE = int(config.session_longest_hours * 3600)
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = config.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if config.https else None
SECURE_SSL_REDIRECT = config.https
SECURE_REDIRECT_EXEMPT = [r"^health/(live|ready)$"]  # who watches may stand behind the proxy
SECURE_HSTS_SECONDS = 31_536_000 if config.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = config.https
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        # A form that leads to the OpenID provider by redirection needs its leave.
        "form-action": [SELF, *([origin(config.oidc_server)] if config.oidc_server else [])],
        "frame-ancestors": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.Schema",
    "EXCEPTION_HANDLER": "portal.api.problems.answer",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Imaging Data Repository",
    "DESCRIPTION": "What the portal does, for other systems. Errors are problem+json (RFC 9457).",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Sets of choices that several messages have, under one name each.
    "ENUM_NAME_OVERRIDES": {
        "RegisterTypeEnum": "archive.models.RegisterType",
        "WishSourceEnum": "archive.models.WishSource",
        "EnvironmentEnum": "archive.models.Environment",
        "ServicePartEnum": "archive.models.ServicePart",
        "JobKindEnum": "archive.models.JobKind",
        "WebhookEventEnum": "archive.models.WebhookEvent",
        "StudyStateEnum": "archive.models.StudyState",
        "CaseStateEnum": "archive.models.CaseState",
        "BatchStateEnum": "archive.models.BatchState",
        "BatchKindEnum": "archive.models.BatchKind",
        "CustomerStateEnum": "archive.models.CustomerState",
        "RunStateEnum": "onboarding.models.RunState",
        "StepStateEnum": "onboarding.models.StepState",
        "ConnectionKindEnum": "archive.models.ConnectionKind",
        "AuthorisationStateEnum": "archive.models.AuthorisationState",
        "DocumentKindEnum": "archive.models.DocumentKind",
        "ContactKindEnum": "onboarding.models.ContactKind",
        "JoiningStateEnum": "onboarding.models.JoiningState",
        "PreconditionEnum": "onboarding.models.Precondition",
        "TermsKindEnum": "onboarding.models.TermsKind",
        "RequestStateEnum": "onboarding.models.RequestState",
        "RoundKindEnum": "archive.models.RoundKind",
        "FindingKindEnum": "archive.models.FindingKind",
        "TakeoverStateEnum": "archive.models.TakeoverState",
        "TakeoverSourceEnum": "archive.models.TakeoverSource",
        "LineOutcomeEnum": "archive.models.LineOutcome",
        "RetentionBasisEnum": "archive.models.RetentionBasis",
        "RoleEnum": "archive.models.Role",
        "StaffRoleEnum": "portal.api.people.STAFF_ROLES",
        "CustomerRoleEnum": "portal.api.customer_people.ROLES",
        "EvidencePreconditionEnum": "portal.api.joining_acts.BY_HAND",
        "ScopeEnum": "archive.models.ProhibitionScope",
        "ReviewScopeEnum": "archive.models.ReviewScope",
        "ReviewKindEnum": "archive.models.ReviewKind",
        "ReviewStateEnum": "archive.models.ReviewState",
        "ReviewFindingEnum": "archive.models.ReviewFinding",
        "SuspicionStateEnum": "archive.models.SuspicionState",
        "ExplanationStateEnum": "archive.models.ExplanationState",
        "AccessPolicyKindEnum": "archive.models.AccessPolicyKind",
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 << 20  # an ITI-42 message with hundreds of entries

LOGGING_CONFIG = "archive.logs.set_up"
LOGGING = logs.configuration()
