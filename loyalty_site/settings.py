"""Settings in sections; every value a deployment may change is a typed environment variable."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("CLUB_VAR", default=str(BASE_DIR / "var")))

# --- Mode --------------------------------------------------------------------------------------
# CLUB_EMBEDDED=1 is set by bin/run and manage.py when they supply the services themselves.
EMBEDDED = env.bool("CLUB_EMBEDDED", default=False)
DEBUG = env.bool("DEBUG", default=False)


def _required(name, hint):
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


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
    env.str("SECRET_KEY", default="") or _embedded_secret()
    if EMBEDDED
    else _required(
        "SECRET_KEY", "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
)
# Former keys, while sessions and second factors made with them are still about.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if EMBEDDED else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
# Staff without a second factor: for the demonstration on one's own machine only.
STAFF_MFA_WAIVED = env.bool("STAFF_MFA_WAIVED", default=EMBEDDED)

# --- Apps --------------------------------------------------------------------------------------
# In the order of the floors: an app imports only from those before it.
OWN_APPS = ["core", "members", "purchases", "rewards", "loyalty_site"]
INSTALLED_APPS = [
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
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "loyalty_site.middleware.AdminPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "members.middleware.StaffSecondFactorMiddleware",
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
_database = env.db_url_config(
    _required("DATABASE_URL", "Start bin/run once, or name your own PostgreSQL 15 or newer.")
)
_database["CONN_HEALTH_CHECKS"] = True
_database["OPTIONS"] = {
    **_database.get("OPTIONS", {}),  # such as ?sslmode=require in the address
    "pool": {"min_size": 0, "max_size": env.int("DATABASE_POOL", default=8)},
    # The hot paths' statements are prepared on the server from the fifth use on.
    # Behind PgBouncer older than 1.22 set 0, which prepares nothing.
    "prepare_threshold": env.int("DATABASE_PREPARE_AFTER", default=5) or None,
}
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False

# --- Cache and queue ---------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="redis://localhost:6379/0")
_cache_url = env.str("CACHE_URL", default="")
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
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [
    ("en", _("English")),
    ("zh-hans", _("Simplified Chinese")),
    ("zh-hant", _("Traditional Chinese")),
    ("ja", _("Japanese")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"  # instants are stored and shown by the club's own zone: members.Club.zone

# --- Files -------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
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
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=512 * 1024 * 1024)

# --- Mail and text messages --------------------------------------------------------------------
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="club@example.com")
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": env.str("SMTP_HOST", default="localhost"),
            "port": env.int("SMTP_PORT", default=25),
            "username": env.str("SMTP_USER", default=""),
            "password": env.str("SMTP_PASSWORD", default=""),
            "use_tls": env.bool("SMTP_TLS", default=False),
            "timeout": 10,
        },
    }
}
SMS_BACKEND = env.str("SMS_BACKEND", default="members.sms.FileBackend")
SMS_FOLDER = VAR_DIR / "sms"

# --- Security ----------------------------------------------------------------------------------
# HTTPS is the rule; the embedded club on one's own machine speaks plain HTTP.
_https = env.bool("HTTPS", default=not EMBEDDED)
SECURE_SSL_REDIRECT = _https
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if _https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
)
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
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
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _https else "http"
# On top of allauth's own limits for every other act (log-in, sign-up, reset, codes, passkeys).
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/300s/key"}
# Six digits: dictated over a counter, filled in by a phone. Three tries each.
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)
USERSESSIONS_TRACK_ACTIVITY = False  # a list to end sessions from, not a diary

MFA_ADAPTER = "members.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https  # localhost

SOCIALACCOUNT_ADAPTER = "members.adapter.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_REQUIRED = False  # LINE and WeChat give none
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_STORE_TOKENS = False


def _social_app(prefix, **extra):
    """One provider's key from the environment; without it the provider doesn't show."""
    client_id = env.str(f"{prefix}_CLIENT_ID", default="")
    if not client_id:
        return []
    secret = env.str(f"{prefix}_CLIENT_SECRET", default="")
    return [{"client_id": client_id, "secret": secret, **extra}]


SOCIALACCOUNT_PROVIDERS = {
    "google": {
        "APPS": _social_app("GOOGLE"),
        "OAUTH_PKCE_ENABLED": True,
        "SCOPE": ["profile", "email"],
    },
    "apple": {
        "APPS": _social_app(
            "APPLE",
            key=env.str("APPLE_TEAM_ID", default=""),
            settings={"certificate_key": env.str("APPLE_PRIVATE_KEY", default="", multiline=True)},
        )
    },
    "line": {"APPS": _social_app("LINE"), "SCOPE": ["profile", "openid", "email"]},
    "weixin": {"APPS": _social_app("WECHAT")},
}

# --- Back office (unfold) ----------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": _("Club back office"),
    "SITE_HEADER": "loyalty_site.admin_menu.get_club_name",
    "SITE_SUBHEADER": _("Club back office"),
    "SITE_SYMBOL": "loyalty",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "loyalty_site.admin_menu.get_icon_url"}
    ],
    "SITE_URL": "/",
    "SHOW_HISTORY": "loyalty_site.admin_menu.can_see_history",
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": False,
    "BORDER_RADIUS": "6px",
    "STYLES": ["loyalty_site.admin_menu.get_style_url"],
    "DASHBOARD_CALLBACK": "loyalty_site.admin_dashboard.add_dashboard",
    "COMMAND": {"search_models": ["members.Member"], "show_history": False},
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "loyalty_site.admin_menu.build_menu",
    },
    "COLORS": {
        "base": {
            "50": "oklch(98.3% .004 70)",
            "100": "oklch(96.2% .006 70)",
            "200": "oklch(91.8% .008 70)",
            "300": "oklch(86.4% .010 65)",
            "400": "oklch(70.5% .014 60)",
            "500": "oklch(54% .016 55)",
            "600": "oklch(44% .016 50)",
            "700": "oklch(36.5% .014 50)",
            "800": "oklch(27.5% .012 45)",
            "900": "oklch(21% .010 40)",
            "950": "oklch(14% .008 40)",
        },
        "primary": {
            "50": "oklch(97.2% .012 0)",
            "100": "oklch(94% .026 0)",
            "200": "oklch(88.5% .052 0)",
            "300": "oklch(81% .090 0)",
            "400": "oklch(74% .125 0)",
            "500": "oklch(70% .140 0)",
            "600": "oklch(42% .118 0)",
            "700": "oklch(37% .108 0)",
            "800": "oklch(32.5% .090 0)",
            "900": "oklch(28% .070 0)",
            "950": "oklch(20% .050 0)",
        },
    },
}

# --- Logging -----------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
