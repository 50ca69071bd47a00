"""Settings in sections; every value a deployment may change is a typed environment variable."""

from pathlib import Path

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from loyalty_site.admin_look import UNFOLD  # noqa: F401  (a setting)
from loyalty_site.deployment import BASE_DIR, VAR_DIR, env

# --- Mode --------------------------------------------------------------------------------------
# CLUB_EMBEDDED=1 is set by bin/run and manage.py when they supply the services themselves.
EMBEDDED = env.flag("CLUB_EMBEDDED", False)
DEBUG = env.flag("DEBUG", False)


def _embedded_secret():
    """A secret of this folder's own, made once: the embedded club never shares a built-in key."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        from django.core.management.utils import get_random_secret_key

        VAR_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(get_random_secret_key())
    return path.read_text().strip()


SECRET_KEY = (
    env.text("SECRET_KEY") or _embedded_secret()
    if EMBEDDED
    else env.required(
        "SECRET_KEY", "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
)
# Former keys, while sessions and second factors made with them are still about.
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ["*"] if EMBEDDED else [])
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
SITE_URL = env.address("SITE_URL", "http://localhost:8000", ("https", "http")).rstrip("/")
# Staff without a second factor: for the demonstration on one's own machine only.
STAFF_MFA_WAIVED = env.flag("STAFF_MFA_WAIVED", EMBEDDED)

# --- Apps --------------------------------------------------------------------------------------
# In the order of the floors: an app imports only from those before it.
OWN_APPS = ["core", "members", "purchases", "rewards", "surveys", "campaigns", "loyalty_site"]
INSTALLED_APPS = [
    "core.languages.LanguagesConfig",  # first: forms of the admin know their models' languages
    "unfold.apps.BasicAppConfig",  # our own site instead of its default
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "loyalty_site.admin_site.ClubAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.apple",
    "allauth.socialaccount.providers.line",
    "allauth.socialaccount.providers.weixin",
    "django_tables2",
    "django_filters",
    "django_htmx",
    "phonenumber_field",
    "ninja",
    *OWN_APPS,
]
MIDDLEWARE = [
    "loyalty_site.middleware.ProbeMiddleware",
    "loyalty_site.middleware.RecordMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "loyalty_site.middleware.AdminPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "members.middleware.ReaderLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "members.middleware.LanguageOfAddressMiddleware",
    "members.middleware.StaffSecondFactorMiddleware",
    "members.middleware.StaffViewMiddleware",
    "core.middleware.DomainErrorMiddleware",
]
ROOT_URLCONF = "loyalty_site.urls"
WSGI_APPLICATION = "loyalty_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "members.context_processors.club",
            ],
        },
    },
]

# --- Database ----------------------------------------------------------------------------------
_database = env.database(
    "DATABASE_URL", "Start bin/run once, or name your own PostgreSQL 15 or newer."
)
_database["CONN_HEALTH_CHECKS"] = True
_database["OPTIONS"] = {
    "connect_timeout": 5,
    **_database.get("OPTIONS", {}),  # such as ?sslmode=require in the address
    # Who has waited ten seconds for a connection is better told than kept.
    "pool": {"min_size": 0, "max_size": env.number("DATABASE_POOL", 8, lowest=1), "timeout": 10},
    # The hot paths' statements are prepared on the server from the fifth use on.
    # Behind PgBouncer older than 1.22 set 0, which prepares nothing.
    "prepare_threshold": env.number("DATABASE_PREPARE_AFTER", 5) or None,
}
# A cursor on the server spans transactions, which PgBouncer hands to different connections.
_database["DISABLE_SERVER_SIDE_CURSORS"] = env.flag("BEHIND_PGBOUNCER", False)
DATABASES = {"default": _database}

# --- Cache and queue ---------------------------------------------------------------------------
CELERY_BROKER_URL = env.address(
    "CELERY_BROKER_URL", "redis://localhost:6379/0", ("redis", "rediss", "redis+socket")
)
_cache_url = env.address("CACHE_URL", "", ("redis", "rediss", "unix"))
IS_CACHE_SHARED = bool(_cache_url)  # by all processes, also of workers
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _cache_url,
        "KEY_PREFIX": "club",
    }
    if _cache_url
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# --- People ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "members.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "member_home"
LOGOUT_REDIRECT_URL = "landing"

# --- Languages and time ------------------------------------------------------------------------
LANGUAGES = [
    ("en", _("English")),
    ("zh-hans", _("Simplified Chinese")),
    ("zh-hant", _("Traditional Chinese")),
    ("ja", _("Japanese")),
]
# Chinese and Japanese bring no grouping of their own: 12,455 there too.
NUMBER_GROUPING = 3
LANGUAGE_CODE = env.text("LANGUAGE_CODE", "en", choices=[code for code, _name in LANGUAGES])
# What libraries say, in the club's voice; makemessages leaves the second folder alone.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "loyalty_site" / "borrowed_words"]
FORMAT_MODULE_PATH = "loyalty_site.formats"
# The owner's own words (core.words): those of LANGUAGE_CODE are the columns, and stand in for
# every language that has none. Traditional Chinese is never made from Simplified, or the reverse.
MODELTRANS_AVAILABLE_LANGUAGES = [code for code, _name in LANGUAGES]
MODELTRANS_ADD_FIELD_HELP_TEXT = False
TIME_ZONE = "UTC"  # instants are stored and shown by the club's own zone: members.Club.zone

# --- Files -------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT") or VAR_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "private", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "loyalty_site.static_files.BundledStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Nothing asks for a file by its bare name; compressing those, too, took as long again.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# The card offline (docs/installable.md); off, the worker takes itself away from every browser.
SERVICE_WORKER = env.flag("SERVICE_WORKER", True)
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
IMPORT_MAX_BYTES = env.number("IMPORT_MAX_BYTES", 512 * 1024 * 1024, lowest=1)

# Largest message of a connected shop (docs/shops.md)
WEBHOOK_MAX_BYTES = env.number("WEBHOOK_MAX_BYTES", 2 * 1024 * 1024, lowest=1)

# --- Outgoing webhooks (docs/api.md): by default they only leave by https, to the internet
WEBHOOKS_TO_PRIVATE_NETWORKS = env.flag("WEBHOOKS_TO_PRIVATE_NETWORKS", False)

# --- Privacy (docs/privacy.md) -------------------------------------------------------------------
RETENTION_POLICY = env.text("RETENTION_POLICY", "loyalty_site.retention.POLICY")
# Keys of the hashes that keep erased people away; the first one makes them, all are tried.
ERASURE_KEYS = env.names("ERASURE_KEYS") or [SECRET_KEY, *SECRET_KEY_FALLBACKS]
# What was erased, outside of the database: a restored backup learns it from here.
ERASURE_LOG = Path(env.text("ERASURE_LOG") or VAR_DIR / "erasures.jsonl")

# --- Mail, text messages, LINE, WeChat ---------------------------------------------------------
from loyalty_site.settings_messages import *  # noqa: E402, F403  (a section of this file)

# --- Sending of campaigns (docs/outbox.md) -------------------------------------------------------
# Connections to one provider at a time, over all workers.
SENDING_CONNECTIONS = env.number("SENDING_CONNECTIONS", 2, lowest=1)
# Longer than a mail server may think: a worker silent for so long is taken for dead.
SENDING_LEASE_SECONDS = env.number("SENDING_LEASE_SECONDS", 300, lowest=1)

# --- Security ----------------------------------------------------------------------------------
# HTTPS is the rule; the embedded club on one's own machine speaks plain HTTP.
_https = env.flag("HTTPS", not EMBEDDED)
SECURE_SSL_REDIRECT = _https
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 31_536_000 if _https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
BEHIND_PROXY = env.flag("BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
}

# --- Accounts (allauth) ------------------------------------------------------------------------
ACCOUNT_ADAPTER = "members.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "members.forms.LoginForm",
    "signup": "members.forms.SignupForm",
    "request_login_code": "members.forms.RequestLoginCodeForm",
    "confirm_login_code": "members.forms.ConfirmLoginCodeForm",
    "confirm_email_verification_code": "members.forms.ConfirmEmailCodeForm",
    "confirm_password_reset_code": "members.forms.ConfirmPasswordResetCodeForm",
    "verify_phone": "members.forms.VerifyPhoneForm",
}
ACCOUNT_USER_DISPLAY = "members.adapter.get_user_display"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
# allauth wants "email*" for mandatory verification; members.forms.SignupForm takes either one.
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 600
# The code proves what a code to log in does; a second factor is still asked for.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _https else "http"
# On top of allauth's own limits for every other act (log-in, sign-up, reset, codes, passkeys).
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/300s/key"}
# Six digits: dictated over a counter, filled in by a phone. Three tries each.
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXIES", 0)
USERSESSIONS_TRACK_ACTIVITY = False  # a list to end sessions from, not a diary

MFA_ADAPTER = "members.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https  # localhost

SOCIALACCOUNT_ADAPTER = "members.adapter.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_REQUIRED = False  # LINE and WeChat give none
SOCIALACCOUNT_QUERY_EMAIL = True


def _social_app(prefix, **extra):
    """One provider's key from the environment; without it the provider doesn't show."""
    client_id, secret = env.text(f"{prefix}_CLIENT_ID"), env.text(f"{prefix}_CLIENT_SECRET")
    return [{"client_id": client_id, "secret": secret, **extra}] if client_id else []


SOCIALACCOUNT_PROVIDERS = {
    "google": {
        "APPS": _social_app("GOOGLE"),
        "OAUTH_PKCE_ENABLED": True,
        "SCOPE": ["profile", "email"],
    },
    "apple": {
        "APPS": _social_app(
            "APPLE",
            key=env.text("APPLE_TEAM_ID"),
            settings={"certificate_key": env.text("APPLE_PRIVATE_KEY").replace("\\n", "\n")},
        )
    },
    "line": {"APPS": _social_app("LINE"), "SCOPE": ["profile", "openid", "email"]},
    "weixin": {"APPS": _social_app("WECHAT")},
}

# --- Logs, metrics, reports of errors ----------------------------------------------------------
# Personal data is left out of all three: loyalty_site.redaction, loyalty_site.logs.
_levels = ("DEBUG", "INFO", "WARNING", "ERROR")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "loyalty_site.logs.JsonFormatter"},
        "line": {"()": "loyalty_site.logs.LineFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.text(
                "LOG_FORMAT", "line" if EMBEDDED else "json", choices=("json", "line")
            ),
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO", choices=_levels)},
    # Each request and each task has one line of its own already.
    "loggers": {
        "django.request": {"level": "ERROR"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
# Without a token the metrics answer to this machine alone.
METRICS_TOKEN = env.text("METRICS_TOKEN")
# Where the processes of one server add up their numbers; wiped by whoever starts that server.
METRICS_DIR = env.text("METRICS_DIR")
WORKER_METRICS_PORT = env.number("WORKER_METRICS_PORT", 0)
# Touched while the worker or the schedule is alive, for the health check of its container.
ALIVE_FILE = env.text("ALIVE_FILE")
SENTRY_DSN = env.address("SENTRY_DSN", "", ("https", "http"))
SENTRY_ENVIRONMENT = env.text("SENTRY_ENVIRONMENT", "production")

env.check()
if SENTRY_DSN:
    from loyalty_site.sentry import start_sentry

    start_sentry(SENTRY_DSN, SENTRY_ENVIRONMENT)
